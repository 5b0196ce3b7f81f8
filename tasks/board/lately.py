"""What became of the tasks of the last hour and the last day."""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from itertools import accumulate

from django.db import models
from django.db.models import Case, Count, Func, OuterRef, Subquery, When
from django.utils import timezone

from tasks.models import ENDED, Attempt, State, Task
from tasks.statements import Given, for_each

SAMPLE = 50  # tasks


@dataclass
class Bar:
    """What ended, or was begun again (`retried`), from `start` until before `end`; and of a sample
    of what succeeded, how many seconds it waited and how many it took."""

    start: datetime
    end: datetime
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    retried: int = 0
    waits: list[float] = field(default_factory=list)
    durations: list[float] = field(default_factory=list)

    @property
    def weight(self) -> float:
        """How many of what succeeded each one in the sample stands for."""
        return self.succeeded / len(self.waits) if self.waits else 0

    @property
    def wait(self) -> list[float | None]:
        """The median and the 95th percentile, in seconds."""
        return percentiles((seconds, 1) for seconds in self.waits)

    @property
    def duration(self) -> list[float | None]:
        return percentiles((seconds, 1) for seconds in self.durations)


class Window:
    """The time until `moment`: `number` bars of the length `step`, and the one that has just begun.
    They begin when the clock strikes, so that what is over does not change any more."""

    def __init__(self, moment: datetime, step: timedelta, number: int):
        struck = moment - timedelta(seconds=moment.timestamp() % step.total_seconds())
        starts = [struck - step * back for back in range(number, -1, -1)]
        self.bars = [Bar(start, start + step) for start in starts]

    @property
    def start(self) -> datetime:
        return self.bars[0].start

    @property
    def totals(self) -> dict[str, int]:
        names = "succeeded", "failed", "cancelled", "retried"
        return {name: sum(getattr(bar, name) for bar in self.bars) for name in names}

    @cached_property
    def wait(self) -> list[float | None]:
        return percentiles((each, bar.weight) for bar in self.bars for each in bar.waits)

    @cached_property
    def duration(self) -> list[float | None]:
        return percentiles((each, bar.weight) for bar in self.bars for each in bar.durations)


class Lately:
    """The last hour, in bars of five minutes, and the last day, in bars of an hour."""

    def __init__(self):
        moment = timezone.now()
        self.hour = Window(moment, timedelta(minutes=5), 12)
        self.day = Window(moment, timedelta(hours=1), 24)
        bars = self.hour.bars + self.day.bars
        _count(bars)
        _count_again(bars)
        _sample(bars)


START, END = Given("start", models.DateTimeField()), Given("end", models.DateTimeField())
WITHIN = {"ended_at__gte": START, "ended_at__lt": END}


def _count(bars):
    given = [
        {"start": bar.start, "end": bar.end, "state": state, "bar": bar}
        for bar in bars
        for state in ENDED
    ]
    tasks = Task.objects.filter(state=Given("state", models.CharField()), **WITHIN)
    rows = tasks.order_by().values("state").annotate(count=Count("*")).values_list("count")
    for count, place in for_each(given, rows):
        setattr(given[place]["bar"], given[place]["state"], count)


def _count_again(bars):
    again = Attempt.objects.filter(number__gt=1, started_at__gte=START, started_at__lt=END)
    rows = again.order_by().values("number").annotate(count=Count("*")).values_list("count")
    for count, place in for_each(_times(bars), rows):
        bars[place].retried += count


def _sample(bars):
    columns = Subquery(FIRST.values("waited")), Seconds("ended_at", "claimed_at")
    tasks = Task.objects.filter(state=State.SUCCEEDED, **WITHIN).order_by("-ended_at")
    for waited, took, place in for_each(_times(bars), tasks.values_list(*columns)[:SAMPLE]):
        bars[place].waits.append(max(0.0, waited))
        bars[place].durations.append(max(0.0, took))


class Seconds(Func):
    """How many lie between two moments, the later one first. The database works it out, for to read
    a moment takes longer than all else that is done with it here."""

    arity = 2
    arg_joiner = " - "
    template = "EXTRACT(EPOCH FROM (%(expressions)s))::double precision"
    output_field = models.FloatField()

    def as_sqlite(self, compiler, connection, **more):
        days = self.copy()
        days.set_source_expressions(
            Func(moment, function="julianday") for moment in self.get_source_expressions()
        )
        template = "ROUND((%(expressions)s) * 86400.0, 3)"
        return days.as_sql(compiler, connection, template=template, **more)


# The first attempt at a task, with `waited`: since when it could have been begun. A later attempt
# may have moved the time before which it was not to begin.
FIRST = Attempt.objects.filter(task=OuterRef("pk"), number=1).annotate(
    waited=Seconds(
        "started_at",
        Case(
            When(started_at__gte=OuterRef("not_before"), then=OuterRef("not_before")),
            default=OuterRef("created_at"),
            output_field=models.DateTimeField(),
        ),
    )
)


def _times(bars):
    return [{"start": bar.start, "end": bar.end} for bar in bars]


def percentiles(weighted) -> list[float | None]:
    """The median and the 95th percentile of pairs (value, weight): each is the first value up to
    which there is that share of all weight. None of nothing."""
    pairs = sorted(weighted)
    sums = list(accumulate(weight for _value, weight in pairs))
    if not pairs:
        return [None, None]
    return [pairs[bisect_left(sums, share * sums[-1])][0] for share in (0.5, 0.95)]
