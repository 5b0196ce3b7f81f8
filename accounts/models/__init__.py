"""People, whom they follow, and the tokens by which programs act for them."""

from .people import (
    ABOUT_MAX_LENGTH,
    EMAIL_TAKEN,
    UNSUBSCRIBABLE,
    UNSUBSCRIBE_SALT,
    USERNAME_TAKEN,
    Follow,
    Reader,
    User,
    UserManager,
    avatar_storage,
    in_touch,
    languages,
    not_muted,
)
from .tokens import Token

__all__ = [
    "ABOUT_MAX_LENGTH",
    "EMAIL_TAKEN",
    "UNSUBSCRIBABLE",
    "UNSUBSCRIBE_SALT",
    "USERNAME_TAKEN",
    "Follow",
    "Reader",
    "Token",
    "User",
    "UserManager",
    "avatar_storage",
    "in_touch",
    "languages",
    "not_muted",
]
