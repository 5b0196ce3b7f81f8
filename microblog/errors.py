"""What the site says when it refuses: a page to people, JSON to programs."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.template import loader
from django.utils.translation import gettext as _
from django.views import defaults

from .api import errors as api

COME_BACK_AFTER = 10  # seconds


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
_server_error = _handler(500, defaults.server_error)


def server_error(request):
    """Where it is the database that is away, 503: it is to be tried again, and nothing is lost."""
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return _server_error(request)
    if request.path.startswith(api.ROOT):
        response = api.refuse(request, 503, _("The database does not answer."))
    else:  # without what every page shows, for that is in the database
        page = loader.get_template("503.html").render({"request": request})
        response = HttpResponse(page, status=503)
    response["Retry-After"] = COME_BACK_AFTER
    return response
