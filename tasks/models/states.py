"""The states of tasks, and the conditions that are made of them."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import pgettext_lazy


class State(models.TextChoices):
    QUEUED = "queued", pgettext_lazy("task", "Waiting")
    RUNNING = "running", pgettext_lazy("task", "Running")
    SUCCEEDED = "succeeded", pgettext_lazy("task", "Done")
    FAILED = "failed", pgettext_lazy("task", "Failed")
    CANCELLED = "cancelled", pgettext_lazy("task", "Cancelled")


ENDED = State.SUCCEEDED, State.FAILED, State.CANCELLED
ACTIVE = Q(state__in=[State.QUEUED, State.RUNNING])
DUE = Q(not_before=None) | Q(not_before__lte=Now())
ABANDONED = Q(state=State.RUNNING, lease_until__lt=Now())
EXHAUSTED = Q(failures__gte=F("max_attempts") - 1)
