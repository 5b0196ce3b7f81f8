"""Files of exports: written under a name of their attempt, checked, then named by the row."""

import errno
import hashlib
import logging
import os
import shutil
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile, File
from django.core.files.storage import storages

from .refusals import NoRoom

logger = logging.getLogger(__name__)

FULL = {errno.ENOSPC, errno.EDQUOT}
TELL_EVERY = 3600  # seconds


class Unavailable(OSError):
    """The place where exports are kept does not do what it is asked to, as the text says, with the
    mend. heals: it may do it later by itself."""

    def __init__(self, text: str, *, heals: bool):
        super().__init__(text)
        self.heals = heals


@dataclass(frozen=True)
class Checked:
    """What is certain of a written file: it was opened again, counted and hashed."""

    count: int  # posts
    size: int  # bytes
    sha256: str  # hexadecimal


def storage():
    return storages["archives"]


def is_local() -> bool:
    """Whether they are kept in a folder, and not in an object store."""
    return root() is not None


def ensure_room(needed: int, in_scratch: int):
    """See that the disks have room for a file of so many bytes, for what lies in EXPORT_SCRATCH_DIR
    while it is written, and for what is to stay free. An object store has no end, but what is on
    its way there lies in EXPORT_SCRATCH_DIR, too.

    Raises NoRoom, having told ADMINS of it: of each disk once an hour.
    """
    scratch = settings.EXPORT_SCRATCH_DIR
    disks = {}
    for folder, size in ((root() or scratch, needed), (scratch, in_scratch)):
        if size:
            device = _nearest(folder).stat().st_dev
            disk = disks.setdefault(device, [folder, settings.EXPORT_RESERVE_BYTES])
            disk[1] += size
    for device, (folder, size) in disks.items():
        free = shutil.disk_usage(_nearest(folder)).free
        if free < size:
            no_room = NoRoom(folder, free, size)
            _tell(no_room, device)
            raise no_room


def root() -> Path | None:
    """The folder of all archives; None when they lie in an object store."""
    try:
        return Path(storage().path(""))
    except NotImplementedError:
        return None


def _nearest(folder):
    """It, or the folder in which it would be made."""
    return next(each for each in (folder, *folder.parents) if each.exists())


def _tell(no_room, device):
    """ADMINS get what is an error. While the cache is away they get each."""
    key = f"exports.no_room.{device}"
    level = logging.WARNING if cache.get(key) else logging.ERROR
    cache.set(key, True, TELL_EVERY)
    logger.log(level, "%s", no_room)


@contextmanager
def full_disk_is_no_room():
    """A disk that becomes full within the block raises NoRoom."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        folders = filter(None, [root(), settings.EXPORT_SCRATCH_DIR])
        raise NoRoom(" or ".join(map(str, folders))) from error


@contextmanager
def new_file(name: str, write: Callable[[BinaryIO], object], is_named=lambda name: False):
    """Let `write(file)` fill a new file, see it to the disk, and yield its name in the storage.
    Whatever breaks the writing or the block off takes the file away, except a kill; but
    not when `is_named(name)`: then it was published before."""
    name = _take(name) if is_local() else _send(name, write)
    try:
        if is_local():
            with storage().open(name, "wb") as file:
                write(file)
            _make_durable(name)
        yield name
    except BaseException:
        if not is_named(name):
            storage().delete(name)
        raise


def _take(name):
    """Make its folder, and have nobody else take the name."""
    return storage().save(name, ContentFile(b""))


def _send(name, write):
    """Write it here first: an object store has it as a whole or not at all, and safe."""
    with scratch_file() as file:
        write(file)
        return storage().save(name, File(file))


def scratch_file() -> BinaryIO:
    """A nameless file that is gone when it is closed, or its process ends."""
    settings.EXPORT_SCRATCH_DIR.mkdir(parents=True, exist_ok=True)
    return TemporaryFile(dir=settings.EXPORT_SCRATCH_DIR)


def _make_durable(name):
    """Have the disk hold the file and the folders that name it: a power cut takes neither."""
    path = Path(storage().path(name))
    for each in (path, path.parent, path.parent.parent):
        descriptor = os.open(each, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check(name: str, count: Callable[[BinaryIO], int]) -> Checked:
    """Open the written file again, let `count(file)` go through it, and hash it.

    Raises what `count` raises when it is not whole, and OSError.
    """
    with storage().open(name, "rb") as file:
        counted = count(file)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256")
        return Checked(counted, file.tell(), digest.hexdigest())


def remove(folder: str, needed=lambda name: False, before: datetime | None = None):
    """Delete the files in `folder` but those that are `needed(name)`, and the folder when none is
    left. `before`: only those that were not written to since. Each is asked about when it is its
    turn: a slow store may have taken its time to say which there are."""
    left = False
    with suppress(FileNotFoundError):
        for file in storage().listdir(folder)[1]:
            name = f"{folder}/{file}"
            if (before and _is_newer(name, before)) or needed(name):
                left = True
            else:
                storage().delete(name)
        if not left:
            _delete_empty(folder)


def delete(names: list[str]):
    """Delete these files, and their folders when nothing else is there."""
    for name in names:
        storage().delete(name)
        _delete_empty(name.rpartition("/")[0])


def folders() -> list[str]:
    """The names of all there are, ours or not."""
    try:
        return storage().listdir("")[0]
    except FileNotFoundError:  # nothing was ever written
        return []


def _is_newer(name, moment):
    return storage().get_modified_time(name) >= moment


def _delete_empty(folder):
    with suppress(OSError):  # somebody has begun to write there
        storage().delete(folder)
