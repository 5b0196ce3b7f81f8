from dataclasses import replace
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone, translation

from tasks import acting, lifecycle
from tasks.acting import CANCEL, RETRY, act
from tasks.models import State, Task
from tasks.registry import Refused

from .test_lifecycle import COUNT, LOSE, REFUSE

pytestmark = pytest.mark.django_db


def failed(key="1", job=COUNT, **fields):
    """A task that failed a minute ago."""
    task, _ = lifecycle.launch(job, key=key, **fields)
    lifecycle.fail(lifecycle.claim(job, task.pk), "crashed", "Traceback")
    ago = timezone.now() - timedelta(minutes=1)
    Task.objects.filter(pk=task.pk).update(created_at=ago)
    return Task.objects.get(pk=task.pk)


def words(outcome):
    return [str(sentence) for sentence in outcome.sentences()]


class TestRepeat:
    def test_a_new_task_does_the_same(self, bob):
        old = failed(owner=bob, args={"a": 1}, background=True)
        new = lifecycle.repeat(old)
        assert (new.pk != old.pk, new.state) == (True, State.QUEUED)
        for name in ("job", "key", "owner", "args", "background"):
            assert getattr(new, name) == getattr(old, name)
        assert Task.objects.get(pk=old.pk).state == State.FAILED

    def test_a_job_that_has_its_own_way_does_it_so(self, bob):
        new = lifecycle.repeat(failed(job=LOSE, owner=bob, args={"a": 1}))
        assert (new.job, new.args) == (LOSE, {})

    def test_what_was_cancelled_can_be_repeated(self):
        task, _ = lifecycle.launch(COUNT, key="1")
        lifecycle.cancel(task)
        task.refresh_from_db()
        assert lifecycle.repeat(task)

    @pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.SUCCEEDED])
    def test_what_is_under_way_and_what_succeeded_is_not(self, state):
        task = failed()
        task.state = state
        with pytest.raises(Refused, match="neither failed nor been cancelled"):
            lifecycle.repeat(task)

    def test_nothing_is_done_twice(self):
        old = failed()
        new = lifecycle.repeat(old)
        for _ in range(2):  # while it runs, and when it is done
            with pytest.raises(Refused, match="newer"):
                lifecycle.repeat(old)
            Task.objects.filter(pk=new.pk).update(state=State.SUCCEEDED)
        assert Task.objects.count() == 2

    def test_a_job_that_is_gone_is_not(self):
        old = failed()
        old.job = "gone.jobs.gone"
        with pytest.raises(Refused, match="No app declares"):
            lifecycle.repeat(old)


class TestAct:
    def test_it_says_how_many_and_notes_who(self, bob):
        for key in "123":
            failed(key)
        outcome = act(RETRY, Task.objects.all(), bob)
        assert (outcome.done, outcome.left.total(), outcome.beyond) == (3, 0, 0)
        assert words(outcome) == ["3 tasks are being tried again."]
        assert Task.objects.filter(state=State.QUEUED).count() == 3
        entries = LogEntry.objects.all()
        assert {entry.user for entry in entries} == {bob}
        noted = {entry.object_id for entry in entries}
        assert noted == {str(task.pk) for task in Task.objects.filter(state=State.FAILED)}

    def test_what_changed_meanwhile_is_left_alone_and_it_says_why(self, bob):
        waits, ended, delivered = (lifecycle.launch(COUNT, key=key)[0] for key in "123")
        lifecycle.succeed(lifecycle.claim(COUNT, ended.pk))
        lifecycle.checkpoint(lifecycle.claim(COUNT, delivered.pk), delivering=True)
        outcome = act(CANCEL, Task.objects.all(), bob)
        assert words(outcome) == [
            "1 task was cancelled.",
            "Left alone, 1: It has ended already.",
            "Left alone, 1: It is being delivered, and that can't be undone.",
        ]
        assert LogEntry.objects.get().object_id == str(waits.pk)

    def test_one_that_is_broken_keeps_no_other_one_from_it(self, bob, monkeypatch, caplog):
        broken, fine = failed("1", REFUSE), failed("2")
        repeat = lifecycle.repeat

        def stumble(task):
            return 1 / 0 if task.pk == broken.pk else repeat(task)

        outcome = act(replace(RETRY, do=stumble), Task.objects.all(), bob)
        assert (outcome.done, outcome.left.total()) == (1, 1)
        assert "Could not retry" in caplog.text
        assert Task.objects.get(state=State.QUEUED).key == fine.key

    def test_it_takes_no_longer_than_a_request_may(self, bob, monkeypatch):
        for key in "123":
            failed(key)
        monkeypatch.setattr(acting, "SECONDS", -1)
        outcome = act(RETRY, Task.objects.all(), bob)
        assert (outcome.done, outcome.beyond, outcome.total) == (0, 3, 3)
        assert "please do it again" in words(outcome)[-1]
        assert not LogEntry.objects.exists()

    def test_of_very_many_it_does_the_oldest(self, bob, monkeypatch):
        for key in "123":
            failed(key)
        Task.objects.filter(key="2").update(created_at=timezone.now() - timedelta(hours=1))
        monkeypatch.setattr(acting, "MOST", 1)
        outcome = act(RETRY, Task.objects.all(), bob)
        assert (outcome.done, outcome.beyond) == (1, 2)
        assert Task.objects.get(state=State.QUEUED).key == "2"


def test_the_log_of_admins_says_what_was_done_to_how_many(bob):
    failed()
    outcome = act(RETRY, Task.objects.filter(state="failed"), bob)
    outcome.left["Why not."] = 2
    with translation.override("es"):
        acting.log(outcome, bob, "all with state=failed")
    entry = LogEntry.objects.get(object_id=None)
    assert (entry.user, entry.object_repr) == (bob, "tried again: all with state=failed")
    assert entry.change_message == "1 task is being tried again. Left alone, 2: Why not."
