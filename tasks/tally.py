"""How often what has happened, in numbers that only grow, as metrics want them.

Rows are taken away with their owners, and when nobody asks for them any more, so the number of rows
is no such number. What has ended is counted once, by who asks, into the one row of `Tally`; what
leaves no row is added to it when it happens.
"""

import logging
from collections import Counter
from datetime import timedelta

from django.db import Error as DatabaseError
from django.db.models import Case, Count, F, When
from django.db.models.functions import Now
from django.utils import timezone

from .models import Attempt, State, Tally, Task
from .registry import MAIL_UNKNOWN

logger = logging.getLogger(__name__)

ROW = 1  # its primary key
# What ended this long ago is committed, for a transaction does not last longer.
GRACE = timedelta(seconds=30)
# Older than that is not counted any more: who has not asked for so long is not to wait for it now.
ASKED_EVERY = timedelta(minutes=10)
# The buckets of histograms, each up to so many seconds
SECONDS = 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600, float("inf")
COUNTED = (
    *("job", "number", "outcome", "resends", "is_last"),
    *("created_at", "not_before", "started_at", "ended_at", "background"),
)


def add(**happened: int):
    """Add to `rerung` or `fenced`. That it can't be written is no reason to stop for anybody."""
    try:
        more = {name: F(name) + count for name, count in happened.items()}
        if not Tally.objects.filter(pk=ROW).update(**more):
            _row()
            Tally.objects.filter(pk=ROW).update(**more)
    except DatabaseError as error:
        logger.warning("Not counted: %s (%s).", happened, error)


def count_up() -> Tally:
    """Count what has ended since somebody asked last, and return the row, and the time: `now`.

    Its `counts` are of keys like "attempts exports.jobs.export_posts succeeded".
    """
    tally = _row()
    until = tally.now - GRACE
    since = max(tally.until, until - ASKED_EVERY)
    if counted := _count_tasks(since, until) + _count_attempts(since, until):
        counts = Counter(tally.counts) + counted
        # One conditional UPDATE: who is second has counted the same, and forgets it.
        if Tally.objects.filter(pk=ROW, until=tally.until).update(until=until, counts=counts):
            tally.counts = counts
    return tally


def _row() -> Tally:
    rows = Tally.objects.annotate(now=Now())
    if row := rows.filter(pk=ROW).first():
        return row
    Tally.objects.get_or_create(pk=ROW, defaults={"until": timezone.now()})
    return rows.get(pk=ROW)


def _count_tasks(since, until):
    counts = Counter()
    ended = Task.objects.filter(ended_at__gt=since, ended_at__lte=until)
    kinds = ended.values_list("job", "state", "reason").annotate(count=Count("pk"))
    for job, state, reason, count in kinds:
        counts[f"ended {job} {state}"] += count
        if state == State.FAILED and reason == MAIL_UNKNOWN:
            counts["mails_undecided"] += count
    return counts


def _count_attempts(since, until):
    counts = Counter()
    ended = Attempt.objects.filter(ended_at__gt=since, ended_at__lte=until).order_by()
    ended = ended.annotate(
        job=F("task__job"),
        is_last=Case(When(number=F("task__attempt"), then=True), default=False),
        background=F("task__background"),
        created_at=F("task__created_at"),
        not_before=F("task__not_before"),
    )
    for each in ended.values_list(*COUNTED, named=True).iterator():
        counts[f"attempts {each.job} {each.outcome}"] += 1
        counts["mails_resent"] += each.resends
        if each.outcome == Attempt.Outcome.LOST and not each.is_last:
            counts["reclaimed"] += 1
        if each.outcome == Attempt.Outcome.SUCCEEDED:
            _observe(counts, f"duration {each.job}", each.ended_at - each.started_at)
        if each.number == 1 and (due := _due(each)):
            _observe(counts, f"wait {str(each.background).lower()}", each.started_at - due)
    return counts


def _due(first):
    """When its first attempt could have begun; None if nobody knows. Only in the background a task
    has a `not_before` from the start; one that is later than this attempt was set for the next."""
    if not first.background or not first.not_before:
        return first.created_at
    return first.not_before if first.not_before <= first.started_at else None


def _observe(counts, what, time):
    seconds = max(0.0, time.total_seconds())
    bucket = next(bound for bound in SECONDS if seconds <= bound)
    counts[f"{what} {bucket}"] += 1
    counts[f"{what} sum"] += seconds
