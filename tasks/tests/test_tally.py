from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from tasks import lifecycle, tally
from tasks.models import Attempt, Tally, Task

from . import jobs_for_tests
from .test_lifecycle import COUNT, LOSE, silent_for_ever

pytestmark = pytest.mark.usefixtures("asked_before")

WAITED = [f"{bound}" for bound in tally.SECONDS]


def launched(key="1", job=COUNT, **fields):
    task, _ = lifecycle.launch(job, key=key)
    Task.objects.filter(pk=task.pk).update(**fields)
    return task


def counts():
    return tally.count_up().counts


def test_what_has_ended_is_counted_once(at_once):
    for key in "ab":
        lifecycle.succeed(lifecycle.claim(COUNT, launched(key).pk))
    lifecycle.cancel(launched("c"))
    for _ in range(2):
        told = counts()
        assert told[f"ended {COUNT} succeeded"] == 2
        assert told[f"ended {COUNT} cancelled"] == 1
        assert told[f"attempts {COUNT} succeeded"] == 2
        assert f"attempts {COUNT} cancelled" not in told  # it had none


def test_counts_outlive_the_rows(at_once, alice):
    task = launched()
    lifecycle.succeed(lifecycle.claim(COUNT, task.pk))
    counts()
    task.delete()
    assert counts()[f"ended {COUNT} succeeded"] == 1


def test_what_ended_just_now_is_left_for_later():
    """Another one that ended before it may not be committed yet."""
    lifecycle.succeed(lifecycle.claim(COUNT, launched().pk))
    assert counts() == {}
    Task.objects.update(ended_at=timezone.now() - timedelta(seconds=31))
    assert counts() == {f"ended {COUNT} succeeded": 1}


def test_of_two_who_ask_at_once_one_counts(at_once, monkeypatch):
    lifecycle.succeed(lifecycle.claim(COUNT, launched().pk))
    counting, others = tally._count_attempts, []

    def another_is_faster(since, until):
        if not others:
            others.append(None)
            others.append(counts())
        return counting(since, until)

    monkeypatch.setattr(tally, "_count_attempts", another_is_faster)
    counts()
    assert others[1][f"ended {COUNT} succeeded"] == 1
    assert counts()[f"ended {COUNT} succeeded"] == 1


def test_who_has_not_asked_for_long_does_not_wait_for_all_that_time(at_once, asked_before):
    Tally.objects.update(until=timezone.now() - timedelta(days=3))
    task = launched()
    lifecycle.succeed(lifecycle.claim(COUNT, task.pk))
    Task.objects.update(ended_at=timezone.now() - timedelta(minutes=11))
    assert f"ended {COUNT} succeeded" not in counts()


def test_who_asks_first_begins_to_count(asked_before):
    asked_before.delete()
    assert counts() == {}
    assert Tally.objects.get().until <= timezone.now()


def test_a_task_taken_over_is_counted_and_one_given_up_is_not(at_once):
    taken_over, given_up = launched("a"), launched("b", max_attempts=1)
    for task in (taken_over, given_up):
        lifecycle.claim(COUNT, task.pk)
        silent_for_ever(task)
    lifecycle.claim(COUNT, taken_over.pk)
    lifecycle.sweep()
    told = counts()
    assert told[f"attempts {COUNT} lost"] == 2
    assert told["reclaimed"] == 1


def test_mails_that_nobody_knows_of_are_counted(at_once):
    task = launched(job=LOSE)
    claimed = lifecycle.claim(LOSE, task.pk)
    assert lifecycle.count_resend(claimed)
    lifecycle.fail(claimed, "mail_unknown")
    told = counts()
    assert (told["mails_resent"], told["mails_undecided"]) == (1, 1)


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0.05, "0.1"), (0.1, "0.1"), (7, "10"), (4000, "inf"), (-3, "0.1")]
)
def test_a_wait_is_in_one_bucket_and_in_the_sum(at_once, seconds, bucket):
    lifecycle.succeed(lifecycle.claim(COUNT, launched().pk))
    made = Attempt.objects.get().started_at - timedelta(seconds=seconds)
    Task.objects.update(created_at=made)
    told = counts()
    assert {each: told.get(f"wait false {each}", 0) for each in WAITED} == {
        each: int(each == bucket) for each in WAITED
    }
    assert told.get("wait false sum", 0) == pytest.approx(max(0, seconds))


def test_in_the_background_it_waits_from_when_it_is_due(at_once):
    now = timezone.now()
    task = launched(
        background=True,
        created_at=now - timedelta(hours=2),
        not_before=now - timedelta(seconds=20),
    )
    lifecycle.succeed(lifecycle.claim(COUNT, task.pk))
    assert counts()["wait true 30"] == 1


def test_nobody_knows_the_wait_of_one_in_the_background_that_was_put_off_since(at_once):
    task = launched(background=True)
    lifecycle.retry(lifecycle.claim(COUNT, task.pk), "crashed")
    told = counts()
    assert told[f"attempts {COUNT} failed"] == 1
    assert not any(key.startswith("wait") for key in told)


def test_only_the_first_attempt_has_waited(at_once):
    task = launched()
    lifecycle.retry(lifecycle.claim(COUNT, task.pk), "crashed")
    Task.objects.update(not_before=None)
    lifecycle.succeed(lifecycle.claim(COUNT, task.pk))
    told = counts()
    assert sum(told.get(f"wait false {each}", 0) for each in WAITED) == 1
    assert sum(told.get(f"duration {COUNT} {each}", 0) for each in WAITED) == 1


def test_what_leaves_no_row_is_added_when_it_happens(asked_before):
    asked_before.delete()
    tally.add(fenced=1)
    tally.add(fenced=1, rerung=5)
    told = tally.count_up()
    assert (told.fenced, told.rerung) == (2, 5)


def test_what_cannot_be_counted_is_no_error(monkeypatch, caplog):
    def fail(**asked):
        raise OperationalError("gone")

    monkeypatch.setattr(Tally.objects, "filter", fail)
    tally.add(fenced=1)
    assert "Not counted: {'fenced': 1} (gone)." in caplog.text


def test_an_attempt_that_is_stopped_is_counted(monkeypatch):
    claim = lifecycle.claim

    def claim_what_is_cancelled_then(job, pk):
        task = claim(job, pk)
        lifecycle.cancel(task)
        return task

    monkeypatch.setattr(lifecycle, "claim", claim_what_is_cancelled_then)
    jobs_for_tests.count(str(launched().pk))
    assert tally.count_up().fenced == 1
