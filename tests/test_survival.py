"""What an export lives through: crashes at the worst moments, stops, cancels, mail servers of all
tempers, full disks, and databases that go away."""

import os
import signal
import subprocess
import sys
import uuid
from contextlib import ExitStack
from pathlib import Path

import psutil
import psycopg
import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from django_q.tasks import async_task

from blog.models import Post
from exports import archive
from exports.formats import posts_json
from exports.models import JOB, Export
from tasks import lifecycle
from tasks.broker import Doorbell
from tasks.models import Attempt, State, Task

from .conftest import all_gone
from .jobs_app import jobs as strange_jobs
from .jobs_app.storage import HOLD
from .observe import QUICK, SLOW_EXPORT, assert_arrived_once, bodies, ended, half_written
from .waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.postgres_too, pytest.mark.django_db(transaction=True)]

LOST, SUCCEEDED = Attempt.Outcome.LOST, Attempt.Outcome.SUCCEEDED
ONE_WORKER = {"QCLUSTER_WORKERS": 1}
STRANGE = "tests.jobs_app.settings"


def only_on(vendor):
    """Keep a test where this is the database; elsewhere there is no such test."""
    return lambda test: test if connection.vendor == vendor else None


def task_with(**fields):
    """For wait_for(): the task that is in this state, if there is one."""
    return lambda: Task.objects.filter(**fields).first()


def outcomes():
    return list(Attempt.objects.values_list("outcome", flat=True))


def resends():
    return list(Attempt.objects.values_list("resends", flat=True))


def files(export):
    """The paths of what its attempts have left in the export's folder."""
    return list(Path(archive.storage().path(export.folder)).glob("*"))


def assert_only_its_file_is_there():
    export = Export.objects.get()
    assert [str(path) for path in files(export)] == [export.file.path]


def assert_all_one_mail(smtp, expected):
    """The sink has `expected` mails, and all of them say that they are the same."""
    mails = [smtp.mails.get_nowait() for _ in range(smtp.mails.qsize())]
    assert len(mails) == expected
    assert len({mail["Message-ID"] for mail in mails}) == 1


def assert_works(cluster, owner, smtp):
    """The cluster exports what another person wrote, and mails it."""
    export, _ = Export.objects.start(owner)
    wait_for(task_with(pk=export.task_id, state=State.SUCCEEDED))
    assert smtp.mails.get(timeout=10)["To"] == owner.email
    return cluster.worker_of(export.task)


# From the click to the claim


def test_a_crash_between_the_commit_and_the_message_loses_nothing(
    alice, posts, environment, start_qcluster, smtp
):
    crash = (
        "import os, signal\n"
        "from django.contrib.auth import get_user_model\n"
        "from django.db import transaction\n"
        "from exports.models import Export\n"
        "with transaction.atomic():\n"
        "    transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))\n"
        "    Export.objects.start(get_user_model().objects.get())\n"
    )
    web = subprocess.run([sys.executable, "manage.py", "shell", "-c", crash], env=environment)
    assert web.returncode == -signal.SIGKILL
    assert Doorbell().queue_size() == 0
    with start_qcluster(**QUICK):
        assert_arrived_once(smtp, posts)
    assert outcomes() == [SUCCEEDED]


def test_messages_that_come_three_times_at_once_are_one_run_and_one_mail_each(
    django_user_model, alice, posts, start_qcluster, smtp
):
    people = [
        django_user_model.objects.create_user(f"person{number}", f"p{number}@example.com")
        for number in range(10)
    ]
    for person in people:
        task = Export.objects.start(person)[0].task
        lifecycle.ring([task, task])
    assert Doorbell().queue_size() == 30
    with start_qcluster(TASKS_RING_AGAIN_SECONDS=60) as cluster:
        wait_for(lambda: cluster.log.read_text().count("Nothing to do") == 20)
        wait_for(lambda: Task.objects.filter(state=State.SUCCEEDED).count() == 10)
    assert outcomes() == [SUCCEEDED] * 10
    assert sorted(smtp.mails.get_nowait()["To"] for _ in range(10)) == sorted(
        person.email for person in people
    )
    assert smtp.mails.empty()


def test_messages_of_nothing_are_ignored_and_logged_once_and_the_worker_goes_on(
    alice, bob, posts, start_qcluster, smtp
):
    with start_qcluster(**ONE_WORKER, TASKS_RING_AGAIN_SECONDS=60) as cluster:
        worker, pusher = cluster.find("worker"), cluster.find("pusher")
        over = Export.objects.start(alice)[0].task
        assert_arrived_once(smtp, posts)
        of_nobody = str(uuid.uuid4())
        for pk in ["not a UUID", "", None, ["7"], of_nobody, str(over.pk)]:
            async_task(JOB, pk, broker=Doorbell())
        assert assert_works(cluster, bob, smtp) == worker
        assert cluster.find("pusher") == pusher
        log = cluster.log.read_text()
    assert log.count("Nothing to do") == 6
    for pk in ("not a UUID", of_nobody, str(over.pk)):
        assert log.count(f"Nothing to do for {JOB} {pk}: ") == 1
    assert "Traceback" not in log
    assert "ERROR" not in log
    assert over.attempts.count() == 1


# kill -9 of the worker, at the worst moments


def test_killed_before_the_claim(alice, posts, start_qcluster, smtp):
    Export.objects.start(alice)  # its message waits
    with ExitStack() as lock:
        lock.enter_context(transaction.atomic())
        Task.objects.update(key=F("key"))  # so nobody can claim it yet
        with start_qcluster(**QUICK, **ONE_WORKER) as cluster:
            wait_for(lambda: "processing" in cluster.log.read_text())
            cluster.find("worker").kill()
            lock.close()
            assert_arrived_once(smtp, posts)
    assert outcomes() == [SUCCEEDED]


def test_killed_right_before_the_publication(alice, start_qcluster, smtp):
    posts = [Post.objects.create(author=alice, body=f"post {number}") for number in range(2)]
    with start_qcluster(**QUICK | {"EXPORT_POSTS_PER_SECOND": 1}) as cluster:
        export, _ = Export.objects.start(alice)
        task = wait_for(task_with(phase="writing", done=2))
        with transaction.atomic():
            Export.objects.update(total=F("total"))  # so it can't be published yet
            (path,) = files(export)
            wait_for(lambda: path.read_bytes().endswith(posts_json.TAIL))
            assert not Export.objects.get().file
            cluster.worker_of(task).kill()
        assert_arrived_once(smtp, posts)
    assert outcomes() == [LOST, SUCCEEDED]
    assert_only_its_file_is_there()


@pytest.fixture
def held():
    """While it is there, nothing is deleted by a site of the settings STRANGE."""
    file = Path(archive.storage().path(HOLD))
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    yield file
    file.unlink(missing_ok=True)


def start_one_that_stays_at_its_publication(owner):
    """An export that finds something to delete when it has published its file."""
    export, _ = Export.objects.start(owner)
    wait_for(half_written)
    Path(archive.storage().path(export.folder), "left behind").touch()
    return wait_for(Export.objects.exclude(file="").first)


def test_killed_right_after_the_publication(alice, posts, start_qcluster, smtp, held):
    slow = SLOW_EXPORT | ONE_WORKER | {"DJANGO_SETTINGS_MODULE": STRANGE}
    with start_qcluster(**slow) as cluster:
        worker = cluster.find("worker")
        published = start_one_that_stays_at_its_publication(alice)
        worker.kill()
        held.unlink()
        assert not Export.objects.get().mailed_at
        assert_arrived_once(smtp, posts)
    assert outcomes() == [LOST, SUCCEEDED]
    assert resends() == [0, 0]
    assert Export.objects.get().file == published.file
    assert_only_its_file_is_there()


def test_timed_out_right_after_the_publication(alice, posts, start_qcluster, smtp, held):
    slow = SLOW_EXPORT | ONE_WORKER | {"DJANGO_SETTINGS_MODULE": STRANGE}
    with start_qcluster(**slow) as cluster:
        worker = cluster.find("worker")
        published = start_one_that_stays_at_its_publication(alice)
        worker.send_signal(signal.SIGALRM)  # Django-Q2's own
        held.unlink()
        task = wait_for(ended)
        assert (task.state, task.reason) == (State.FAILED, "crashed")
        assert Path(published.file.path) in files(published)
        assert published.retry()
        wait_for(task_with(state=State.SUCCEEDED))
    assert Export.objects.get().file == published.file
    assert len(bodies(smtp.mails.get(timeout=10))) == len(posts)
    assert smtp.mails.empty()
    assert_only_its_file_is_there()


@pytest.mark.parametrize(("command", "mails"), [("MAIL", 1), ("RCPT", 1), ("DATA", 2)])
def test_killed_before_the_mail_server_answered(command, mails, alice, posts, start_qcluster, smtp):
    with start_qcluster(**QUICK, **ONE_WORKER) as cluster:
        smtp.once[command] = cluster.find("worker").kill
        Export.objects.start(alice)
        assert wait_for(ended).state == State.SUCCEEDED
    assert outcomes() == [LOST, SUCCEEDED]
    assert resends() == [0, 1]
    assert_all_one_mail(smtp, mails)
    assert_only_its_file_is_there()


# Jobs that no site should have


@pytest.mark.parametrize("job", ["kill_itself", "vanish", "catch_everything"])
def test_a_job_that_takes_its_workers_along_ends_as_failed(
    job, bob, start_qcluster, smtp, settings
):
    settings.TASKS_MAX_ATTEMPTS = 2
    limits = {"TASKS_LEASE_SECONDS": 1, "TIMEOUT_SECONDS": 2}
    with start_qcluster(**QUICK | limits, **ONE_WORKER, DJANGO_SETTINGS_MODULE=STRANGE) as cluster:
        leader = cluster.leader
        task, _ = lifecycle.launch(f"{strange_jobs.__name__}.{job}", key="1")
        task = wait_for(ended)
        assert (task.state, task.reason) == (State.FAILED, "worker_lost")
        assert outcomes() == [LOST, LOST]
        assert len({attempt.worker for attempt in task.attempts.all()}) == 2
        assert_works(cluster, bob, smtp)
        assert cluster.leader == leader


@pytest.mark.parametrize("source", ["import not_there", "def unfinished("])
def test_a_job_module_that_can_not_be_imported_stops_the_start_and_is_named(
    source, environment, tmp_path
):
    (tmp_path / "broken_app").mkdir()
    (tmp_path / "broken_app" / "__init__.py").touch()
    (tmp_path / "broken_app" / "jobs.py").write_text(source)
    (tmp_path / "broken_settings.py").write_text(
        "from microblog.settings import *\nINSTALLED_APPS += ['broken_app']\n"
    )
    broken = {"DJANGO_SETTINGS_MODULE": "broken_settings", "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "manage.py", "qcluster"]
    start = subprocess.run(
        command, env=environment | broken, capture_output=True, text=True, timeout=30
    )
    assert start.returncode == 1
    assert "broken_app/jobs.py" in start.stderr
    assert "Q Cluster" not in start.stderr


# Stops


def test_the_whole_group_killed(alice, posts, start_qcluster, smtp):
    with start_qcluster(**SLOW_EXPORT) as cluster:
        Export.objects.start(alice)
        wait_for(half_written)
        family = cluster.supervisor.children(recursive=True)
        os.killpg(cluster.supervisor.pid, signal.SIGKILL)
        assert len(family) >= 6
        wait_for(lambda: all_gone(family), seconds=5)
    with start_qcluster(**QUICK):
        assert_arrived_once(smtp, posts)
    assert outcomes() == [LOST, SUCCEEDED]
    assert_only_its_file_is_there()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_whole_group_told_to_stop_ends_in_time_and_the_export_goes_on_at_the_next_start(
    number, alice, posts, start_qcluster, smtp
):
    limits = {"EXPORT_POSTS_PER_SECOND": 1, "TASKS_STOP_SECONDS": 1}
    with start_qcluster(**QUICK | limits) as cluster:
        Export.objects.start(alice)
        wait_for(half_written)
        family = [cluster.supervisor, *cluster.supervisor.children(recursive=True)]
        os.killpg(cluster.supervisor.pid, number)
        wait_for(lambda: all_gone(family), seconds=10)  # of the 30 that the export would take
    given_back = Task.objects.get()
    assert (given_back.state, given_back.failures) == (State.QUEUED, 0)
    with start_qcluster(**QUICK):
        assert_arrived_once(smtp, posts)
    assert outcomes() == [Attempt.Outcome.STOPPED, SUCCEEDED]
    assert_only_its_file_is_there()


# Cancel, in every state


def cancel(client, export):
    return client.post(f"/exports/{export.pk}/cancel/", follow=True).content.decode()


def test_cancelled_while_it_waits(alices, alice, bob, posts, start_qcluster, smtp):
    export, _ = Export.objects.start(alice)  # its message waits
    cancel(alices, export)
    with start_qcluster(**QUICK, **ONE_WORKER) as cluster:
        assert_works(cluster, bob, smtp)
    assert Task.objects.get(owner=alice).state == State.CANCELLED
    assert not Attempt.objects.filter(task__owner=alice).exists()
    assert not files(export)


def test_cancelled_while_it_runs(alices, alice, bob, posts, start_qcluster, smtp):
    with start_qcluster(**SLOW_EXPORT, **ONE_WORKER) as cluster:
        export, _ = Export.objects.start(alice)
        worker = cluster.worker_of(wait_for(half_written))
        assert files(export)
        cancel(alices, export)
        assert assert_works(cluster, bob, smtp) == worker
    assert Task.objects.get(owner=alice).state == State.CANCELLED
    assert not files(export)
    assert smtp.mails.empty()


def test_cancelled_while_it_waits_for_another_try(alices, alice, bob, posts, start_qcluster, smtp):
    smtp.refusal = "451 come back later"
    with start_qcluster(**QUICK | {"TASKS_RETRY_SECONDS": 60}, **ONE_WORKER) as cluster:
        export, _ = Export.objects.start(alice)
        task = wait_for(task_with(state=State.QUEUED, reason="not_mailed"))
        cancel(alices, export)
        smtp.refusal = None
        lifecycle.ring([task])
        assert_works(cluster, bob, smtp)
    assert Task.objects.get(owner=alice).state == State.CANCELLED
    assert task.attempts.count() == 1
    assert smtp.mails.empty()


def test_cancelling_is_refused_while_it_is_mailed(alices, alice, posts, start_qcluster, smtp):
    smtp.delay = 1
    with start_qcluster(**QUICK):
        export, _ = Export.objects.start(alice)
        wait_for(task_with(phase="mailing"))
        assert "too late to cancel" in cancel(alices, export)
        assert_arrived_once(smtp, posts)
    assert outcomes() == [SUCCEEDED]


# Mail servers


def test_a_mail_that_is_taken_at_the_second_try_arrives_once(alice, posts, start_qcluster, smtp):
    smtp.refusal = "451 come back later"
    with start_qcluster(**QUICK | {"TASKS_RETRY_SECONDS": 1}):
        Export.objects.start(alice)
        wait_for(task_with(state=State.QUEUED, reason="not_mailed"))
        smtp.refusal = None
        assert_arrived_once(smtp, posts)
    assert outcomes() == [Attempt.Outcome.FAILED, SUCCEEDED]
    assert resends() == [0, 0]


def test_a_mail_server_silent_after_the_data_gets_it_twice_at_most(
    alice, posts, start_qcluster, smtp
):
    smtp.silent = True
    with start_qcluster(**QUICK, EMAIL_TIMEOUT=1):
        Export.objects.start(alice)
        task = wait_for(ended)
    assert (task.state, task.reason) == (State.FAILED, "mail_unknown")
    assert resends() == [0, 1]
    assert_all_one_mail(smtp, 2)
    assert_only_its_file_is_there()


# Disk and database


def test_a_full_disk_leaves_no_partial_file_and_once_there_is_room_it_goes_on(
    alice, start_qcluster, smtp
):
    body = "\x01" * 6_000  # six times as long in JSON as in the database, which has no full disk
    Post.objects.bulk_create(Post(author=alice, body=body) for _ in range(1_000))
    with start_qcluster(**QUICK | {"TASKS_RETRY_SECONDS": 1}, **ONE_WORKER) as cluster:
        worker = cluster.find("worker")
        _, most = worker.rlimit(psutil.RLIMIT_FSIZE)
        worker.rlimit(psutil.RLIMIT_FSIZE, (30_000_000, most))
        export, _ = Export.objects.start(alice)
        task = wait_for(task_with(state=State.QUEUED, reason="crashed"))
        assert "File too large" in task.attempts.get().traceback
        assert not files(export)
        worker.rlimit(psutil.RLIMIT_FSIZE, (most, most))
        assert wait_for(ended).state == State.SUCCEEDED
        assert cluster.worker_of(task) == worker
    assert outcomes() == [Attempt.Outcome.FAILED, SUCCEEDED]
    assert Export.objects.get().count == 1_000
    assert smtp.mails.qsize() == 1
    assert_only_its_file_is_there()


def test_what_a_dead_attempt_left_takes_no_room_of_the_next(alice, posts, start_qcluster, smtp):
    with start_qcluster(**SLOW_EXPORT | {"TASKS_RETRY_SECONDS": 60}, **ONE_WORKER) as cluster:
        export, _ = Export.objects.start(alice)
        (left,) = wait_for(lambda: half_written() and files(export))
        cluster.worker_of(Task.objects.get()).kill()
        wait_for(task_with(attempt=2, phase="writing"))
        assert left not in files(export)


@pytest.fixture
def cut_off(environment):
    """`cut_off(until)` ends all connections to PostgreSQL but that of the tests, and lets no other
    in before `until()` is true: to the site it is a server that is started anew."""
    connection.ensure_connection()
    mine = connection.connection.info.backend_pid
    name = connection.settings_dict["NAME"]
    end_all = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid != %s"
    )

    def cut_off(until=lambda: True):
        url = environment["DATABASE_URL"]
        with psycopg.connect(url, dbname="template1", autocommit=True) as server:
            server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            try:
                assert server.execute(end_all, [name, mine]).fetchall()
                wait_for(until)
            finally:
                server.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')

    return cut_off


@only_on("postgresql")
@pytest.mark.parametrize("seen_by", ["nobody", "the sweeper"])
def test_the_database_is_started_anew_while_it_writes(
    seen_by, alice, bob, posts, start_qcluster, smtp, cut_off
):
    with start_qcluster(**SLOW_EXPORT, **ONE_WORKER) as cluster:
        leader = cluster.leader
        Export.objects.start(alice)
        wait_for(half_written)
        said = "The sweeper could not read the tasks"
        cut_off(until=lambda: seen_by == "nobody" or said in cluster.log.read_text())
        assert_arrived_once(smtp, posts)
        assert_only_its_file_is_there()
        assert_works(cluster, bob, smtp)
        assert cluster.leader == leader


@only_on("postgresql")
def test_the_database_is_started_anew_while_it_mails(alice, posts, start_qcluster, smtp, cut_off):
    smtp.delay = 1.5  # seconds before each answer, so that the lease has to be extended too
    smtp.once["MAIL"] = cut_off
    with start_qcluster(**QUICK):
        Export.objects.start(alice)
        assert_arrived_once(smtp, posts)
    assert outcomes() == [SUCCEEDED]
    assert resends() == [0]


@only_on("sqlite")
@pytest.mark.parametrize("patience", [20, 0.3])
def test_another_process_locks_the_database(patience, alice, bob, posts, start_qcluster, smtp):
    with start_qcluster(
        **SLOW_EXPORT, **ONE_WORKER, DJANGO_SETTINGS_MODULE=STRANGE, SQLITE_SECONDS=patience
    ) as cluster:
        Export.objects.start(alice)
        task = wait_for(half_written)
        with transaction.atomic():  # BEGIN IMMEDIATE: nobody else can write
            wait_for(lambda: timezone.now() > task.lease_until)
            if patience < 1:
                wait_for(lambda: "database is locked" in cluster.log.read_text())
        assert_arrived_once(smtp, posts)
        assert_only_its_file_is_there()
        assert_works(cluster, bob, smtp)


# Posts that change meanwhile


def test_posts_added_edited_and_deleted_meanwhile(alice, posts, start_qcluster, smtp):
    with start_qcluster(**SLOW_EXPORT):
        Export.objects.start(alice)
        wait_for(half_written)
        written, unwritten = posts[0], posts[-1]
        Post.objects.create(author=alice, body="added", timestamp=written.timestamp)
        Post.objects.filter(pk__in=[written.pk, unwritten.pk]).update(body="edited")
        posts[1].delete()
        posts[-2].delete()
        task = wait_for(ended)
    assert (task.state, task.done, task.total) == (State.SUCCEEDED, 30, 30)
    mail = smtp.mails.get(timeout=10)
    assert bodies(mail) == [*(post.body for post in posts[:-2]), "edited"]
    assert "Deleted while exporting: 1" in mail.get_body(("plain",)).get_content()
    export = Export.objects.get()
    assert (export.total, export.count, export.deleted) == (30, 29, 1)
