"""What guards a worker cluster: it replaces what hangs, leaves alone what works, and stops well."""

import os
import signal
import subprocess
import sys

import psutil
import pytest
from django.conf import settings as django_settings

from exports.models import Export
from tasks.broker import Doorbell
from tasks.models import Attempt, State, Task

from .conftest import all_gone
from .observe import QUICK, SLOW_EXPORT, assert_arrived_once, ended, half_written
from .waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

ONE_WORKER = {"QCLUSTER_WORKERS": 1}
SUCCEEDED = Attempt.Outcome.SUCCEEDED


@pytest.fixture
def people(django_user_model):
    """A dozen who have written nothing."""
    return [
        django_user_model.objects.create_user(f"person{number}", f"p{number}@example.com")
        for number in range(12)
    ]


def outcomes():
    return list(Attempt.objects.values_list("outcome", flat=True))


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("pusher", "no worker takes them"),
        ("worker", "no worker takes them"),
        ("sentinel", "silent"),
    ],
)
def test_what_hangs_while_idle_is_replaced(kind, fault, alice, posts, start_qcluster, smtp):
    with start_qcluster(**QUICK, **ONE_WORKER) as cluster:
        leader = cluster.leader
        cluster.find(kind).suspend()
        if kind == "sentinel":  # workers do without it
            wait_for(lambda: all_gone([leader]))
        Export.objects.start(alice)
        assert_arrived_once(smtp, posts)
        assert cluster.leader != leader
        assert fault in cluster.log.read_text()


def test_a_sweeper_that_hangs_is_replaced(alice, posts, redis, start_qcluster, smtp):
    with start_qcluster(**QUICK, EMAIL_TIMEOUT=1) as cluster:
        sweeper, leader = cluster.sweeper, cluster.leader
        sweeper.suspend()
        Export.objects.start(alice)
        wait_for(lambda: all_gone([sweeper]))
        assert_arrived_once(smtp, posts)
        assert cluster.leader == leader


def test_a_long_job_that_others_wait_for_is_no_fault(alice, bob, posts, start_qcluster, smtp):
    with start_qcluster(**QUICK | {"EXPORT_POSTS_PER_SECOND": 2}, **ONE_WORKER) as cluster:
        leader = cluster.leader
        Export.objects.start(alice)  # longer than messages may wait where nobody works
        wait_for(half_written)
        Export.objects.start(bob)
        wait_for(lambda: Task.objects.filter(state=State.SUCCEEDED).count() == 2)
        assert cluster.leader == leader
    assert outcomes() == [SUCCEEDED] * 2


def test_a_backlog_is_no_fault(people, start_qcluster, smtp):
    smtp.delay = 0.3  # seconds before each of four answers: fourteen in all
    with start_qcluster(**QUICK, **ONE_WORKER) as cluster:
        leader = cluster.leader
        for person in people:
            Export.objects.start(person)
        wait_for(lambda: Task.objects.filter(state=State.SUCCEEDED).count() == len(people), 60)
        assert cluster.leader == leader
    assert outcomes() == [SUCCEEDED] * len(people)


def test_told_to_stop_it_ends_what_runs_and_begins_nothing_more(
    alice, bob, posts, start_qcluster, smtp
):
    patient = SLOW_EXPORT | {"TASKS_STOP_SECONDS": 20}
    with start_qcluster(**patient, **ONE_WORKER) as cluster:
        Export.objects.start(alice)
        wait_for(half_written)
        Export.objects.start(bob)  # its message is with the cluster already
        wait_for(lambda: Doorbell().queue_size() == 0)
        cluster.supervisor.send_signal(signal.SIGTERM)
        wait_for(lambda: all_gone([cluster.supervisor]))
    assert outcomes() == [SUCCEEDED]
    assert smtp.mails.qsize() == 1
    assert Task.objects.get(owner=bob).state == State.QUEUED


def test_a_supervisor_killed_while_it_stops_takes_all_of_its_own_along(
    alice, posts, start_qcluster, smtp
):
    with start_qcluster(
        **SLOW_EXPORT | {"EXPORT_POSTS_PER_SECOND": 1, "TASKS_STOP_SECONDS": 60}
    ) as cluster:
        Export.objects.start(alice)
        wait_for(half_written)
        family = cluster.supervisor.children(recursive=True)
        cluster.supervisor.send_signal(signal.SIGTERM)
        wait_for(lambda: "stopping cluster processes" in cluster.log.read_text())
        cluster.supervisor.kill()
        wait_for(lambda: all_gone(family), seconds=5)
    assert not ended()


def test_a_cluster_that_dies_while_redis_is_away_is_replaced_once_it_is_back(
    alice, posts, redis, start_qcluster, smtp
):
    with start_qcluster(**QUICK, **ONE_WORKER) as cluster:
        redis.stop()
        cluster.find("worker").kill()
        wait_for(lambda: "Trying again" in cluster.log.read_text())
        redis.start()
        Export.objects.start(alice)
        assert_arrived_once(smtp, posts)


def test_a_mail_server_that_hangs_does_not_hold_up_who_tells_admins(
    alice, posts, start_qcluster, smtp
):
    smtp.delay = 60
    told = {"ADMINS": "admin@example.com", "DEBUG": "0", "SECRET_KEY": "k" * 50}
    told |= {"ALLOWED_HOSTS": "localhost", "EMAIL_TIMEOUT": 60}
    with start_qcluster(**QUICK | told, **ONE_WORKER) as cluster:
        leader = cluster.leader
        cluster.find("worker").kill()
        wait_for(lambda: all_gone([leader]), seconds=5)
        Export.objects.start(alice)
        wait_for(lambda: Task.objects.filter(phase="mailing").exists())
        assert Export.objects.get().file
    # ... and start_qcluster() has seen it stop in time


def test_who_starts_it_under_nohup_may_log_out(alice, posts, environment, smtp):
    command = ["nohup", sys.executable, "manage.py", "qcluster"]
    supervisor = subprocess.Popen(
        command,
        cwd=django_settings.BASE_DIR,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(lambda: "running." in supervisor.stderr.readline())
        os.kill(supervisor.pid, signal.SIGHUP)
        Export.objects.start(alice)
        assert_arrived_once(smtp, posts)
    finally:
        supervisor.terminate()
        supervisor.communicate(timeout=10)
    assert not psutil.pid_exists(supervisor.pid)
