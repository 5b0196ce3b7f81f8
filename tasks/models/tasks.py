"""What there is to do, who does it, how far it is, how it ended."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tasks import origin
from tasks.registry import COMMON_REASONS, CRASHED, REASONS_FOR_NOW, Refused, get_job

from .managers import TaskQuerySet
from .states import ACTIVE, State


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
    def quarter(self) -> int:
        """Percent done, as it is read out: 0, 25, 50, 75 or 100."""
        return self.progress // 25 * 25

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
