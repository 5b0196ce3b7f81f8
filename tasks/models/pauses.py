"""What the operators let nobody begin."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

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
