"""Where people's pictures are kept: in a folder, or in a bucket. Either may not answer."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import transaction

from .pictures import Away


def storage():
    return storages["avatars"]


def read(avatar) -> bytes | None:
    """What is in the file of that field; None when it was lost, with a disk perhaps.

    Raises Away.
    """
    try:
        with avatar.storage.open(avatar.name) as file:
            return file.read()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Away(error) from error


@contextmanager
def kept(picture: bytes, storage) -> Iterator[str]:
    """The name of the picture in `storage`, or "" of none; it is gone again when the block fails.
    Kept before a transaction begins, and not within: nobody else waits for a slow storage. Raises
    Away."""
    try:
        name = storage.save(f"{uuid.uuid4().hex}.webp", ContentFile(picture)) if picture else ""
    except OSError as error:
        raise Away(error) from error
    try:
        yield name
    except BaseException:
        if name:
            with suppress(OSError):  # it is swept up one day
                storage.delete(name)
        raise


def remove_on_commit(avatar):
    if avatar:
        storage, name = avatar.storage, avatar.name
        transaction.on_commit(lambda: storage.delete(name), robust=True)
