"""What machines ask: whether this process lives, whether all is there, and how it goes.

They come by addresses that no visitor knows, like that of a container, and often without HTTPS. So
they are answered before anything else has a look at the request.
"""

from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from . import metrics, readiness
from .addresses import peer


@require_safe
def healthz(request):
    """This process answers. It asks for nothing else, so it is for who would restart it."""
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def readyz(request):
    """Whether each part is there, and the mend if not: 200, or 503 if one is missing."""
    answers = readiness.ask()
    missing = any(answer.problem for answer in answers.values())
    said = {part: answer.to_dict() for part, answer in answers.items()}
    response = JsonResponse(said, status=503 if missing else 200)
    response._has_been_logged = True  # else Django mails ADMINS each time
    return response


@require_safe
def scrape(request):
    """The metrics, for who has the token or comes from one of the networks."""
    if refusal := _refuse(request):
        return refusal
    return HttpResponse(metrics.expose(), content_type=CONTENT_TYPE_PLAIN_0_0_4)


def _refuse(request):
    if _is_let_in(request):
        return None
    if not settings.METRICS_TOKEN:
        return HttpResponse(status=404)
    return HttpResponse(status=401, headers={"WWW-Authenticate": 'Bearer realm="metrics"'})


def _is_let_in(request):
    if not settings.METRICS_TOKEN and not settings.METRICS_NETWORKS:
        return settings.DEBUG
    came_from = peer(request)
    if came_from and any(came_from in network for network in settings.METRICS_NETWORKS):
        return True
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    is_right = constant_time_compare(token.strip(), settings.METRICS_TOKEN)
    return bool(settings.METRICS_TOKEN) and kind.lower() == "bearer" and is_right


SIGNS = {"/healthz": healthz, "/readyz": readyz, "/metrics": scrape}


class SignsMiddleware:
    """Answer them, with or without a slash at the end."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        sign = SIGNS.get(request.path_info.rstrip("/"))
        if sign is None:
            return self.get_response(request)
        response = sign(request)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response
