"""What the site says when it refuses: a page to people, JSON to programs."""

from django.shortcuts import render
from django.views import defaults

from .api import errors as api


def refuse(request, status: int, detail: str = "", context: dict | None = None):
    """The page `<status>.html`; where the API was asked, its answer with the sentence `detail`."""
    if request.path.startswith(api.ROOT):
        return api.refuse(request, status, detail)
    return render(request, f"{status}.html", context, status=status)


def _handler(status, page):
    def handle(request, *args, **kwargs):
        if request.path.startswith(api.ROOT):
            return api.refuse(request, status)
        return page(request, *args, **kwargs)

    return handle


bad_request = _handler(400, defaults.bad_request)
permission_denied = _handler(403, defaults.permission_denied)
page_not_found = _handler(404, defaults.page_not_found)
server_error = _handler(500, defaults.server_error)
