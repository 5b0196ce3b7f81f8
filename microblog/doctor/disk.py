"""Whether there is room for what is written, and whether it may be written."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from botocore.config import Config
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import Error as DatabaseError
from django.db import connection
from django.db.models import Max
from django.utils.translation import gettext as _

from exports import archive
from exports.models import Export

from .findings import PATIENCE, ok, warning, wrong

MB = 1_000_000
TEXT = b"May be deleted."


def examine():
    largest = _largest_archive()
    for folder, names in folders().items():
        yield look_at_folder(", ".join(names), folder, largest)
    for kind in ("archives", "avatars"):
        if "bucket_name" in settings.STORAGES[kind]["OPTIONS"]:
            yield look_at_bucket(kind)
    yield from look_at_static()
    yield look_at_catalogues()


def folders() -> dict[Path, list[str]]:
    """Where we write, and what names that."""
    found = {"VAR_DIR": settings.VAR_DIR, "EXPORT_SCRATCH_DIR": settings.EXPORT_SCRATCH_DIR}
    if connection.vendor == "sqlite":
        found["DATABASE_URL"] = Path(connection.settings_dict["NAME"]).absolute().parent
    if root := archive.root():
        found[_("archives")] = root
    names = {}
    for name, folder in found.items():
        names.setdefault(_nearest(folder), []).append(name)
    return names


def _nearest(folder):
    """It, or the one in which it would be made."""
    return next(each for each in (folder, *folder.absolute().parents) if each.exists())


def _largest_archive() -> int:
    """Bytes; 0 where nobody knows."""
    try:
        return Export.objects.aggregate(largest=Max("size"))["largest"] or 0
    except DatabaseError:
        return 0


def look_at_folder(name: str, folder: Path, largest: int):
    """`largest`: the size of the largest archive so far, in bytes."""
    about = {"name": name, "folder": folder}
    try:
        with NamedTemporaryFile(prefix="doctor-", dir=folder) as file:
            file.write(TEXT)
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return wrong(
            _("%(name)s: nothing can be written to %(folder)s (%(error)s).")
            % (about | {"error": error.strerror}),
            _("Let the user that runs this write there, or make room."),
        )
    return look_at_room(about, free, largest)


def look_at_room(about: dict, free: int, largest: int):
    about |= {"free": free // MB, "needed": (settings.EXPORT_RESERVE_BYTES + largest) // MB}
    mend = _("Make room on that disk, or set VAR_DIR (and what else is named) to another one.")
    if free < settings.EXPORT_RESERVE_BYTES:
        words = _("%(name)s: %(free)d MB are free in %(folder)s, and no export begins.")
        return wrong(words % about, mend)
    if free < settings.EXPORT_RESERVE_BYTES + largest:
        words = _(
            "%(name)s: %(free)d MB are free in %(folder)s, and an export like the largest one needs"
            " %(needed)d MB."
        )
        return warning(words % about, mend)
    return ok(_("%(name)s: %(folder)s can be written to; %(free)d MB are free.") % about)


def look_at_bucket(kind: str):
    """Write a small file to that of the storage `kind`, read it, and delete it."""
    about = {"bucket": settings.STORAGES[kind]["OPTIONS"]["bucket_name"], "kind": kind.upper()}
    store = storages.create_storage(settings.STORAGES[kind])
    impatient = Config(
        connect_timeout=PATIENCE, read_timeout=PATIENCE, retries={"total_max_attempts": 1}
    )
    store.configure(impatient)
    name = None
    try:
        name = store.save("doctor/may-be-deleted.txt", ContentFile(TEXT))
        with store.open(name) as file:
            is_same = file.read() == TEXT
        store.delete(name)
    except OSError as error:
        if name:
            with suppress(OSError):
                store.delete(name)
        return wrong(
            str(error),
            _("docs/reference/storage.md says what the bucket and its key are to be like."),
        )
    if not is_same:
        words = _("The bucket %(bucket)s gives back something else than it was given.") % about
        return wrong(words, _("See what %(kind)s_S3_ENDPOINT_URL leads to.") % about)
    return ok(_("The bucket %(bucket)s can be written to, read, and deleted from.") % about)


def look_at_static():
    manifest = getattr(staticfiles_storage, "manifest_name", None)  # in development there is none
    if settings.DEBUG or manifest is None:
        return
    if staticfiles_storage.exists(manifest):
        yield ok(_("Static files are collected."))
    else:
        words = _("Static files are not collected, so every page fails.")
        yield wrong(words, "manage.py collectstatic --noinput")


def look_at_catalogues():
    """Whether the translations are there in the form in which they are read."""
    stale = [
        source.parent.parent.name
        for folder in settings.LOCALE_PATHS
        for source in sorted(Path(folder).glob("*/LC_MESSAGES/django.po"))
        if _is_older(source.with_suffix(".mo"), source)
    ]
    if not stale:
        return ok(_("The translations are compiled."))
    words = _("The translations are not compiled, or were before they changed: %(languages)s.")
    mend = "pybabel compile --directory locale --domain django"
    return warning(words % {"languages": ", ".join(stale)}, mend)


def _is_older(file, than):
    return not file.exists() or file.stat().st_mtime < than.stat().st_mtime
