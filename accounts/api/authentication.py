"""Who a program acts for."""

from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from accounts.models import Token
from accounts.models.tokens import ExpiredToken, InvalidToken

from . import jwts

MISSING, INVALID, EXPIRED = _("Missing token"), _("Invalid token"), _("Token has expired")


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>` (RFC 6750); the token is `request.auth`."""

    def authenticate(self, request):
        kind, _, shown = get_authorization_header(request).partition(b" ")
        if kind.lower() != b"bearer":
            return None
        try:
            shown = shown.decode("ascii", "replace").strip()
            token = Token.objects.recognize(jwts.secret_in(shown) if "." in shown else shown)
        except ExpiredToken as error:
            raise AuthenticationFailed(EXPIRED) from error
        except InvalidToken as error:
            raise AuthenticationFailed(INVALID) from error
        token.note_use()
        return token.owner, token

    def authenticate_header(self, request):
        return "Bearer"
