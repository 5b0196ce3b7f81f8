"""Bounds on what a request may send."""

from django.conf import settings
from django.shortcuts import render

DRAIN_MAX_BYTES = 50_000_000


class Utf8Middleware:
    """Answer 400 to a request in another charset than UTF-8, which no browser sends and at which
    Django may fall over."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.content_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
            return render(request, "400.html", status=400)
        return self.get_response(request)


class MaxBodySizeMiddleware:
    """Answer 413 with a page that names the limit when a body is announced as larger than
    `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) <= limit:
            return self.get_response(request)
        # A browser shows the answer only after it could send its body, so take it and drop it.
        if int(length) <= DRAIN_MAX_BYTES:
            while request.read(65_536):
                pass
        return render(request, "413.html", {"limit": limit}, status=413)


class PermissionsPolicyMiddleware:
    """Tell browsers that nothing here asks for what it would have to ask people for."""

    NOTHING = ", ".join(
        f"{feature}=()"
        for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
    )

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.NOTHING)
        return response
