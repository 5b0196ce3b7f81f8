"""Browsers in which somebody has signed in before: by a cookie, as OWASP describes it for who slows
down guessing from many addresses ("device cookies"). It lets nobody in. Who has it is not held up
by what others try."""

from hashlib import sha256

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.dispatch import receiver
from django.utils.crypto import get_random_string

COOKIE = "known"
KNOWN_FOR = 365 * 24 * 3600  # seconds


def mark(request, person):
    """The browser that asks is known to `person` from now on."""
    request.known_as = person.username


def browser_of(request, username: str) -> str:
    """What tells the browser that asks from others, if it is known by this name; else nothing."""
    try:
        return _signer(username).unsign(request.COOKIES.get(COOKIE, ""), max_age=KNOWN_FOR)
    except signing.BadSignature:
        return ""


def _signer(username):
    """The name is in no cookie, and each has signatures of its own. It may be any text."""
    name = sha256(username.casefold().encode(errors="surrogatepass")).hexdigest()
    return signing.TimestampSigner(salt=f"accounts.known {name}")


@receiver(user_logged_in)
def mark_who_signs_in(sender, request, user, **kwargs):
    mark(request, user)


class KnownMiddleware:
    """Give a browser its cookie."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if username := getattr(request, "known_as", ""):
            response.set_cookie(
                COOKIE,
                _signer(username).sign(get_random_string(22)),
                max_age=KNOWN_FOR,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response
