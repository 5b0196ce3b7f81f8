"""The tokens of the first version: JWTs (RFC 7519), each with the secret of a token like all others
in it, and revoked as they are. Not with the model: no worker needs what signs them."""

from datetime import timedelta

import jwt
from django.conf import settings
from django.utils.crypto import salted_hmac

from accounts.models import Token
from accounts.models.tokens import ExpiredToken, InvalidToken

ALGORITHM = "HS256"
SALT = "accounts.tokens.jwt"


def issue(owner) -> str:
    """A new one, for all scopes, that holds for API_TOKEN_SECONDS."""
    lifetime = timedelta(seconds=settings.API_TOKEN_SECONDS)
    token, secret = Token.objects.issue(owner, expires_in=lifetime)
    claims = {"sub": str(owner.pk), "jti": secret, "exp": token.expires_at}
    return jwt.encode(claims, _key(settings.SECRET_KEY), ALGORITHM)


def recognize(shown: str) -> Token:
    """The token that one of ours stands for, with its owner.

    Raises InvalidToken, of which ExpiredToken is one.
    """
    claims = _claims_of(shown)
    token = Token.objects.recognize(claims["jti"])
    if str(token.owner_id) != claims["sub"]:
        raise InvalidToken
    return token


def _claims_of(shown):
    required = {"require": ["exp", "sub", "jti"]}
    for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]:
        try:
            return jwt.decode(shown, _key(key), [ALGORITHM], options=required)
        except jwt.ExpiredSignatureError as error:
            raise ExpiredToken from error
        except jwt.InvalidTokenError:
            continue
    raise InvalidToken


def _key(secret_key) -> bytes:
    return salted_hmac(SALT, "", secret=secret_key, algorithm="sha256").digest()
