"""Bounds on what a request may send, and what browsers are told."""

import re

from django.conf import settings
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import Resolver404, resolve
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from .api import errors as api
from .errors import refuse

DRAIN_MAX_BYTES = 64 << 20
WORDS = re.compile(r"text/|[^;]+[/+](json|xml)\b")  # types of what is made of them
REFUSED = re.compile(r"\bgzip *; *q=0(\.0*)? *(,|$)")  # RFC 9110, 12.5.3, which Django reads over


class MethodMiddleware:
    """Give the answer 405 words: somebody may have come from the sign-in to where only a button
    leads."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.path.startswith(api.ROOT):
            return response
        if response.status_code == 405 and request.method == "GET":
            page = render(request, "405.html", status=405)
            page["Allow"] = response["Allow"]
            return page
        return response


class ApiMiddleware:
    """A slash at the end of an address of the API makes no difference. Its first version says what
    its reference says, in English. What somebody's token was shown for is nobody else's."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path_info.startswith(api.VERSIONS):
            return self.get_response(request)
        request.path_info = request.path_info.rstrip("/")
        if request.path_info.startswith(api.FIRST):
            with translation.override("en"):
                response = self.get_response(request)
            response["Content-Language"] = "en"
            return self._finished(request, response)
        return self._finished(request, self.get_response(request))

    def _finished(self, request, response):
        patch_vary_headers(response, ["Authorization", "Cookie"])  # the latter says a language
        if "Allow" in response:
            response["Allow"] = response["Allow"].removesuffix(", OPTIONS")  # it has no answer
        return response


class Utf8Middleware:
    """Answer 400 to a request in another charset than UTF-8, which no browser sends and at which
    Django may fall over."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.content_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
            return refuse(request, 400, _("The body must be in UTF-8."))
        return self.get_response(request)


class BodyLengthMiddleware:
    """Answer 411 to a program that sends a body without saying how long it is: Django takes it for
    empty, and would do what the program did not mean."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        is_in_chunks = "Transfer-Encoding" in request.headers
        if is_in_chunks and request.path.startswith(api.ROOT):
            return api.refuse(request, 411, _("Say how long the body is, by Content-Length."))
        return self.get_response(request)


class MaxBodySizeMiddleware:
    """Answer 413 with a page that names the limit when a body is announced as larger than
    `DATA_UPLOAD_MAX_MEMORY_SIZE` bytes, and for a form with files, than that and what
    `UPLOADS_MAX_BYTES` has for its view. Nothing of it is read then, but to throw it away."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return self.get_response(request)
        uploads = self._uploads(request)
        if int(length) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE + uploads:
            return self.get_response(request)
        # A browser shows the answer only after it could send its body, so take it and drop it.
        if int(length) <= DRAIN_MAX_BYTES:
            while request.read(65_536):
                pass
        limit = uploads or settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        detail = _("The body may have up to %(limit)s.") % {"limit": filesizeformat(limit)}
        return refuse(request, 413, detail, {"limit": limit})

    def _uploads(self, request):
        if request.content_type != "multipart/form-data":
            return 0
        try:
            view = resolve(request.path_info).view_name
        except Resolver404:
            return 0
        return settings.UPLOADS_MAX_BYTES.get(view, 0)


class PackMiddleware(GZipMiddleware):
    """Pack what is made of words, for slow lines. Not what is streamed: an archive is packed in
    itself, and its parts and its hash are those of the file; nor pictures, which are packed too.

    Somebody who watches the length of packed answers may guess what a page says from what they had
    it say (BREACH). Here there is little to be guessed: tokens against forgery are masked anew in
    each answer, other sites can't send the cookies of people along but by a link that is followed
    (SameSite), and Django adds up to 100 bytes by chance.
    """

    def process_response(self, request, response):
        is_of_words = WORDS.match(response.get("Content-Type", ""))
        is_refused = REFUSED.search(request.headers.get("Accept-Encoding", ""))
        if response.streaming or not is_of_words or is_refused:
            return response
        return super().process_response(request, response)


class PoliciesMiddleware:
    """Tell browsers that nothing here asks for what it would have to ask people for, that other
    sites have nothing to embed, and that an answer is for the one who asked and asked for anew the
    next time; unless the answer itself says otherwise."""

    NOTHING = ", ".join(
        f"{feature}=()"
        for feature in ("camera", "display-capture", "geolocation", "microphone", "payment", "usb")
    )

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", self.NOTHING)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response
