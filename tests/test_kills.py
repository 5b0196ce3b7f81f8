"""Whatever of a worker cluster is killed or frozen, work goes on and nothing is done twice."""

import signal
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import F

from blog.models import Post
from exports import archive
from exports.formats.posts_json import TAIL
from exports.models import Export
from tasks.models import Attempt, State, Task

from .conftest import all_gone
from .observe import (
    QUICK,
    SLOW_EXPORT,
    assert_arrived,
    assert_arrived_once,
    ended,
    half_written,
)
from .waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.postgres_too, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def goes_on_without(bob, smtp, settings):
    """`goes_on_without(killed, kind, cluster)`: another one takes its place, and an export whose
    message was lost, so that each process has to play its part, arrives."""

    def goes_on(killed, kind, cluster):
        wait_for(lambda: successor(killed, kind, cluster))
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        export, _ = Export.objects.start(bob)
        wait_for(lambda: Task.objects.get(pk=export.task_id).state == State.SUCCEEDED)
        return smtp.mails.get(timeout=10)["To"] == bob.email and smtp.mails.empty()

    return goes_on


def successor(killed, kind, cluster):
    with suppress(psutil.NoSuchProcess, StopIteration, ValueError):  # while there is none
        return cluster.find(kind) != killed


@pytest.mark.parametrize("kind", ["worker", "monitor", "pusher", "sentinel", "leader", "sweeper"])
def test_killed_while_idle(kind, alice, posts, start_qcluster, smtp, goes_on_without):
    with start_qcluster(**QUICK, QCLUSTER_WORKERS=1) as cluster:
        killed = cluster.find(kind)
        killed.kill()
        Export.objects.start(alice)
        # Without these the whole cluster goes at once, whatever its worker is at.
        arrived = assert_arrived if kind in {"sentinel", "leader"} else assert_arrived_once
        arrived(smtp, posts)
        assert goes_on_without(killed, kind, cluster)


@pytest.mark.parametrize("kind", ["worker", "monitor", "pusher", "sentinel", "leader", "sweeper"])
def test_killed_while_it_exports(kind, alice, posts, start_qcluster, smtp, goes_on_without):
    with start_qcluster(**SLOW_EXPORT, QCLUSTER_WORKERS=1) as cluster:
        Export.objects.start(alice)
        wait_for(half_written)
        killed = cluster.find(kind)
        killed.kill()
        assert_arrived_once(smtp, posts)
        assert goes_on_without(killed, kind, cluster)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGQUIT, signal.SIGUSR1])
def test_the_supervisor_takes_all_of_its_own_along(number, alice, posts, start_qcluster, smtp):
    with start_qcluster(**SLOW_EXPORT) as cluster:
        Export.objects.start(alice)
        wait_for(half_written)
        family = cluster.supervisor.children(recursive=True)
        cluster.supervisor.send_signal(number)
        assert len(family) >= 6
        wait_for(lambda: all_gone(family), seconds=5)
    with start_qcluster(**QUICK):
        assert_arrived_once(smtp, posts)


def assert_frozen_it_changes_nothing(worker, frozen, posts, start_qcluster, smtp):
    """`worker` of the cluster `frozen` was stopped; it wakes when another has done its work."""
    with start_qcluster(**QUICK):
        assert_arrived_once(smtp, posts)
    published = Export.objects.values().get()
    worker.resume()
    wait_for(lambda: "no longer this worker" in frozen.log.read_text())
    assert smtp.mails.empty()
    assert Task.objects.get().state == State.SUCCEEDED
    assert Export.objects.values().get() == published
    export = Export.objects.get()
    assert export.file.storage.listdir(export.folder)[1] == [Path(export.file.name).name]


def test_a_worker_frozen_while_it_writes(alice, posts, start_qcluster, smtp):
    with start_qcluster(**SLOW_EXPORT) as frozen:
        Export.objects.start(alice)
        worker = frozen.worker_of(wait_for(half_written))
        with transaction.atomic():
            Task.objects.update(key=F("key"))  # so it is not in the middle of a write
            worker.suspend()
        assert_frozen_it_changes_nothing(worker, frozen, posts, start_qcluster, smtp)


def test_a_worker_frozen_while_it_publishes(alice, start_qcluster, smtp):
    """In the transaction that names the file; PostgreSQL has to end it, for it holds locks."""
    posts = [Post.objects.create(author=alice, body=f"post {number}") for number in range(2)]
    with start_qcluster(**QUICK | {"EXPORT_POSTS_PER_SECOND": 1}) as frozen:
        Export.objects.start(alice)
        worker = frozen.worker_of(wait_for(Task.objects.filter(done=2).first))
        with transaction.atomic():
            Export.objects.update(total=F("total"))  # so it can't be published yet
            folder = Path(archive.storage().path(Export.objects.get().folder))
            wait_for(lambda: any(file.read_bytes().endswith(TAIL) for file in folder.iterdir()))
            worker.suspend()
        assert_frozen_it_changes_nothing(worker, frozen, posts, start_qcluster, smtp)


def test_killed_after_the_mail_server_said_yes_mails_once_more_and_says_so(
    alice, posts, start_qcluster, smtp
):
    with start_qcluster(**QUICK) as cluster:

        def kill(message):
            smtp.on_taken = lambda message: None
            cluster.worker_of(Task.objects.get()).kill()

        smtp.on_taken = kill
        Export.objects.start(alice)
        assert wait_for(ended).state == State.SUCCEEDED
    first, second = smtp.mails.get(), smtp.mails.get()
    assert first["Message-ID"] == second["Message-ID"]
    assert smtp.mails.empty()
    assert list(Attempt.objects.values_list("resends", flat=True)) == [0, 1]


def test_a_cluster_that_is_replaced_lets_its_workers_finish(alice, posts, start_qcluster, smtp):
    """A worker that talks to the mail server when a process beside it dies with a queue's lock."""
    with start_qcluster(**QUICK) as cluster:

        def kill(message):
            cluster.find("monitor").kill()
            wait_for(lambda: "was killed at a queue" in cluster.log.read_text())
            worker = cluster.worker_of(Task.objects.get())
            assert psutil.wait_procs([worker], timeout=2)[1] == [worker]  # it goes on

        smtp.on_data = kill
        Export.objects.start(alice)
        assert_arrived_once(smtp, posts)
        wait_for(lambda: "The worker cluster is replaced" in cluster.log.read_text())
    assert list(Attempt.objects.values_list("resends", flat=True)) == [0]


def test_a_mail_server_that_always_kills_the_worker_gets_it_twice_at_most(
    alice, posts, start_qcluster, smtp
):
    with start_qcluster(**QUICK) as cluster:
        smtp.on_data = lambda message: cluster.worker_of(Task.objects.get()).kill()
        Export.objects.start(alice)
        task = wait_for(ended)
    assert (task.state, task.reason) == (State.FAILED, "mail_unknown")
    assert smtp.mails.qsize() == 2


def test_a_job_that_kills_its_workers_ends_as_failed(alice, posts, start_qcluster, smtp, settings):
    settings.TASKS_MAX_ATTEMPTS = 3
    with start_qcluster(**SLOW_EXPORT) as cluster:
        Export.objects.start(alice)
        for number in range(1, 4):
            at_work = Task.objects.filter(attempt=number, done__gt=0)
            cluster.worker_of(wait_for(at_work.first)).kill()
        task = wait_for(ended)
    assert (task.state, task.reason) == (State.FAILED, "worker_lost")
    assert smtp.mails.empty()
    export = Export.objects.get()
    wait_for(lambda: not export.file.storage.exists(export.folder))


def test_two_clusters_share_the_work_and_double_none(
    django_user_model, alice, posts, start_qcluster, smtp
):
    people = [
        django_user_model.objects.create_user(f"person{number}", f"p{number}@example.com")
        for number in range(12)
    ]
    with start_qcluster(**QUICK), start_qcluster(**QUICK):
        for person in people:
            Export.objects.start(person)
        wait_for(lambda: Task.objects.filter(state=State.SUCCEEDED).count() == len(people))
    assert smtp.mails.qsize() == len(people)
    assert Attempt.objects.count() == len(people)


def test_a_queue_secret_that_was_rotated_loses_nothing(alice, posts, redis, start_qcluster, smtp):
    Export.objects.start(alice)  # its message is signed with the old key
    with start_qcluster(**QUICK, SECRET_KEY="another-key"):
        # What that site's sweeper rings is signed with the new one.
        assert_arrived_once(smtp, posts)
    assert django_settings.SECRET_KEY != "another-key"
