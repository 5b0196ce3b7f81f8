"""Who a program acts for."""

from contextlib import contextmanager

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import Token
from accounts.models.tokens import ExpiredToken, InvalidToken

from . import jwts

WRONG = _("Please enter a correct user name and password.")
MISSING, INVALID, EXPIRED = _("Missing token"), _("Invalid token"), _("Token has expired")


@contextmanager
def as_signed_in():
    """What is done for who has just shown their password. Who has changed it meanwhile is refused
    as by a wrong one. Raises AuthenticationFailed."""
    try:
        yield
    except InvalidToken as error:
        raise AuthenticationFailed(WRONG) from error


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` (RFC 6750); the token is `request.auth`."""

    def authenticate(self, request):
        kind, _, shown = get_authorization_header(request).partition(b" ")
        if kind.lower() != b"bearer":
            return None
        try:
            shown = shown.decode("ascii", "replace").strip()
            token = jwts.recognize(shown) if "." in shown else Token.objects.recognize(shown)
        except ExpiredToken as error:
            raise AuthenticationFailed(EXPIRED) from error
        except InvalidToken as error:
            raise AuthenticationFailed(INVALID) from error
        token.note_use()
        return token.owner, token

    def authenticate_header(self, request):
        return "Bearer"
