"""What the engine keeps of what has ended, and how small a step is in which the rest goes."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import settings
from django.db.models.functions import Now
from django_q.models import Failure

from .models import Cluster, Task

CHUNK = 100  # rows, each with what belongs to it; meanwhile nobody else writes to SQLite


def tidy() -> Iterator[None]:
    """Delete the tasks and the clusters that nobody asks for any more, and what Django-Q2 wrote
    down of what crashed past our engine; yields after each step."""
    yield from delete(Task.objects.to_forget())
    yield from delete(Cluster.objects.to_forget())
    long_ago = Now() - timedelta(days=settings.KEEP_TASKS_DAYS)
    yield from delete(Failure.objects.filter(stopped__lt=long_ago))


def delete(rows) -> Iterator[None]:
    """Delete the QuerySet `rows`, some at a time, each in a short transaction; yields after each
    step."""
    while keys := list(rows.values_list("pk", flat=True)[:CHUNK]):
        rows.filter(pk__in=keys).delete()
        yield
