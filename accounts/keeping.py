"""What goes by itself of what people leave behind."""

import logging
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

from django.contrib.sessions.models import Session as FormerSession
from django.utils import timezone

from tasks.keeping import delete

from .models import Session, Suspension, Token, User

logger = logging.getLogger(__name__)

CHUNK = 100  # pictures
ORPHANED_FOR = timedelta(days=1)  # longer than it takes to change one
PICTURE = re.compile(r"[0-9a-f]{32}\.webp")  # as User.change_avatar() calls them


def tidy() -> Iterator[None]:
    """Delete the sessions that are over, like Django's `clearsessions`, what has been over for long
    (tokens, suspensions), and the pictures that nobody has; yields after each step."""
    yield from delete(Session.objects.over())
    yield from delete(FormerSession.objects.filter(expire_date__lte=timezone.now()))
    yield from delete(Token.objects.to_forget())
    yield from delete(Suspension.objects.to_forget())
    yield from remove_orphans()


def remove_orphans() -> Iterator[None]:
    """Remove the pictures that no row names: of changes and removals that were broken off, or done
    while the storage was away. What is not ours in it is left alone. While it is away there is
    other work."""
    storage, before = User.avatar.field.storage, timezone.now() - ORPHANED_FOR
    try:
        # First the files, then the people: a picture is kept before somebody has it.
        ours = list(filter(PICTURE.fullmatch, _names(storage)))
        for first in range(0, len(ours), CHUNK):
            chunk = ours[first : first + CHUNK]
            named = set(User.objects.filter(avatar__in=chunk).values_list("avatar", flat=True))
            for name in chunk:
                with suppress(FileNotFoundError):  # its person has just removed it
                    if name not in named and storage.get_modified_time(name) < before:
                        storage.delete(name)
            yield
    except OSError as error:
        logger.warning("Pictures that nobody has are left for the next time. %s", error)


def _names(storage):
    try:
        return storage.listdir("")[1]
    except FileNotFoundError:  # there never was one
        return []
