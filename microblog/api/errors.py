"""What the API answers when it can't do what it was asked for.

In its first version as the reference says it: `{"error": "Not Found", "message": "..."}`. From the
second one on, as problem details (RFC 9457).
"""

from http import HTTPStatus

from django.http import JsonResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.views import exception_handler

ROOT = "/api/"
VERSIONS = "/api/v"
FIRST = "/api/v1/"
PROBLEM = "application/problem+json"
NOT_JSON = "Request must be JSON"
WORDS = {  # where nothing else says it; a title is the name of its status, as RFC 9457 has it
    400: _("This request makes no sense"),
    403: _("This is not allowed"),
    404: _("There is nothing here"),
    405: _("Nothing was done"),
    500: _("Something went wrong"),
}


def handle(error, context):
    """The answer to an exception of a view; None for one that is a fault of ours."""
    response = exception_handler(error, context)
    if response is None:
        return None
    request, status = context["request"], response.status_code
    if request.path.startswith(FIRST):
        if isinstance(error, exceptions.ParseError | exceptions.UnsupportedMediaType):
            status, detail, fields = 400, NOT_JSON, None
        else:
            detail, fields = _words(error)
        answer = refuse(request, status, detail, fields)
    else:
        answer = refuse(request, status, *_words(error))
    for name in ("WWW-Authenticate", "Retry-After", "Allow"):
        if name in response.headers:
            answer[name] = response.headers[name]
    return answer


def refuse(request, status: int, detail: str = "", fields: dict | None = None) -> JsonResponse:
    """The answer in the form of the version that was asked. `fields`: what is wrong with which, as
    lists of sentences by name."""
    title = HTTPStatus(status).phrase
    if request.path.startswith(FIRST):
        said = {"error": title, "message": detail or title}
        return JsonResponse(said | ({"fields": fields} if fields else {}), status=status)
    detail = detail or str(WORDS.get(status, ""))
    said = {"type": "about:blank", "title": title, "status": status}
    said |= {"detail": detail} if detail else {}
    said |= {"errors": fields} if fields else {}
    return JsonResponse(said, status=status, content_type=PROBLEM)


def _words(error):
    """(a sentence, what is wrong with which field)."""
    detail = getattr(error, "detail", None)  # Http404 and PermissionDenied of Django have none
    if isinstance(detail, dict):
        fields = {name: _list(said) for name, said in detail.items()}
        general = fields.pop("non_field_errors", [])
        if general:
            return " ".join(general), fields
        return str(_("Some of what was sent can't be taken; see which below.")), fields
    if isinstance(detail, list):
        return " ".join(_list(detail)), None
    return str(detail) if detail else "", None


def _list(said):
    """Sentences, however deep they are."""
    if isinstance(said, dict):
        return [sentence for inner in said.values() for sentence in _list(inner)]
    if isinstance(said, list):
        return [sentence for inner in said for sentence in _list(inner)]
    return [str(said)]
