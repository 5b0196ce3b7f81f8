"""The row is the truth: what there is to do, who does it, how far it is, how it ended.

The states and who may change them are in `lifecycle`; nothing else writes them.
"""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, F, OuterRef, Q, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import origin, registry
from .registry import COMMON_REASONS, CRASHED, REASONS_FOR_NOW, Refused, get_job

ALERTS_FOR = timedelta(hours=24)
UNDECLARED_FOR = timedelta(days=1)  # longer than the workers of two versions run side by side
# From the end of a task on. So long `launch_spread` knows that its key had one.
KEPT_FOR = timedelta(days=30)
OWNED_KEPT_FOR = timedelta(days=90)
# From the last sign of life of a cluster on: until it counts as dead, and until it is forgotten.
LIVE_FOR = timedelta(seconds=30)
DEAD_KEPT_FOR = timedelta(days=1)


class State(models.TextChoices):
    QUEUED = "queued", pgettext_lazy("task", "Waiting")
    RUNNING = "running", pgettext_lazy("task", "Running")
    SUCCEEDED = "succeeded", pgettext_lazy("task", "Done")
    FAILED = "failed", pgettext_lazy("task", "Failed")
    CANCELLED = "cancelled", pgettext_lazy("task", "Cancelled")


ACTIVE = Q(state__in=[State.QUEUED, State.RUNNING])
DUE = Q(not_before=None) | Q(not_before__lte=Now())
ABANDONED = Q(state=State.RUNNING, lease_until__lt=Now())
EXHAUSTED = Q(failures__gte=F("max_attempts") - 1)

EVERY_JOB = ""


class PauseQuerySet(models.QuerySet):
    def begin(self, job: str, by) -> bool:
        """Let no task of the job of this name begin any more, or of EVERY_JOB. False: that is so
        already."""
        return self.get_or_create(job=job, defaults={"by": by})[1]

    def end(self, job: str) -> bool:
        """Whether there was one to end. The sweeper rings for what has waited."""
        return bool(self.filter(job=job).delete()[0])


class Pause(models.Model):
    """The operators let no task of a job begin, from `at` on. What runs goes on."""

    job = models.CharField(
        _("job"), max_length=100, unique=True, blank=True, help_text=_("Empty: every job.")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("by"),
    )
    at = models.DateTimeField(_("since"), default=timezone.now)

    objects = PauseQuerySet.as_manager()

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")

    def __str__(self):
        return self.job or "*"


def paused() -> Q:
    """Of tasks: that the operators let none of their job begin. Both parts are asked once a
    statement, however many tasks it is about."""
    every = Exists(Pause.objects.filter(job=EVERY_JOB))
    return Q(every) | Q(job__in=Pause.objects.values("job"))


class TaskQuerySet(models.QuerySet):
    def active(self):
        return self.filter(ACTIVE)

    def active_by_index(self):
        """The same, for who reads all of them: by the index of their keys, in which there are no
        others. SQLite takes that only where the states are no parameters."""
        states = "tasks_task.state IN ('queued', 'running')"
        return self.filter(RawSQL(states, [], models.BooleanField())).order_by()  # noqa: S611

    def claimable(self):
        return self.filter(~paused(), Q(DUE, state=State.QUEUED) | (ABANDONED & ~EXHAUSTED))

    def of_declared_jobs(self):
        return self.filter(job__in=registry.declared())

    def hopeless(self):
        """Left by the last worker that was allowed to try; or of a job that no app has declared for
        a day."""
        undeclared = ~Q(job__in=registry.declared())
        waited = Q(state=State.QUEUED, created_at__lt=Now() - UNDECLARED_FOR)
        return self.filter(ABANDONED & EXHAUSTED | undeclared & waited)

    def not_rung_since(self, seconds: float):
        longer_ago = Now() - timedelta(seconds=seconds)
        return self.filter(Q(dispatched_at=None) | Q(dispatched_at__lt=longer_ago))

    def to_show(self):
        """What an owner wants to know: active, or ended lately and not yet opened or dismissed."""
        ended_lately = Q(ended_at__gte=Now() - ALERTS_FOR, seen_at=None)
        return self.filter(ACTIVE | ended_lately).with_standing().order_by("created_at")

    def with_standing(self):
        """With `ahead`: of a queued task, how many are due that a worker takes before it, of others
        None; `is_abandoned`: whether its worker fell silent, by the clock of the database; and
        `is_paused`: whether the operators let no worker begin it, or go on with it."""
        earlier = Task.objects.filter(
            ~paused(),
            DUE,
            state=State.QUEUED,
            background=False,
            created_at__lt=OuterRef("created_at"),
        )
        count = earlier.order_by().values("state").annotate(count=Count("pk")).values("count")
        return self.annotate(
            ahead=Case(When(state=State.QUEUED, then=Coalesce(count, 0))),
            is_abandoned=Case(When(ABANDONED, then=True), default=False),
            is_paused=Case(
                When(paused() & (Q(state=State.QUEUED) | ABANDONED), then=True), default=False
            ),
        )

    def with_newer(self):
        """With `has_newer`: whether there is a newer task for the same (job, key), which does what
        this one did not."""
        newer = Task.objects.filter(
            job=OuterRef("job"), key=OuterRef("key"), created_at__gt=OuterRef("created_at")
        )
        return self.annotate(has_newer=Exists(newer))

    def to_forget(self):
        """What ended so long ago that nobody asks for it any more."""
        nobodys = Q(owner=None, ended_at__lt=Now() - KEPT_FOR)
        return self.filter(nobodys | Q(ended_at__lt=Now() - OWNED_KEPT_FOR))

    def mark_seen(self):
        """Their owner has opened or dismissed those of them that have ended."""
        self.filter(ended_at__isnull=False, seen_at=None).update(seen_at=Now())


class Task(models.Model):
    """One piece of slow work. Active tasks are unique by (job, key)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.CharField(_("job"), max_length=100, help_text=_("Dotted path of the function."))
    key = models.CharField(_("key"), max_length=100)
    args = models.JSONField(_("arguments"), default=dict, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="tasks",
        verbose_name=_("owner"),
    )
    background = models.BooleanField(
        _("in the background"), default=False, help_text=_("All other work goes first.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(
        _("reason"), max_length=50, blank=True, help_text=_("Why it failed, as a code of its job.")
    )

    phase = models.CharField(_("phase"), max_length=50, blank=True)
    done = models.PositiveBigIntegerField(_("done"), default=0)
    total = models.PositiveBigIntegerField(_("total"), null=True, blank=True)
    checkpointed_at = models.DateTimeField(_("last checkpoint"), null=True, blank=True)

    created_at = models.DateTimeField(_("created"), default=timezone.now)
    not_before = models.DateTimeField(_("not before"), null=True, blank=True)
    dispatched_at = models.DateTimeField(_("dispatched"), null=True, blank=True)
    claimed_at = models.DateTimeField(_("claimed"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    delivering = models.BooleanField(
        _("delivering"), default=False, help_text=_("It can't be cancelled any more.")
    )
    seen_at = models.DateTimeField(_("seen by its owner"), null=True, blank=True)

    token = models.UUIDField(_("fencing token"), null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True)
    attempt = models.PositiveIntegerField(_("attempt"), default=0)
    failures = models.PositiveIntegerField(
        _("failures"), default=0, help_text=_("Attempts that failed or were lost.")
    )
    max_attempts = models.PositiveIntegerField(
        _("attempts at most"), help_text=_("So many failures are its end.")
    )
    request_id = models.CharField(
        _("request"),
        max_length=origin.ID_MAX,
        blank=True,
        default="",
        db_default="",  # a program of the version before knows nothing of it
        help_text=_("Of the request that launched it, as the log has it."),
    )

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        constraints = [
            models.UniqueConstraint(
                fields=["job", "key"],
                condition=ACTIVE,
                name="tasks_task_active_key",
            ),
        ]
        indexes = [
            # For the sweeper. Not partial: SQLite would not use it for a state in a parameter.
            models.Index(fields=["state", "background", "created_at"], name="tasks_task_by_state"),
            models.Index(fields=["owner", "created_at"], name="tasks_task_by_owner"),
            models.Index(fields=["job", "key"], name="tasks_task_by_key"),
            # What ended lately, among all that ever did.
            models.Index(
                fields=["ended_at"],
                condition=Q(ended_at__isnull=False),
                name="tasks_task_by_end",
            ),
            # For the board: how many ended how, and the list of all.
            models.Index(
                fields=["state", "ended_at"],
                condition=Q(ended_at__isnull=False),
                name="tasks_task_by_outcome",
            ),
            models.Index(fields=["created_at"], name="tasks_task_by_creation"),
        ]

    def __str__(self):
        return f"{self.job} {self.key}"

    @property
    def is_active(self) -> bool:
        return self.state in {State.QUEUED, State.RUNNING}

    @property
    def position(self) -> int | None:
        """Its place in the queue, from 1; None where it does not wait, or was not asked for."""
        ahead = getattr(self, "ahead", None)
        return None if ahead is None else ahead + 1

    @property
    def description(self):
        """What is being done, in the reader's language."""
        return get_job(self.job).description

    @property
    def phase_label(self):
        """What is being done, or why nothing is, in the reader's language. (That it is paused is
        known of those of `with_standing()`.)"""
        if getattr(self, "is_paused", False):
            return _("Waiting: paused by the operators.")
        return get_job(self.job).phases.get(self.phase, "")

    @property
    def reason_label(self):
        """Why it failed, also when it is to be tried again, in the reader's language; or ""."""
        if self.state != State.FAILED and not self.reason:
            return ""
        for_now = REASONS_FOR_NOW if self.is_active else {}
        reasons = COMMON_REASONS | for_now | get_job(self.job).reasons
        return reasons.get(self.reason, reasons[CRASHED])

    @property
    def result_url(self) -> str:
        return get_job(self.job).url("result", self)

    @property
    def cancel_url(self) -> str:
        """Where to POST in order to cancel it; "" when it can't be."""
        can_be = self.is_active and not self.delivering
        return get_job(self.job).url("cancel", self) if can_be else ""

    @property
    def retry_url(self) -> str:
        """Where to POST in order to try it again; "" when there is no need."""
        return get_job(self.job).url("retry", self) if self.ended_badly else ""

    @property
    def ended_badly(self) -> bool:
        return self.state in {State.FAILED, State.CANCELLED}

    def retry(self) -> "Task":
        """Let a new task do what this one did not, and return it. Raises Refused."""
        retry = get_job(self.job).retry
        if not retry or not self.ended_badly:
            raise Refused(_("This task can't be tried again."))
        return retry(self)

    @property
    def is_interrupted(self) -> bool:
        """Whether its worker fell silent, or was stopped, and another one has to go on. (That it
        fell silent is known of those of `with_standing()`.)"""
        if self.state == State.RUNNING:
            return bool(getattr(self, "is_abandoned", False))
        return self.state == State.QUEUED and self.attempt > 0 and not self.reason

    @property
    def retry_at(self):
        """When it is tried again after a failure, while it waits for that; else None."""
        return self.not_before if self.state == State.QUEUED and self.reason else None

    @property
    def progress(self) -> int:
        """Percent done. 100 is said of success and of nothing else."""
        if self.state == State.SUCCEEDED:
            return 100
        return min(99, self.done * 100 // self.total) if self.total else 0

    @property
    def rate(self) -> float | None:
        """How many are done a second, at the pace of this attempt; None where it has none."""
        if self.state != State.RUNNING or not self.done:
            return None
        elapsed = (self.checkpointed_at - self.claimed_at).total_seconds()
        return round(self.done / elapsed, 1) if elapsed else None

    @property
    def eta_seconds(self) -> int | None:
        """Seconds until all is done, at the pace of this attempt; None where it has none."""
        if not self.total or not self.rate:
            return None
        return max(0, round((self.total - self.done) / self.rate))

    @property
    def eta_minutes(self) -> int:
        """`eta_seconds` in whole minutes, for people; 0 for less than one."""
        return round((self.eta_seconds or 0) / 60)

    def to_dict(self) -> dict:
        """What `/alerts/` says of it to its owner."""
        return {
            "id": str(self.pk),
            "job": self.job,
            "description": str(self.description),
            "state": self.state,
            "phase": str(self.phase_label),
            "progress": self.progress,
            "done": self.done,
            "total": self.total,
            "rate": self.rate,
            "eta_seconds": self.eta_seconds,
            "position": self.position,
            "interrupted": self.is_interrupted,
            "retry_at": self.retry_at and self.retry_at.isoformat(),
            "error": str(self.reason_label) or None,
        }


class Attempt(models.Model):
    """One claim of a task by one worker. None is ever deleted before its task."""

    class Outcome(models.TextChoices):
        RUNNING = "running", pgettext_lazy("attempt", "Running")
        SUCCEEDED = "succeeded", pgettext_lazy("attempt", "Succeeded")
        FAILED = "failed", pgettext_lazy("attempt", "Failed")
        LOST = "lost", pgettext_lazy("attempt", "Lost: its worker fell silent")
        STOPPED = "stopped", pgettext_lazy("attempt", "Given back: its workers were stopped")
        CANCELLED = "cancelled", pgettext_lazy("attempt", "Cancelled")

    task = models.ForeignKey(
        Task, on_delete=models.CASCADE, related_name="attempts", verbose_name=_("task")
    )
    number = models.PositiveIntegerField(_("number"))
    worker = models.CharField(_("worker"), max_length=200, help_text=_("Host and process."))
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    outcome = models.CharField(
        _("outcome"), max_length=10, choices=Outcome, default=Outcome.RUNNING
    )
    cluster = models.CharField(_("cluster"), max_length=32, blank=True)
    resends = models.PositiveIntegerField(
        _("resends"),
        default=0,
        help_text=_("Deliveries repeated because a crash hid whether they had happened."),
    )
    traceback = models.TextField(_("traceback"), blank=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["task", "number"], name="tasks_attempt_number"),
        ]
        indexes = [
            models.Index(
                fields=["ended_at"],
                condition=Q(ended_at__isnull=False),
                name="tasks_attempt_by_end",
            ),
            # For the board: those few that were not the first of their task.
            models.Index(
                fields=["started_at"], condition=Q(number__gt=1), name="tasks_attempt_again"
            ),
        ]

    def __str__(self):
        return f"#{self.number}"


class ClusterQuerySet(models.QuerySet):
    def live(self):
        """Those that gave a sign of life lately."""
        return self.filter(seen_at__gte=Now() - LIVE_FOR)

    def to_forget(self):
        """Those that nobody waits for any more."""
        return self.filter(seen_at__lt=Now() - DEAD_KEPT_FOR)


class Cluster(models.Model):
    """A worker cluster, by the signs of life that it gives itself every few seconds; see
    `heartbeat`. Its supervisor removes the row when it ends it; one whose host is lost stays a
    while."""

    id = models.CharField(
        primary_key=True, max_length=32, help_text=_("As in the attempts of its workers.")
    )
    host = models.CharField(_("host"), max_length=200)
    pid = models.PositiveIntegerField(
        _("process"), help_text=_("Of its supervisor, to whom to say that it is to stop.")
    )
    workers = models.PositiveIntegerField(_("workers"))
    started_at = models.DateTimeField(_("started"))
    seen_at = models.DateTimeField(_("last sign of life"))
    swept_at = models.DateTimeField(_("last sweep"), null=True, blank=True)

    objects = ClusterQuerySet.as_manager()

    class Meta:
        verbose_name = _("cluster")
        verbose_name_plural = _("clusters")

    def __str__(self):
        return f"{self.host}:{self.pid}"


class Tally(models.Model):
    """The one row with what has been counted so far; see `tally`."""

    until = models.DateTimeField()
    counts = models.JSONField(default=dict)
    rerung = models.BigIntegerField(default=0)
    fenced = models.BigIntegerField(default=0)

    def __str__(self):
        return f"until {self.until}"
