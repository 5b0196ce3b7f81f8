import uuid
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from tasks.models import State, Task

from .jobs_for_tests import count

COUNT = f"{count.__module__}.count"
NOW = timezone.now()
LATER = NOW + timedelta(hours=1)


def task(**fields):
    return Task(**{"job": COUNT, "key": "k", "max_attempts": 5} | fields)


@pytest.mark.parametrize(
    ("fields", "percent"),
    [
        ({"state": State.QUEUED}, 0),
        ({"state": State.RUNNING, "total": None}, 0),
        ({"state": State.RUNNING, "done": 1, "total": 3}, 33),
        ({"state": State.RUNNING, "done": 3, "total": 3}, 99),
        ({"state": State.FAILED, "done": 3, "total": 3}, 99),
        ({"state": State.SUCCEEDED, "done": 0, "total": 0}, 100),
    ],
)
def test_100_percent_is_said_of_success_only(fields, percent):
    assert task(**fields).progress == percent


def test_the_rest_takes_as_long_as_the_pace_so_far_says():
    running = task(
        state=State.RUNNING,
        done=25,
        total=100,
        claimed_at=NOW,
        checkpointed_at=NOW + timedelta(seconds=10),
    )
    assert running.eta_seconds == 30
    running.done = 0
    assert running.eta_seconds is None


def test_what_the_owner_reads_is_in_words():
    said = task(state=State.FAILED, reason="worker_lost", done=1, total=2).to_dict()
    assert said["description"] == "Counting"
    assert said["error"].startswith("It was interrupted")


def test_a_job_that_nobody_declares_any_more_goes_by_its_name():
    gone = Task(job="some.old.job", key="k", state=State.FAILED, reason="some_old_reason")
    with translation.override("es"):
        assert gone.to_dict()["description"] == "some.old.job"
    assert "our side" in gone.to_dict()["error"]


def test_an_owner_is_shown_what_is_active_or_ended_lately_and_not_yet_seen(alice, bob):
    shown = [
        task(owner=alice, state=State.QUEUED, key="1"),
        task(owner=alice, state=State.RUNNING, key="2"),
        task(owner=alice, state=State.FAILED, ended_at=NOW),
    ]
    hidden = [
        task(owner=alice, state=State.SUCCEEDED, ended_at=NOW - timedelta(hours=25)),
        task(owner=alice, state=State.SUCCEEDED, ended_at=NOW, seen_at=NOW),
        task(owner=bob, state=State.QUEUED, key="3"),
    ]
    Task.objects.bulk_create(shown + hidden)
    assert list(alice.tasks.to_show()) == shown


def test_only_what_has_ended_is_marked_as_seen(alice):
    running = task(owner=alice, state=State.RUNNING)
    failed = task(owner=alice, state=State.FAILED, ended_at=NOW)
    Task.objects.bulk_create([running, failed])
    alice.tasks.all().mark_seen()
    assert list(alice.tasks.to_show()) == [running]


def test_the_place_in_the_queue_is_told_to_who_waits(alice, bob):
    Task.objects.bulk_create(
        [
            task(owner=bob, key="1", created_at=NOW - timedelta(seconds=3)),
            task(owner=bob, key="2", created_at=NOW - timedelta(seconds=2), state=State.CANCELLED),
            task(owner=bob, key="5", created_at=NOW - timedelta(seconds=2), background=True),
            task(owner=bob, key="6", created_at=NOW - timedelta(seconds=2), not_before=LATER),
            task(owner=alice, key="3", created_at=NOW),
            task(owner=alice, key="4", created_at=NOW, state=State.FAILED, ended_at=NOW),
        ]
    )
    assert sorted(str(each.position) for each in alice.tasks.to_show()) == ["2", "None"]


def test_what_lost_its_worker_is_interrupted(db):
    now, moment = timezone.now(), timedelta(seconds=1)
    Task.objects.bulk_create(
        [
            task(state=State.RUNNING, key="at work", lease_until=now + 60 * moment),
            task(state=State.RUNNING, key="silent", lease_until=now - moment),
        ]
    )
    interrupted = {each.key: each.is_interrupted for each in Task.objects.with_standing()}
    assert interrupted == {"at work": False, "silent": True}
    assert task(state=State.QUEUED, attempt=1).is_interrupted
    assert not task(state=State.QUEUED).is_interrupted
    assert not task(state=State.QUEUED, attempt=1, reason="crashed", not_before=now).is_interrupted


def test_a_task_is_deleted_with_its_owner(alice):
    Task.objects.bulk_create([task(owner=alice, id=uuid.uuid4())])
    alice.delete()
    assert not Task.objects.exists()
