"""What goes by itself of what people leave behind."""

import logging
import re
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from accounts.models import Session, Token, User
from tasks.keeping import delete

logger = logging.getLogger(__name__)

OURS = re.compile(r"[0-9a-f]{32}\.webp")
ORPHANED_FOR = timedelta(days=1)


def tidy() -> Iterator[None]:
    """Delete the sessions that are over, like Django's `clearsessions`, and the tokens that have
    long been; and the pictures that nobody has; yields after each step."""
    yield from delete(Session.objects.over())
    yield from delete(Token.objects.to_forget())
    yield from remove_orphans()


def remove_orphans() -> Iterator[None]:
    """Remove the pictures that nobody has: of who was deleted or took another one while the storage
    was away. What is not ours in it is left alone. While it is away there is other work."""
    storage = User.avatar.field.storage
    try:
        for name in _orphans(storage):
            if storage.get_modified_time(name) < timezone.now() - ORPHANED_FOR:
                storage.delete(name)
                yield
    except FileNotFoundError:  # nobody has ever had one
        pass
    except OSError as error:
        logger.warning("Pictures that nobody has are left for the next time. %s", error)


def _orphans(storage):
    """First the files, then the people: a picture is kept before somebody has it."""
    names = {name for name in storage.listdir("")[1] if OURS.fullmatch(name)}
    owned = User.objects.exclude(avatar="").values_list("avatar", flat=True)
    return sorted(names.difference(owned.iterator()))
