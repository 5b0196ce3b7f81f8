"""What time does to exports: those of schedules begin, owners are reminded, files go when they
expire, and so does what was left behind."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from tasks.keeping import delete
from tasks.lifecycle import launch_spread

from . import archive
from .models import Delivery, Download, Export, IdempotencyKey, Schedule

CHUNK = 100  # exports
REMINDERS_PER_SECOND = 20  # between them there is room for other work
ORPHANED_FOR = timedelta(days=1)  # longer than any attempt takes


def tidy() -> Iterator[None]:
    """Yields after each step."""
    Schedule.objects.start_due()
    yield
    yield from delete(IdempotencyKey.objects.expired())
    yield from delete(Delivery.objects.to_forget())
    yield from delete(Download.objects.to_forget())
    yield from launch_reminders()
    yield from remove_expired()
    yield from remove_orphans()


def launch_reminders() -> Iterator[None]:
    """A task for each export that never had one: where that failed, nobody is reminded again."""
    for number, chunk in enumerate(_chunks(Export.objects.to_remind())):
        args_by_key = {str(pk): {"export": str(pk)} for pk in chunk}
        after = number * CHUNK / REMINDERS_PER_SECOND
        launch_spread("exports.jobs.remind", args_by_key, after=after, pace=REMINDERS_PER_SECOND)
        yield


def remove_expired() -> Iterator[None]:
    Export.objects.give_time()
    for chunk in _chunks(Export.objects.expired()):
        Export.objects.expired().filter(pk__in=chunk).remove_files()
        yield


def remove_orphans() -> Iterator[None]:
    """Remove what no row names: of attempts that died, of exports that are gone with their owner,
    of removals that were broken off. What is not ours in the storage is left alone."""
    ours = [pk for folder in archive.folders() if (pk := _export_of(folder))]
    before = timezone.now() - ORPHANED_FOR
    for first in range(0, len(ours), CHUNK):
        chunk = ours[first : first + CHUNK]
        exports = Export.objects.select_related("task").in_bulk(chunk)
        for pk in chunk:
            export = exports.get(pk) or Export(pk=pk)
            if not export.is_under_way:
                archive.remove(export.folder, export.needs, before)
        yield


def _chunks(rows) -> Iterator[list]:
    """The primary keys of the QuerySet `rows`, some at a time."""
    keys = rows.order_by("pk").values_list("pk", flat=True)
    found = list(keys[:CHUNK])
    while found:
        yield found
        found = list(keys.filter(pk__gt=found[-1])[:CHUNK])


def _export_of(folder):
    """The primary key of the export that writes there, or None for any other folder."""
    try:
        pk = uuid.UUID(folder)
    except ValueError:
        return None
    return pk if folder == str(pk) else None
