from datetime import timedelta

import pytest
from django.utils import timezone

from tasks import lifecycle
from tasks.models import EVERY_JOB, Pause, State, Task

from .test_lifecycle import COUNT, REFUSE, nobody_rang, silent_for_ever, task

pytestmark = pytest.mark.django_db
__all__ = ["task"]  # a fixture


@pytest.fixture(params=[COUNT, EVERY_JOB], ids=["its job", "every job"])
def paused(request, task, bob):
    """What is paused, so that the task is."""
    assert Pause.objects.begin(request.param, bob)
    return request.param


def test_nobody_claims_what_is_paused(task, paused):
    assert lifecycle.claim(COUNT, task.pk) is None
    assert not task.attempts.exists()


def test_it_can_be_claimed_when_the_pause_has_ended(task, paused):
    assert Pause.objects.end(paused)
    assert lifecycle.claim(COUNT, task.pk)


def test_a_claim_is_one_statement_all_the_same(task, django_assert_num_queries):
    with django_assert_num_queries(4):  # with the attempt, and a savepoint where a transaction is
        assert lifecycle.claim(COUNT, task.pk)


def test_other_jobs_go_on(task, bob):
    Pause.objects.begin(REFUSE, bob)
    assert lifecycle.claim(COUNT, task.pk)


def test_what_runs_goes_on_and_ends(task, bob):
    claimed = lifecycle.claim(COUNT, task.pk)
    Pause.objects.begin(EVERY_JOB, bob)
    lifecycle.checkpoint(claimed, done=1)
    lifecycle.succeed(claimed)
    assert Task.objects.get().state == State.SUCCEEDED


def test_what_a_dead_worker_left_waits_for_the_end_of_the_pause(task, bob):
    lifecycle.claim(COUNT, task.pk)
    Pause.objects.begin(COUNT, bob)
    silent_for_ever(task)
    assert lifecycle.claim(COUNT, task.pk) is None
    assert Task.objects.with_standing().get().is_paused
    Pause.objects.end(COUNT)
    assert lifecycle.claim(COUNT, task.pk)


def test_what_is_paused_can_be_cancelled(task, paused):
    assert lifecycle.cancel(task)


def test_the_sweeper_rings_when_the_pause_has_ended_and_not_before(task, paused, rung, quiet_redis):
    nobody_rang()
    assert lifecycle.sweep() == 0
    Pause.objects.end(paused)
    assert lifecycle.sweep() == 1
    assert rung == [(COUNT, task.pk)]


def test_the_sweeper_asks_no_more_than_without_pauses(
    task, paused, rung, quiet_redis, django_assert_num_queries
):
    nobody_rang()
    with django_assert_num_queries(3):  # the hopeless, people's, the background
        lifecycle.sweep()


def test_its_owner_is_told(task, paused):
    paused = Task.objects.with_standing().get()
    assert paused.phase_label == "Waiting: paused by the operators."
    assert paused.to_dict()["phase"] == "Waiting: paused by the operators."


def test_what_is_not_paused_says_nothing_of_it(task):
    assert Task.objects.with_standing().get().phase_label == ""


def test_what_is_paused_takes_no_place_in_the_queue(task, bob):
    Task.objects.update(created_at=timezone.now() - timedelta(minutes=1))
    later = lifecycle.launch(REFUSE, key="2")[0]
    standing = Task.objects.with_standing()
    assert standing.get(pk=later.pk).position == 2
    Pause.objects.begin(COUNT, bob)
    assert standing.get(pk=later.pk).position == 1


def test_the_second_pause_and_the_second_end_find_nothing_to_do(bob, alice):
    assert Pause.objects.begin(COUNT, bob)
    assert not Pause.objects.begin(COUNT, alice)
    assert Pause.objects.get().by == bob
    assert Pause.objects.end(COUNT)
    assert not Pause.objects.end(COUNT)


def test_it_outlives_who_began_it(task, paused, bob):
    bob.delete()
    assert Pause.objects.get().by is None
    assert lifecycle.claim(COUNT, task.pk) is None
