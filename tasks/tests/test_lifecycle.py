import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tasks import lifecycle, registry
from tasks.models import Attempt, State, Task
from tasks.pulse import Pulse

from . import jobs_for_tests
from .jobs_for_tests import come_back, count, refuse

COUNT = f"{count.__module__}.count"
REFUSE = f"{refuse.__module__}.refuse"
COME_BACK = f"{come_back.__module__}.come_back"
LOSE = f"{jobs_for_tests.__name__}.lose"

pytestmark = pytest.mark.django_db


@pytest.fixture
def task():
    return lifecycle.launch(COUNT, key="1")[0]


def silent_for_ever(task):
    """Let the worker of `task` be one that has not extended its lease."""
    Task.objects.filter(pk=task.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def nobody_rang():
    """As after a crash between a commit and the bell, and some time."""
    Task.objects.update(dispatched_at=timezone.now() - timedelta(minutes=1))


class TestLaunch:
    def test_it_works(self, alice):
        task, created = lifecycle.launch(COUNT, key="1", owner=alice, args={"a": 1})
        assert created
        task.refresh_from_db()
        assert (task.state, task.owner, task.args, task.attempt) == ("queued", alice, {"a": 1}, 0)

    def test_the_second_gets_the_first_while_it_is_active(self, task):
        assert lifecycle.launch(COUNT, key="1") == (task, False)
        lifecycle.claim(COUNT, task.pk)
        assert lifecycle.launch(COUNT, key="1") == (task, False)

    def test_another_key_and_another_job_are_other_work(self, task):
        assert lifecycle.launch(COUNT, key="2")[1]
        assert lifecycle.launch(REFUSE, key="1")[1]

    def test_what_has_ended_does_not_stand_in_the_way(self, task):
        lifecycle.succeed(lifecycle.claim(COUNT, task.pk))
        assert lifecycle.launch(COUNT, key="1")[1]

    def test_a_job_that_nobody_declares_is_refused(self):
        with pytest.raises(LookupError, match="nowhere.to.be.found"):
            lifecycle.launch("nowhere.to.be.found", key="1")
        assert not Task.objects.exists()

    def test_what_the_database_refuses_is_an_error(self):
        with pytest.raises(IntegrityError), transaction.atomic():
            lifecycle.launch(COUNT, key=None)

    def test_a_full_queue_gets_no_more(self, rung, monkeypatch, django_capture_on_commit_callbacks):
        monkeypatch.setattr(lifecycle.Doorbell, "queue_size", lambda doorbell: 1_000)
        with django_capture_on_commit_callbacks(execute=True):
            lifecycle.launch(COUNT, key="1")
        assert not rung

    def test_workers_are_told_after_the_commit(
        self, rung, quiet_redis, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks() as callbacks:
            task, _ = lifecycle.launch(COUNT, key="1")
            assert not rung
        assert len(callbacks) == 1
        callbacks[0]()
        assert rung == [(COUNT, task.pk)]
        task.refresh_from_db()
        assert task.dispatched_at

    def test_redis_away_is_no_error(self, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            task, created = lifecycle.launch(COUNT, key="1")
        assert created
        assert Task.objects.get() == task


class TestLaunchSpread:
    def test_who_else_launches_the_same_is_no_error(self, task, monkeypatch):
        monkeypatch.setattr(lifecycle.Task.objects, "filter", lambda **asked: Task.objects.none())
        lifecycle.launch_spread(COUNT, {"1": {}, "2": {}}, after=0, pace=1)
        monkeypatch.undo()
        assert set(Task.objects.values_list("key", flat=True)) == {"1", "2"}
        assert Task.objects.count() == 2

    def test_what_is_due_at_once_waits_for_no_moment(self):
        """SQLite tells milliseconds: a moment of this one would begin with the next."""
        lifecycle.launch_spread(COUNT, {"1": {}, "2": {}}, after=0, pace=1)
        moments = dict(Task.objects.values_list("key", "not_before"))
        assert moments["1"] is None
        assert moments["2"] > timezone.now()


class TestLaunchDue:
    @pytest.fixture
    def task(self):
        """The one that comes back."""
        lifecycle.launch_due()
        return Task.objects.get()

    def later(self, **passed):
        Task.objects.update(created_at=timezone.now() - timedelta(**passed))

    def test_it_is_nobody_s_and_in_the_background(self, task):
        assert (task.job, task.owner, task.background) == (COME_BACK, None, True)

    def test_the_sweeper_rings_for_it(self, task, rung, quiet_redis):
        assert lifecycle.sweep() == 1
        assert rung == [(COME_BACK, task.pk)]

    def test_another_comes_when_its_time_is_over_and_not_before(self, task):
        lifecycle.succeed(lifecycle.claim(COME_BACK, task.pk))
        self.later(minutes=59)
        lifecycle.launch_due()
        assert Task.objects.count() == 1
        self.later(minutes=61)
        lifecycle.launch_due()
        assert Task.objects.count() == 2

    def test_none_comes_while_the_one_before_is_active(self, task):
        self.later(hours=5)
        lifecycle.launch_due()
        assert Task.objects.get() == task

    @pytest.mark.parametrize("never", [None, timedelta()])
    def test_of_other_jobs_none_comes(self, monkeypatch, never):
        recurring = registry.get_job(COME_BACK)
        monkeypatch.setitem(registry._jobs, COME_BACK, replace(recurring, every=never))
        lifecycle.launch_due()
        assert not Task.objects.exists()

    def test_it_needs_one_query_when_nothing_is_due(self, task, django_assert_num_queries):
        with django_assert_num_queries(1):
            lifecycle.launch_due()


class TestInTheBackground:
    def test_the_sweeper_rings_and_nobody_else(
        self, rung, quiet_redis, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            task, created = lifecycle.launch(COUNT, key="1", background=True)
        assert created
        assert not rung
        assert lifecycle.sweep() == 1
        assert rung == [(COUNT, task.pk)]


class TestOnFailed:
    """What a job notes when one of its tasks has failed for good."""

    @pytest.fixture(autouse=True)
    def lost(self):
        jobs_for_tests.told.clear()
        return lifecycle.launch(LOSE, key="1")[0]

    @pytest.fixture
    def last(self, lost):
        """Its last attempt."""
        Task.objects.update(max_attempts=1)
        return lifecycle.claim(LOSE, lost.pk)

    def noted(self, task):
        assert jobs_for_tests.told.count(task.pk) == len(jobs_for_tests.told)
        assert Task.objects.filter(key=f"after {task.pk}").count() == len(jobs_for_tests.told)
        return len(jobs_for_tests.told)

    def test_a_failure(self, last):
        lifecycle.fail(last, "lost")
        assert self.noted(last) == 1

    def test_one_that_the_sweeper_finds(self, last, rung, quiet_redis):
        silent_for_ever(last)
        for _ in range(2):
            lifecycle.sweep()
        assert Task.objects.get(pk=last.pk).reason == "worker_lost"
        assert self.noted(last) == 1

    def test_one_that_is_to_be_tried_again_is_none(self, lost):
        jobs_for_tests.lose(str(lost.pk))
        assert Task.objects.get().state == State.QUEUED
        assert self.noted(lost) == 0

    def test_success_is_none_and_a_cancellation_is_none(self, lost, last):
        lifecycle.succeed(last)
        lifecycle.cancel(lifecycle.launch(LOSE, key="2")[0])
        assert self.noted(lost) == 0

    def test_who_comes_too_late_notes_nothing(self, last):
        lifecycle.cancel(last)
        with pytest.raises(lifecycle.Superseded):
            lifecycle.fail(last, "lost")
        assert self.noted(last) == 0

    def test_a_failure_that_is_not_committed_is_noted_by_nobody(self, last):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            lifecycle.fail(last, "lost")
            raise ZeroDivisionError
        assert not Task.objects.filter(key__startswith="after").exists()
        assert Task.objects.get().state == State.RUNNING

    def test_a_mistake_in_it_is_told_and_ends_the_task_all_the_same(
        self, last, monkeypatch, caplog
    ):
        def stumble(task):
            Task.objects.update(key="half")
            raise ZeroDivisionError

        monkeypatch.setitem(
            registry._jobs, LOSE, replace(registry.get_job(LOSE), on_failed=stumble)
        )
        lifecycle.fail(last, "lost")
        task = Task.objects.get()
        assert (task.state, task.key) == (State.FAILED, "1")
        assert "could not be noted" in caplog.text


class TestClaim:
    def test_it_works(self, task):
        claimed = lifecycle.claim(COUNT, task.pk)
        assert (claimed.state, claimed.attempt) == (State.RUNNING, 1)
        assert claimed.token
        assert claimed.lease_until > timezone.now()
        attempt = claimed.attempts.get()
        assert (attempt.number, attempt.outcome) == (1, Attempt.Outcome.RUNNING)
        assert attempt.worker

    def test_the_second_gets_nothing(self, task):
        assert lifecycle.claim(COUNT, task.pk)
        assert lifecycle.claim(COUNT, task.pk) is None
        assert task.attempts.count() == 1

    def test_before_its_time_there_is_nothing(self, task):
        soon = timezone.now() + timedelta(minutes=1)
        Task.objects.filter(pk=task.pk).update(not_before=soon)
        assert lifecycle.claim(COUNT, task.pk) is None

    @pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
    def test_what_has_ended_stays_so(self, task, state):
        Task.objects.filter(pk=task.pk).update(state=state)
        assert lifecycle.claim(COUNT, task.pk) is None

    def test_a_message_for_another_job_gets_nothing(self, task):
        assert lifecycle.claim(REFUSE, task.pk) is None

    def test_of_nobody_there_is_nothing(self):
        assert lifecycle.claim(COUNT, uuid.uuid4()) is None

    def test_what_a_silent_worker_left_is_taken_over(self, task):
        first = lifecycle.claim(COUNT, task.pk)
        silent_for_ever(task)
        Task.objects.update(phase="counting", done=7)
        second = lifecycle.claim(COUNT, task.pk)
        assert (second.attempt, second.phase, second.done) == (2, "", 0)
        assert second.token != first.token
        outcomes = list(task.attempts.values_list("outcome", flat=True))
        assert outcomes == [Attempt.Outcome.LOST, Attempt.Outcome.RUNNING]

    def test_no_attempt_more_than_allowed(self, task):
        Task.objects.filter(pk=task.pk).update(max_attempts=2)
        for _ in range(2):
            assert lifecycle.claim(COUNT, task.pk)
            silent_for_ever(task)
        assert lifecycle.claim(COUNT, task.pk) is None
        task.refresh_from_db()
        assert task.failures == 1  # the second is counted when it is buried


class TestFencing:
    @pytest.fixture
    def zombie(self, task):
        """The task as a worker has it that was thought dead, while another took over."""
        zombie = lifecycle.claim(COUNT, task.pk)
        silent_for_ever(task)
        lifecycle.claim(COUNT, task.pk)
        return zombie

    @pytest.mark.parametrize(
        "write",
        [
            lambda task: lifecycle.checkpoint(task, done=7),
            lambda task: lifecycle.succeed(task),
            lambda task: lifecycle.fail(task, "crashed", "traceback"),
        ],
    )
    def test_a_zombie_can_write_nothing(self, zombie, write):
        before = Task.objects.values().get(), list(Attempt.objects.values())
        with pytest.raises(lifecycle.Superseded):
            write(zombie)
        assert (Task.objects.values().get(), list(Attempt.objects.values())) == before

    def test_a_deleted_task_stops_its_worker(self, task):
        claimed = lifecycle.claim(COUNT, task.pk)
        task.delete()
        with pytest.raises(lifecycle.Superseded):
            lifecycle.checkpoint(claimed, done=1)


def test_a_checkpoint_saves_progress_and_extends_the_lease(task):
    claimed = lifecycle.claim(COUNT, task.pk)
    silent_for_ever(task)
    lifecycle.checkpoint(claimed, phase="counting", done=3, total=9)
    saved = Task.objects.get()
    assert (saved.phase, saved.done, saved.total) == ("counting", 3, 9)
    assert saved.lease_until > timezone.now()


class TestSweep:
    def test_what_was_not_told_is_rung_oldest_first(self, rung, quiet_redis):
        tasks = [lifecycle.launch(COUNT, key=str(key))[0] for key in range(3)]
        nobody_rang()
        assert lifecycle.sweep() == 3
        assert [pk for _, pk in rung] == [task.pk for task in tasks]

    def test_what_was_told_lately_is_left_alone(self, task, rung, quiet_redis):
        assert lifecycle.sweep() == 0
        nobody_rang()
        assert lifecycle.sweep() == 1
        assert lifecycle.sweep() == 0

    def test_what_was_told_long_ago_is_rung_again(self, task, rung, quiet_redis):
        nobody_rang()
        assert lifecycle.sweep() == 1

    def test_what_a_silent_worker_left_is_rung(self, task, rung, quiet_redis):
        lifecycle.claim(COUNT, task.pk)
        nobody_rang()
        assert lifecycle.sweep() == 0
        silent_for_ever(task)
        assert lifecycle.sweep() == 1

    def test_what_is_not_due_is_left_alone(self, task, rung, quiet_redis):
        nobody_rang()
        Task.objects.update(not_before=timezone.now() + timedelta(minutes=1))
        assert lifecycle.sweep() == 0

    def test_a_full_queue_gets_no_more(self, task, rung, monkeypatch):
        nobody_rang()
        monkeypatch.setattr(lifecycle.Doorbell, "queue_size", lambda doorbell: 1_000)
        assert lifecycle.sweep() == 0

    def test_a_job_that_kills_its_workers_fails_also_without_redis(self, task):
        Task.objects.update(max_attempts=1)
        lifecycle.claim(COUNT, task.pk)
        silent_for_ever(task)
        assert lifecycle.sweep() == 0
        task.refresh_from_db()
        assert (task.state, task.reason) == (State.FAILED, "worker_lost")
        assert task.failures == task.max_attempts
        assert task.ended_at
        assert task.attempts.get().outcome == Attempt.Outcome.LOST

    @pytest.mark.parametrize("waiting", [5, 15])
    def test_it_needs_the_same_number_of_queries_for_more_rows(
        self, waiting, rung, quiet_redis, asked_before, django_assert_num_queries
    ):
        for key in range(waiting):
            lifecycle.launch(COUNT, key=str(key))
        nobody_rang()
        # The hopeless, people's, the background, rung, counted
        with django_assert_num_queries(5):
            lifecycle.sweep()

    def test_many_are_marked_some_at_a_time(self, rung, quiet_redis, monkeypatch):
        monkeypatch.setattr(lifecycle, "RUNG_AT_ONCE", 2)
        tasks = [lifecycle.launch(COUNT, key=str(key))[0] for key in range(5)]
        nobody_rang()
        with CaptureQueriesContext(connection) as queries:
            assert lifecycle.sweep() == 5
        marking = [each["sql"] for each in queries if 'SET "dispatched_at"' in each["sql"]]
        marked = [sum(task.pk.hex in sql.replace("-", "") for task in tasks) for sql in marking]
        assert marked == [2, 2, 1]
        assert not Task.objects.not_rung_since(30).exists()

    def test_what_is_for_the_background_waits_while_there_is_enough_to_do(
        self, task, rung, monkeypatch
    ):
        lifecycle.launch_spread(COUNT, {str(key): {} for key in range(30)}, after=-1, pace=1e6)
        nobody_rang()
        monkeypatch.setattr(lifecycle.Doorbell, "queue_size", lambda doorbell: 5)
        assert lifecycle.sweep() == 15
        assert rung[0] == (COUNT, task.pk)
        assert len(rung) == 15

    def test_what_no_app_declares_is_rung_for_nobody_and_fails_after_a_day(
        self, task, rung, quiet_redis
    ):
        nobody_rang()
        Task.objects.update(job="gone.jobs.gone", created_at=timezone.now() - timedelta(hours=23))
        assert lifecycle.sweep() == 0
        Task.objects.update(created_at=timezone.now() - timedelta(hours=25))
        assert lifecycle.sweep() == 0
        assert not rung
        task.refresh_from_db()
        assert (task.state, task.reason) == (State.FAILED, "undeclared")


class TestRetry:
    def test_the_pause_doubles(self, task):
        pauses = []
        for _ in range(4):
            claimed = lifecycle.claim(COUNT, task.pk)
            assert lifecycle.retry(claimed, "crashed", "traceback")
            task.refresh_from_db()
            assert (task.state, task.token) == (State.QUEUED, None)
            pauses.append((task.not_before - timezone.now()).total_seconds())
            Task.objects.update(not_before=None)
        for number, pause in enumerate(pauses):
            assert 0.7 * 10 * 2**number < pause < 1.3 * 10 * 2**number

    def test_the_last_attempt_is_not_tried_again(self, task):
        Task.objects.update(max_attempts=1)
        claimed = lifecycle.claim(COUNT, task.pk)
        assert not lifecycle.retry(claimed, "crashed")
        task.refresh_from_db()
        assert task.state == State.RUNNING

    def test_a_zombie_gives_nothing_back(self, task):
        zombie = lifecycle.claim(COUNT, task.pk)
        silent_for_ever(task)
        lifecycle.claim(COUNT, task.pk)
        with pytest.raises(lifecycle.Superseded):
            lifecycle.retry(zombie, "crashed")


class TestCancel:
    def test_what_waits_is_cancelled(self, task):
        assert lifecycle.cancel(task)
        assert lifecycle.claim(COUNT, task.pk) is None

    def test_what_runs_is_cancelled_and_its_worker_finds_out(self, task):
        claimed = lifecycle.claim(COUNT, task.pk)
        assert lifecycle.cancel(task)
        assert task.attempts.get().outcome == Attempt.Outcome.CANCELLED
        with pytest.raises(lifecycle.Superseded):
            lifecycle.checkpoint(claimed, done=1)

    def test_what_waits_for_another_try_is_cancelled(self, task):
        lifecycle.retry(lifecycle.claim(COUNT, task.pk), "crashed")
        assert lifecycle.cancel(task)

    def test_what_is_being_delivered_is_not(self, task):
        lifecycle.checkpoint(lifecycle.claim(COUNT, task.pk), delivering=True)
        assert not lifecycle.cancel(task)

    def test_what_can_not_be_cleaned_up_is_cancelled_all_the_same(
        self, task, monkeypatch, django_capture_on_commit_callbacks, caplog
    ):
        def fail(task):
            raise OSError("the disk is gone")

        counting = registry.get_job(COUNT)
        monkeypatch.setitem(registry._jobs, COUNT, replace(counting, clean_up=fail))
        with django_capture_on_commit_callbacks(execute=True):
            assert lifecycle.cancel(task)
        assert "the disk is gone" in caplog.text

    @pytest.mark.parametrize("state", ["succeeded", "failed", "cancelled"])
    def test_what_has_ended_stays_so(self, task, state):
        Task.objects.update(state=state)
        assert not lifecycle.cancel(task)
        task.refresh_from_db()
        assert task.state == state


class TestRelease:
    @pytest.fixture(autouse=True)
    def in_a_cluster(self, monkeypatch, rung, quiet_redis):
        monkeypatch.setattr(lifecycle.pulse, "own", Pulse("ours"))

    def test_what_was_stopped_can_go_on_at_once_and_has_not_failed(self, task, rung):
        lifecycle.claim(COUNT, task.pk)
        lifecycle.release("ours", at_fault=False)
        assert rung == [(COUNT, task.pk)]
        again = lifecycle.claim(COUNT, task.pk)
        assert (again.attempt, again.failures) == (2, 0)
        assert task.attempts.first().outcome == Attempt.Outcome.STOPPED

    def test_what_may_have_killed_its_cluster_is_lost(self, task, rung):
        lifecycle.claim(COUNT, task.pk)
        lifecycle.release("ours", at_fault=True)
        assert rung == [(COUNT, task.pk)]
        again = lifecycle.claim(COUNT, task.pk)
        assert (again.attempt, again.failures) == (2, 1)
        assert task.attempts.first().outcome == Attempt.Outcome.LOST

    def test_what_another_cluster_does_is_left_alone(self, task, rung):
        claimed = lifecycle.claim(COUNT, task.pk)
        lifecycle.release("theirs", at_fault=False)
        lifecycle.checkpoint(claimed, done=1)
        assert not rung


def test_a_second_resend_is_not_counted_but_refused(task):
    first = lifecycle.claim(COUNT, task.pk)
    assert lifecycle.count_resend(first)
    assert not lifecycle.count_resend(first)
    assert task.attempts.get().resends == 1
