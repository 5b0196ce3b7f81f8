"""Who has tried a task, and how that went."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .tasks import Task


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
