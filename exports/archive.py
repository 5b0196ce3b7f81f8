"""Files of exports: written under a name of their attempt, checked, then named by the row."""

import hashlib
import os
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.core.files.base import ContentFile
from django.core.files.storage import storages


@dataclass(frozen=True)
class Checked:
    """What is certain of a written file: it was opened again, counted and hashed."""

    count: int  # posts
    size: int  # bytes
    sha256: str  # hexadecimal


def storage():
    return storages["archives"]


@contextmanager
def new_file(name: str, write: Callable[[BinaryIO], object], is_named=lambda name: False):
    """Let `write(file)` fill a new file, see it to the disk, and yield its name in the storage.
    Whatever breaks the writing or the block off takes the file away, except a kill; but
    not when `is_named(name)`: then it was published before."""
    name = storage().save(name, ContentFile(b""))  # makes its folder and takes the name
    try:
        with storage().open(name, "wb") as file:
            write(file)
        _make_durable(name)
        yield name
    except BaseException:
        if not is_named(name):
            storage().delete(name)
        raise


def _make_durable(name):
    """Have the disk hold the file and the folders that name it: a power cut takes neither."""
    try:
        path = Path(storage().path(name))
    except NotImplementedError:  # an object store has them safe when it has taken them
        return
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


def remove(folder: str, keep: str = ""):
    """Delete the files in `folder` except the one named `keep`, or the folder altogether."""
    with suppress(FileNotFoundError):
        for file in storage().listdir(folder)[1]:
            if (name := f"{folder}/{file}") != keep:
                storage().delete(name)
        if not keep:
            storage().delete(folder)
