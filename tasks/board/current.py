"""How things are at this moment."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.db.models import BooleanField, Count, ExpressionWrapper, Max, Min, Prefetch, Q
from django.db.models.functions import Coalesce, Greatest, Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from tasks import registry
from tasks.broker import Doorbell
from tasks.lifecycle import BY_ITSELF
from tasks.models import ABANDONED, DUE, EVERY_JOB, LIVE_FOR, Attempt, Cluster, Pause, State, Task
from tasks.registry import Job, get_job

RUNNING_MOST = 100  # tasks of which is said how far they are
FAILURES_MOST = 2_000
FAILURES_FOR = timedelta(days=7)
LATELY = timedelta(hours=1)  # so long a failure is a worry

# For a task to be due, which begins within a second where workers are free
LONG = timedelta(minutes=2)
LONG_BEHIND = timedelta(hours=1)  # the same in the background
LEFT_LONG = timedelta(minutes=1)  # for a task whose worker fell silent; the next takes it in 20 s
SWEEPS_WITHIN = timedelta(minutes=1)


@dataclass
class Standing:
    """How many tasks of a job, or where it is None, of many jobs, run, are due, are due in the
    background (`behind`), begin later, and of these, are tried `again`; how many were `left` by
    their workers, and no other one came; `oldest` and `oldest_behind`: since when the first is due.
    """

    job: Job | None
    running: int = 0
    due: int = 0
    behind: int = 0
    later: int = 0
    again: int = 0
    left: int = 0
    oldest: datetime | None = None
    oldest_behind: datetime | None = None
    pause: Pause | None = None

    @property
    def due_since(self) -> datetime | None:
        """Since when the oldest one waits, in the background or not."""
        return min(filter(None, (self.oldest, self.oldest_behind)), default=None)


@dataclass
class Failures:
    """Tasks of a job that failed for the same reason, while nothing newer did their work; `lately`:
    how many of them within LATELY; `latest`: when the last one did."""

    job: Job
    reason: str
    count: int = 0
    lately: int = 0
    latest: datetime | None = None

    @property
    def label(self):
        return Task(job=self.job.name, state=State.FAILED, reason=self.reason).reason_label


@dataclass
class Worry:
    """What is not well, and what to do; and since when it is so, where that is known."""

    words: str
    since: datetime | None = None


class Current:
    """How things are at this moment. Everything is asked for once."""

    @cached_property
    def moment(self) -> datetime:
        return timezone.now()

    @cached_property
    def clusters(self) -> list[Cluster]:
        """Those that run or should, with `is_silent`, and `busy`: how many of its workers work."""
        silent = Q(seen_at__lt=Now() - LIVE_FOR)
        is_silent = ExpressionWrapper(silent, output_field=BooleanField())
        clusters = list(Cluster.objects.annotate(is_silent=is_silent).order_by("host", "pid"))
        busy = Counter(attempt.cluster for task in self.running for attempt in task.under_way)
        for cluster in clusters:
            cluster.busy = busy[cluster.pk]
        return clusters

    @property
    def live_clusters(self) -> list[Cluster]:
        return [cluster for cluster in self.clusters if not cluster.is_silent]

    @property
    def lost_clusters(self) -> list[Cluster]:
        """Those that fell silent, and no other one was started on their host since."""
        return [
            each
            for each in self.clusters
            if each.is_silent
            and not any(
                live.host == each.host and live.started_at > each.seen_at
                for live in self.live_clusters
            )
        ]

    @property
    def swept_at(self) -> datetime | None:
        return max((each.swept_at for each in self.clusters if each.swept_at), default=None)

    @cached_property
    def running(self) -> list[Task]:
        """Those that run, the longest first; `is_abandoned`: whether its worker fell silent;
        `under_way`: a list of the attempt that is."""
        is_abandoned = ExpressionWrapper(ABANDONED, output_field=BooleanField())
        under_way = Attempt.objects.filter(outcome=Attempt.Outcome.RUNNING)
        tasks = Task.objects.active_by_index().filter(state=State.RUNNING)
        tasks = tasks.annotate(is_abandoned=is_abandoned).select_related("owner")
        tasks = tasks.prefetch_related(Prefetch("attempts", under_way, to_attr="under_way"))
        return list(tasks.order_by("claimed_at")[:RUNNING_MOST])

    @cached_property
    def pauses(self) -> dict[str, Pause]:
        return {pause.job: pause for pause in Pause.objects.select_related("by").order_by("at")}

    @property
    def pause(self) -> Pause | None:
        """That of every job."""
        return self.pauses.get(EVERY_JOB)

    @cached_property
    def standings(self) -> list[Standing]:
        """Of each job that is declared or has a task, those with the most to do first."""
        queued = Q(state=State.QUEUED)
        first, behind = queued & DUE & Q(background=False), queued & DUE & Q(background=True)
        later = queued & Q(not_before__gt=Now())
        # What was given back waits since then.
        given_back = Coalesce("checkpointed_at", "created_at")
        due_since = Greatest(Coalesce("not_before", "created_at"), given_back)
        left = Q(state=State.RUNNING, lease_until__lt=Now() - LEFT_LONG)
        rows = Task.objects.active_by_index().values("job")
        found = rows.annotate(
            running=Count("pk", filter=Q(state=State.RUNNING)),
            due=Count("pk", filter=first),
            behind=Count("pk", filter=behind),
            later=Count("pk", filter=later),
            again=Count("pk", filter=later & ~Q(reason="")),
            left=Count("pk", filter=left),
            oldest=Min(due_since, filter=first),
            oldest_behind=Min(due_since, filter=behind),
        )
        counted = {row.pop("job"): row for row in found}
        standings = [
            Standing(job=get_job(name), pause=self.pauses.get(name), **counted.get(name, {}))
            for name in {*registry.declared(), *counted}
        ]
        return sorted(standings, key=_most_first)

    @cached_property
    def total(self) -> Standing:
        """Of all jobs together."""
        return _sum(self.standings)

    @cached_property
    def going(self) -> Standing:
        """Of those jobs together that are not paused."""
        return _sum(each for each in self.standings if not (each.pause or self.pause))

    @cached_property
    def messages(self) -> int | None:
        """How many wait in Redis, or None where it does not answer."""
        try:
            return Doorbell().queue_size()
        except RedisError:
            return None

    @cached_property
    def latest_failures(self) -> list[tuple]:
        """(job, reason, when, whether something newer does its work), the latest first."""
        failed = Task.objects.filter(
            state=State.FAILED, ended_at__gte=self.moment - FAILURES_FOR
        ).with_newer()
        columns = "job", "reason", "ended_at", "has_newer"
        return list(failed.order_by("-ended_at").values_list(*columns)[:FAILURES_MOST])

    @property
    def has_more_failures(self) -> bool:
        return len(self.latest_failures) == FAILURES_MOST

    @cached_property
    def failures(self) -> list[Failures]:
        """The most frequent first."""
        groups = {}
        for job, reason, moment, has_newer in self.latest_failures:
            if has_newer:
                continue
            group = groups.setdefault((job, reason), Failures(get_job(job), reason))
            group.count += 1
            group.lately += moment > self.moment - LATELY
            group.latest = group.latest or moment
        return sorted(groups.values(), key=lambda group: -group.count)

    @cached_property
    def recurring(self) -> list[tuple[Job, datetime | None, datetime | None]]:
        """(job, when its last task was created, when the next one is to be)."""
        jobs = registry.recurring()
        own = Task.objects.filter(key=BY_ITSELF, job__in=[job.name for job in jobs])
        latest = dict(own.order_by().values_list("job").annotate(Max("created_at")))
        return [(job, last := latest.get(job.name), last and last + job.every) for job in jobs]

    @cached_property
    def worries(self) -> list[Worry]:
        return [*self._of_clusters(), *self._of_tasks(), *self._of_pauses()]

    @property
    def well_since(self) -> datetime | None:
        """Since the last failure, and since there are workers."""
        failed = [moment for _job, _reason, moment, _newer in self.latest_failures[:1]]
        began = min((each.started_at for each in self.live_clusters), default=None)
        return max(filter(None, [*failed, began]), default=None)

    def _of_clusters(self):
        if not self.live_clusters:
            seen = max((each.seen_at for each in self.clusters), default=None)
            yield Worry(_("No workers run. Start them with: manage.py qcluster"), seen)
        else:
            for cluster in self.lost_clusters:
                words = _("The workers of %(host)s, process %(pid)s, have fallen silent.")
                yield Worry(words % {"host": cluster.host, "pid": cluster.pid}, cluster.seen_at)
            began = min(each.started_at for each in self.live_clusters)
            if (self.swept_at or began) < self.moment - SWEEPS_WITHIN:
                yield Worry(_("No sweeper rings for what waits; its log says why."), self.swept_at)
        if self.messages is None:
            yield Worry(_("Redis does not answer, so nothing begins. What waits is not lost."))

    def _of_tasks(self):
        if _is_before(self.going.oldest, self.moment - LONG):
            yield Worry(_("There are too few workers for what is due."), self.going.oldest)
        if _is_before(self.going.oldest_behind, self.moment - LONG_BEHIND):
            words = _("There are too few workers for what is due in the background.")
            yield Worry(words, self.going.oldest_behind)
        if left := self.going.left:
            words = ngettext(
                "%(count)d task was left by its worker, and no other one has taken it.",
                "%(count)d tasks were left by their workers, and no other ones have taken them.",
                left,
            )
            yield Worry(words % {"count": left})
        if lately := sum(group.lately for group in self.failures):
            words = ngettext(
                "%(count)d task failed within the last hour.",
                "%(count)d tasks failed within the last hour.",
                lately,
            )
            yield Worry(words % {"count": lately}, max(group.latest for group in self.failures))

    def _of_pauses(self):
        for pause in self.pauses.values():
            if pause.job == EVERY_JOB:
                yield Worry(_("Every job is paused."), pause.at)
            else:
                words = _("Paused: %(job)s") % {"job": get_job(pause.job).description}
                yield Worry(words, pause.at)


def _sum(standings):
    standings = list(standings)
    counts = {
        name: sum(getattr(each, name) for each in standings)
        for name in ("running", "due", "behind", "later", "again", "left")
    }
    oldest = {
        name: min((moment for each in standings if (moment := getattr(each, name))), default=None)
        for name in ("oldest", "oldest_behind")
    }
    return Standing(job=None, **counts, **oldest)


def _is_before(moment, limit):
    return moment is not None and moment < limit


def _most_first(standing):
    waiting = standing.due + standing.behind
    return -standing.running - waiting, -standing.later, str(standing.job.description)
