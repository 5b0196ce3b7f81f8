"""What proves, in a link mailed to an address, that it is a person's."""

from datetime import timedelta

from django.conf import settings
from django.core import signing
from django.utils.crypto import salted_hmac

from .models import User

SALT = "accounts.email"
HOLDS_FOR = timedelta(days=1)


def make(person, email: str) -> str:
    """The token for the link mailed to `email`. It covers the present address, which the use of the
    link changes, and the password, which they change when it was not them who asked for it."""
    return signing.dumps([person.pk, next(_states(person)), email], salt=SALT)


def read(token: str) -> tuple[User, str]:
    """(person, their new address). Raises signing.BadSignature when the token is forged, too old,
    used or void, and User.DoesNotExist."""
    pk, state, email = signing.loads(token, salt=SALT, max_age=HOLDS_FOR)
    person = User.objects.active().get(pk=pk)
    if state not in _states(person):
        raise signing.BadSignature("The address or the password has changed since.")
    return person, email


def _states(person):
    """What it covers, sealed with the present key first, then with former ones."""
    for key in [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]:
        yield salted_hmac(SALT, f"{person.email} {person.password}", secret=key).hexdigest()
