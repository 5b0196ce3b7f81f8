"""What is done now and then without anybody asking: in one process, and by real clusters."""

from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Session
from exports import archive, jobs
from exports.models import Export
from microblog.jobs import APPS, tidy_up
from tasks import keeping, lifecycle, runner
from tasks.models import State, Task

from .observe import QUICK
from .waiting import wait_for

pytestmark = pytest.mark.django_db(transaction=True)

TIDY = "microblog.jobs.tidy_up"
LONG_AGO = timezone.now() - timedelta(days=100)


@pytest.fixture
def done(alice, posts):
    """Alice's published export, of which she got the link."""
    export, _ = Export.objects.start(alice, attach=False)
    jobs.export_posts(str(export.task_id))
    return Export.objects.get()


@pytest.fixture
def task(db):
    """One of tidying up."""
    return lifecycle.launch(TIDY, key="1", background=True)[0]


def test_each_app_tidies_up(done, task):
    Export.objects.update(expires_at=LONG_AGO)
    Task.objects.filter(pk=done.task_id).update(ended_at=LONG_AGO)
    Session.objects.create(session_key="old", session_data="", expire_date=LONG_AGO)
    tidy_up(str(task.pk))
    assert Task.objects.get().state == State.SUCCEEDED
    assert not Session.objects.exists()
    assert not archive.storage().exists(done.file.name)
    assert Export.objects.get().is_over


def test_it_stops_when_another_worker_has_taken_it_over(task, monkeypatch):
    monkeypatch.setattr(runner, "SECONDS_BETWEEN_CHECKPOINTS", 0)
    begun = []

    def lose_it():
        for step in range(3):
            begun.append(step)
            Task.objects.filter(pk=task.pk).update(token=None)
            yield

    monkeypatch.setattr(keeping, "tidy", lose_it)
    assert APPS[0] is keeping
    tidy_up(str(task.pk))
    assert begun == [0]


@pytest.mark.slow
@pytest.mark.postgres_too
class TestClusters:
    def tidied(self):
        return Task.objects.filter(job=TIDY, state=State.SUCCEEDED).exists()

    def test_what_has_expired_is_removed(self, done, start_qcluster):
        Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        with start_qcluster(**QUICK, TIDY_SECONDS=1):
            wait_for(lambda: Export.objects.get().removed_at)
            wait_for(lambda: not archive.storage().exists(done.folder))
            wait_for(self.tidied)
        assert Export.objects.get().file.name == ""

    def test_two_clusters_remind_once(self, done, start_qcluster, smtp):
        Export.objects.update(expires_at=timezone.now() + timedelta(days=1))
        with ExitStack() as clusters:
            for _ in range(2):
                clusters.enter_context(start_qcluster(**QUICK, TIDY_SECONDS=1))
            mail = smtp.mails.get(timeout=30)
            wait_for(lambda: Export.objects.get().reminded_at)
            Task.objects.filter(job=TIDY).delete()  # so that another one is due
            clusters.enter_context(start_qcluster(**QUICK, TIDY_SECONDS=1))
            wait_for(self.tidied)
        assert mail["Message-ID"] == f"<export-reminder-{done.pk}@127.0.0.1>"
        assert smtp.mails.empty()
        assert Task.objects.get(job="exports.jobs.remind").state == State.SUCCEEDED

    def test_where_it_is_off_nothing_happens_by_itself(self, done, start_qcluster, bob):
        Export.objects.update(expires_at=timezone.now() - timedelta(days=1))
        with start_qcluster(**QUICK, TIDY_SECONDS=0):
            export, _ = Export.objects.start(bob)
            wait_for(lambda: Task.objects.get(pk=export.task_id).state == State.SUCCEEDED)
        assert not Task.objects.filter(job=TIDY).exists()
        assert Export.objects.get(pk=done.pk).file
