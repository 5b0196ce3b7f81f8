"""People, whom they follow, why some are suspended, where they are signed in, and the tokens of the
programs they use."""

from accounts.avatars import storage as avatar_storage  # as a migration calls it

from .follows import Follow
from .managers import Reader, UserManager, in_touch, not_muted
from .people import (
    ABOUT_MAX_LENGTH,
    EMAIL_TAKEN,
    UNSUBSCRIBABLE,
    UNSUBSCRIBE_SALT,
    USERNAME_TAKEN,
    User,
    languages,
)
from .sessions import Session
from .suspensions import Suspension
from .tokens import Token

__all__ = [
    "ABOUT_MAX_LENGTH",
    "EMAIL_TAKEN",
    "UNSUBSCRIBABLE",
    "UNSUBSCRIBE_SALT",
    "USERNAME_TAKEN",
    "Follow",
    "Reader",
    "Session",
    "Suspension",
    "Token",
    "User",
    "UserManager",
    "avatar_storage",
    "in_touch",
    "languages",
    "not_muted",
]
