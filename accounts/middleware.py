"""Pages in the reader's language, with times in the reader's zone; and who is here."""

import re

from django.conf import settings
from django.utils import timezone, translation

from .converters import USERNAME

NOBODYS = re.compile(rf"/@{USERNAME}/avatar/\Z|/api/v")


def shows_nobody(view):
    """Decorate a view to which somebody's coming is no sign of their being here: pages and programs
    ask for it by themselves."""
    view.shows_nobody = True
    return view


def remember_language(response, language):
    """Have the browser ask for this language from now on, whoever sits before it."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,
    )


class PreferencesMiddleware:
    """Who is signed in has chosen both. For visitors LocaleMiddleware has found the language: that
    of the cookie, or else of the browser."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        # A picture is the same for everybody: without the session it says so, and is kept longer.
        # Programs come without one.
        if NOBODYS.match(request.path_info) or not request.user.is_authenticated:
            return self.get_response(request)
        as_visitor = translation.get_language()
        translation.activate(request.user.language)
        request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(request.user.zone):
            response = self.get_response(request)
        # For pages that do not know who comes: the sign-in, and some of what is refused.
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page and request.user.is_authenticated and request.user.language != as_visitor:
            remember_language(response, request.user.language)
        return response


class SeenMiddleware:
    """Note when people were last seen: by pages that they open, not by what pages fetch (which htmx
    says, and browsers where there is HTTPS: https://www.w3.org/TR/fetch-metadata/). And when their
    session was last used, by whatever it was used for, for that may not be them."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if request.session.accessed and request.user.is_authenticated:
            request.session.see(request)
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page and not self._is_fetched(request) and request.user.is_authenticated:
            request.user.see()
        return response

    def _is_fetched(self, request):
        if request.resolver_match and hasattr(request.resolver_match.func, "shows_nobody"):
            return True
        destination = request.headers.get("Sec-Fetch-Dest", "document")
        return "HX-Request" in request.headers or destination != "document"
