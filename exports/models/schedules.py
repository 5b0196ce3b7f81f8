"""What comes by itself."""

import logging
from calendar import monthrange
from datetime import timedelta
from itertools import count

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Notification
from exports import contents
from exports.formats import PostsJson
from exports.refusals import NotNow
from tasks.models import Task

from .exports import Export
from .managers import JOB

logger = logging.getLogger(__name__)

CHUNK = 100  # schedules read at once
IGNORED_MOST = 3  # exports that nobody fetches, before no more are made


class ScheduleQuerySet(models.QuerySet):
    def due(self):
        """Those whose time has come: not of people who are no more, nor while an export of theirs
        is under way."""
        active = Task.objects.active().filter(job=JOB, owner=OuterRef("owner"))
        now = timezone.now()
        return self.filter(~Exists(active), next_at__lte=now, paused_at=None, owner__is_active=True)


class ScheduleManager(models.Manager.from_queryset(ScheduleQuerySet)):
    @transaction.atomic
    def plan(self, owner, **choices):
        """Have exports of `choices` (every, contents, attach) made for `owner` from now on, in
        place of what was planned before."""
        defaults = choices | {"next_at": timezone.now()}
        schedule, created = self.select_for_update().get_or_create(owner=owner, defaults=defaults)
        anew = created or schedule.paused_at or schedule.every != choices["every"]
        for name, value in choices.items():
            setattr(schedule, name, value)
        if anew:
            schedule.begin()
        schedule.save()
        return schedule

    def start_due(self) -> int:
        """Start the exports that are due, in the background, or pause where nobody fetches them.
        What can't start now stays due. How many were started."""
        due = self.due().select_related("owner").order_by("pk")
        started, last = 0, 0
        while found := list(due.filter(pk__gt=last)[:CHUNK]):
            started += sum(schedule.run_if_it_can() for schedule in found)
            last = found[-1].pk
        return started


class Schedule(models.Model):
    """The exports that a person gets without asking each time: each period after it began."""

    class Every(models.TextChoices):
        WEEK = "week", _("Every week")
        MONTH = "month", _("Every month")

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="export_schedule",
        verbose_name=_("owner"),
    )
    every = models.CharField(_("how often"), max_length=10, choices=Every)
    contents = models.CharField(
        _("contents"), max_length=30, choices=contents.choices, default=PostsJson.name
    )
    attach = models.BooleanField(
        _("attach it"), default=True, help_text=_("To its mail, where it is not too large.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)  # or begun anew
    next_at = models.DateTimeField(_("next"))
    paused_at = models.DateTimeField(
        _("paused"), null=True, help_text=_("Since when nobody fetched what it made.")
    )

    objects = ScheduleManager()

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        indexes = [models.Index(fields=["next_at"], name="exports_schedule_by_next")]

    def __str__(self):
        return f"{self.owner_id} {self.every}"

    def begin(self):
        """Count from now: the periods, and what nobody fetches. Not saved yet."""
        self.created_at, self.paused_at = timezone.now(), None
        self.next_at = self.following(self.created_at)

    def resume(self):
        """End a pause."""
        self.begin()
        self.save(update_fields=["created_at", "paused_at", "next_at"])

    def following(self, moment):
        """The first of its times that is later than `moment`. They are whole periods after its
        beginning, at the same time of the day where its owner is; in a month without that day, on
        the last one."""
        zone = self.owner.zone
        begun, then = self.created_at.astimezone(zone), moment.astimezone(zone)
        weeks = (then - begun).days // 7
        months = 12 * (then.year - begun.year) + then.month - begun.month
        periods = weeks if self.every == self.Every.WEEK else months
        times = (self._time(begun, number) for number in count(max(1, periods)))
        return next(time for time in times if time > moment)

    def _time(self, begun, number):
        """So many periods after the local time `begun`."""
        if self.every == self.Every.WEEK:
            return begun + timedelta(weeks=number)
        years, month = divmod(begun.month - 1 + number, 12)
        year, month = begun.year + years, month + 1
        day = min(begun.day, monthrange(year, month)[1])
        return begun.replace(year=year, month=month, day=day)

    @property
    def is_due(self) -> bool:
        return self.next_at <= timezone.now()

    @property
    def is_ignored(self) -> bool:
        """Whether nobody has fetched any of the last ones that it made since it began."""
        made = self.owner.exports.made_by(self).order_by("-created_at")
        last = list(made.values_list("pk", flat=True)[:IGNORED_MOST])
        reached = Export.objects.filter(pk__in=last).reached()
        return len(last) == IGNORED_MOST and not reached.exists()

    def run_if_it_can(self) -> bool:
        """As `run()`; what is wrong with this one holds up no other."""
        try:
            return self.run()
        except Exception:
            logger.exception("The regular export of the person %s could not begin.", self.owner_id)
            return False

    def run(self) -> bool:
        """Start the export that is due, unless it can't be now, or another one has done so; or
        pause. Whether it was started."""
        try:
            if self.is_ignored:
                return self._pause()
            choices = {"contents": self.contents, "attach": self.attach, "scheduled": True}
            Export(owner=self.owner, **choices).ensure_room()
            return self._start(choices)
        except NotNow:
            return False

    @transaction.atomic
    def _start(self, choices):
        if not self._change(next_at=self.following(timezone.now())):
            return False
        if not Export.objects.launch(self.owner, **choices)[1]:
            raise NotNow  # another one has begun meanwhile
        return True

    @transaction.atomic
    def _pause(self):
        if self._change(paused_at=timezone.now()):
            told = {"kind": Notification.Kind.EXPORTS_PAUSED, "url": reverse("exports:list")}
            self.owner.notifications.filter(**told).delete()  # of the pause before this one
            Notification.objects.tell(self.owner, **told)
        return False

    def _change(self, **changes):
        """Write to the row while it is as it was read. How many rows that were: one, or none."""
        as_read = Schedule.objects.filter(pk=self.pk, next_at=self.next_at, paused_at=None)
        return as_read.update(**changes)
