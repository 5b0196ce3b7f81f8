import pytest
from django.utils import timezone

from tasks import lifecycle, origin, runner
from tasks.models import Attempt, State, Task
from tasks.runner import Run

from . import jobs_for_tests

pytestmark = pytest.mark.django_db


def done(name, **fields):
    """The task after a worker got a message for the job of this name."""
    task, _ = lifecycle.launch(f"{jobs_for_tests.__name__}.{name}", key="1")
    Task.objects.filter(pk=task.pk).update(**fields)
    getattr(jobs_for_tests, name)(str(task.pk))
    task.refresh_from_db()
    return task


def test_a_job_that_returns_has_succeeded():
    task = done("count")
    assert (task.state, task.phase, task.total, task.progress) == (
        State.SUCCEEDED,
        "counting",
        10,
        100,
    )
    assert task.ended_at
    assert task.attempts.get().outcome == Attempt.Outcome.SUCCEEDED


def test_a_failure_has_a_reason_in_words():
    task = done("refuse")
    assert (task.state, task.reason_label) == (State.FAILED, "There was no luck.")
    assert task.progress < 100


def test_a_crash_is_tried_again_and_kept_for_admins():
    task = done("crash")
    assert (task.state, task.reason, task.failures) == (State.QUEUED, "crashed", 1)
    assert task.retry_at > timezone.now()
    assert "our side" in str(task.reason_label)
    assert "ZeroDivisionError: 1 by 0" in task.attempts.get().traceback


def test_admins_are_told_once_when_it_has_failed_for_good(settings, mailoutbox):
    settings.ADMINS = [("Admin", "admin@example.com")]
    settings.DEBUG = False
    task = done("crash", max_attempts=2)
    assert not mailoutbox
    Task.objects.update(not_before=None)
    jobs_for_tests.crash(str(task.pk))
    task.refresh_from_db()
    assert (task.state, task.failures) == (State.FAILED, 2)
    assert len(mailoutbox) == 1
    assert "ZeroDivisionError" in mailoutbox[0].body


def test_admins_are_not_told_of_what_they_could_not_mend(settings, mailoutbox, caplog):
    settings.ADMINS = [("Admin", "admin@example.com")]
    settings.DEBUG = False
    assert done("lose", max_attempts=1).state == State.FAILED
    assert not mailoutbox
    (record,) = caplog.records
    assert (record.levelname, record.exc_info) == ("WARNING", None)


def test_a_time_out_fails_the_task_and_goes_on_to_django_q2():
    task, _ = lifecycle.launch(f"{jobs_for_tests.__name__}.leave", key="1")
    with pytest.raises(SystemExit):
        jobs_for_tests.leave(str(task.pk))
    task.refresh_from_db()
    assert task.state == State.FAILED


@pytest.mark.parametrize("nothing", ["not a UUID", None, 7, "00000000-0000-0000-0000-000000000000"])
def test_a_message_of_nothing_is_ignored_and_logged(nothing, caplog):
    with caplog.at_level("INFO"):
        jobs_for_tests.count(nothing)
    assert len(caplog.records) == 1
    assert "Nothing to do" in caplog.text


def test_three_messages_are_one_run():
    jobs_for_tests.seen.clear()
    task, _ = lifecycle.launch(f"{jobs_for_tests.__name__}.count", key="1")
    for _ in range(3):
        jobs_for_tests.count(str(task.pk))
    assert jobs_for_tests.seen == [task.pk]


class TestRun:
    @pytest.fixture
    def run(self):
        task, _ = lifecycle.launch(f"{jobs_for_tests.__name__}.count", key="1")
        return runner.Run(lifecycle.claim(task.job, task.pk))

    def test_progress_is_saved_at_most_twice_a_second(self, run, monkeypatch):
        now = 100.0
        monkeypatch.setattr(runner.time, "monotonic", lambda: now)
        run.enter("counting", done=0, total=1000)
        saved = set()
        for done_until_now in range(1, 1001):
            now += 0.01
            run.advance(done_until_now)
            saved.add(Task.objects.get().done)
        assert len(saved) in range(19, 22)  # in 10 s, the beginning included

    def test_what_is_fenced_is_written_together_with_the_proof(self, run):
        with run.fenced():
            Task.objects.update(key="written")
        assert Task.objects.get().key == "written"

    def test_what_is_fenced_is_not_written_by_a_zombie(self, run):
        Task.objects.update(state=State.CANCELLED)
        with pytest.raises(lifecycle.Superseded), run.fenced():
            Task.objects.update(key="written")
        assert Task.objects.get().key == "1"


def test_a_worker_works_for_the_request_that_launched_the_task(monkeypatch):
    found = []
    with origin.noted("a-click"):
        task, _ = lifecycle.launch(f"{jobs_for_tests.__name__}.count", key="1")
    monkeypatch.setattr(lifecycle, "succeed", lambda task: found.append(origin.ids()))
    jobs_for_tests.count(str(task.pk))
    assert found == [{"request_id": "a-click", "task_id": str(task.pk)}]
    assert origin.ids() == {}


def test_so_does_the_thread_that_keeps_it_alive(monkeypatch):
    found = []
    with origin.noted("a-click", "a-task"):
        monkeypatch.setattr(Run, "_extend_until", lambda run, over: found.append(origin.ids()))
        monkeypatch.setattr(Run, "_come_back", lambda run: None)
        with Run(Task()).kept_alive():
            pass
    assert found == [{"request_id": "a-click", "task_id": "a-task"}]


def test_what_a_task_launches_is_for_the_same_request():
    with origin.noted("a-click"):
        task, _ = lifecycle.launch(f"{jobs_for_tests.__name__}.lose", key="1")
    Task.objects.update(max_attempts=1)
    jobs_for_tests.lose(str(task.pk))  # its failure launches another
    assert Task.objects.get(key=f"after {task.pk}").request_id == "a-click"


def test_many_that_are_spread_are_too():
    with origin.noted("a-click"):
        lifecycle.launch_spread(f"{jobs_for_tests.__name__}.count", {"1": {}}, after=0, pace=1)
    assert Task.objects.get().request_id == "a-click"
