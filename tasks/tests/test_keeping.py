from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import Failure

from tasks import keeping, lifecycle
from tasks.models import Attempt, Cluster, Task

from .test_lifecycle import COUNT

pytestmark = pytest.mark.django_db


def ended(days, **fields):
    """A task that ended so many days ago."""
    task, _ = lifecycle.launch(COUNT, key=str(days), **fields)
    lifecycle.succeed(lifecycle.claim(COUNT, task.pk))
    Task.objects.filter(pk=task.pk).update(ended_at=timezone.now() - timedelta(days=days))
    return task


def tidy():
    return len(list(keeping.tidy()))


def test_what_nobody_owns_is_kept_a_month(bob):
    ended(31)
    kept = ended(29)
    assert tidy() == 1
    assert Task.objects.get() == kept
    assert Attempt.objects.get().task == kept


def test_what_somebody_owns_is_kept_a_quarter(bob):
    ended(91, owner=bob)
    kept = ended(89, owner=bob)
    tidy()
    assert Task.objects.get() == kept


def test_operators_say_for_how_long(bob, settings):
    settings.KEEP_TASKS_DAYS, settings.KEEP_OWNED_TASKS_DAYS = 100, 40
    kept = ended(99)
    ended(41, owner=bob)
    tidy()
    assert Task.objects.get() == kept


def test_what_crashed_past_the_engine_is_kept_a_month():
    for days in (29, 31):
        moment = timezone.now() - timedelta(days=days)
        times = {"started": moment, "stopped": moment}
        Failure.objects.create(id=str(days), name="", func="f", success=False, **times)
    assert tidy() == 1
    assert Failure.objects.get().pk == "29"
    assert tidy() == 0


def test_what_has_not_ended_is_kept():
    lifecycle.launch(COUNT, key="1")
    Task.objects.update(created_at=timezone.now() - timedelta(days=1000))
    assert tidy() == 0
    assert Task.objects.exists()


def test_it_goes_in_steps(monkeypatch):
    monkeypatch.setattr(keeping, "CHUNK", 2)
    for days in range(40, 45):
        ended(days)
    assert tidy() == 3
    assert not Task.objects.exists()


def test_clusters_that_were_lost_are_kept_a_day():
    lost = {"host": "here", "pid": 1, "workers": 2, "started_at": timezone.now()}
    for hours in (1, 25):
        seen = timezone.now() - timedelta(hours=hours)
        Cluster.objects.create(pk=f"{hours} h ago", seen_at=seen, **lost)
    tidy()
    assert Cluster.objects.get().pk == "1 h ago"
