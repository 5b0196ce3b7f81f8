"""Which tasks there are of a kind."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Case, Count, Exists, OuterRef, Q, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, Now

from tasks import registry

from .pauses import paused
from .states import ABANDONED, ACTIVE, DUE, EXHAUSTED, State

ALERTS_FOR = timedelta(hours=24)
UNDECLARED_FOR = timedelta(days=1)  # longer than the workers of two versions run side by side


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
        earlier = self.model.objects.filter(
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
        newer = self.model.objects.filter(
            job=OuterRef("job"), key=OuterRef("key"), created_at__gt=OuterRef("created_at")
        )
        return self.annotate(has_newer=Exists(newer))

    def to_forget(self):
        """What ended so long ago that nobody asks for it any more."""
        nobodys = Q(owner=None, ended_at__lt=_days_ago(settings.KEEP_TASKS_DAYS))
        owned = Q(owner__isnull=False, ended_at__lt=_days_ago(settings.KEEP_OWNED_TASKS_DAYS))
        least = min(settings.KEEP_TASKS_DAYS, settings.KEEP_OWNED_TASKS_DAYS)  # for the index
        return self.filter(nobodys | owned, ended_at__lt=_days_ago(least))

    def mark_seen(self):
        """Their owner has opened or dismissed those of them that have ended."""
        self.filter(ended_at__isnull=False, seen_at=None).update(seen_at=Now())


def _days_ago(days):
    return Now() - timedelta(days=days)
