"""The id of a request: in its answer, and in the lines that are logged for it."""

import re
import uuid

from tasks import origin

HEADER = "X-Request-ID"
SANE = re.compile(rf"[A-Za-z0-9._-]{{1,{origin.ID_MAX}}}")


class RequestIdMiddleware:
    """Take the id that a proxy has given the request, or make one, and say it in the answer."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        told = request.headers.get(HEADER, "")
        request.id = told if SANE.fullmatch(told) else uuid.uuid4().hex
        with origin.noted(request.id):
            response = self.get_response(request)
        response[HEADER] = request.id
        return response
