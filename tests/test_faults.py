"""What happens to an export when a part is killed, unplugged, or says no."""

import json
import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.db import connections
from django.utils import timezone
from django_q.signing import SignedPackage

from exports.models import Export
from tasks import lifecycle
from tasks.broker import Doorbell
from tasks.models import Attempt, State, Task

from .observe import QUICK, SLOW_EXPORT, assert_arrived_once, bodies, ended, half_written
from .proxy import Proxy
from .servers import frozen
from .waiting import clock, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
@pytest.mark.postgres_too
def test_a_killed_worker_s_export_starts_over_by_itself_and_arrives_once(
    alice, posts, start_qcluster, smtp
):
    with start_qcluster(**SLOW_EXPORT) as cluster:
        Export.objects.start(alice)
        task = wait_for(half_written)
        cluster.worker_of(task).kill()
        task = wait_for(ended)
        assert task.state == State.SUCCEEDED
        assert [attempt.outcome for attempt in task.attempts.all()] == [
            Attempt.Outcome.LOST,
            Attempt.Outcome.SUCCEEDED,
        ]
        assert bodies(smtp.mails.get(timeout=10)) == [post.body for post in posts]
    assert smtp.mails.empty()
    export = Export.objects.get()
    assert export.count == len(posts)
    assert export.file.storage.listdir(export.folder)[1] == [export.file.name.split("/")[1]]


def press_while_redis_is_away(client):
    """The person hardly waits, and is told what is true."""
    client.get("/exports/")  # the first request of a process imports what the others find there
    begun = clock()
    answer = client.post("/exports/")
    assert clock() - begun < 1
    assert "Waiting" in client.get(answer.url).content.decode()


@pytest.mark.slow
@pytest.mark.postgres_too
def test_redis_down_at_the_click_costs_little_and_the_export_runs_once_it_is_back(
    alices, alice, posts, redis, start_qcluster, smtp
):
    with start_qcluster(TASKS_SWEEP_SECONDS=0.2, TASKS_RING_AGAIN_SECONDS=0.2):
        redis.stop()
        press_while_redis_is_away(alices)
        assert Task.objects.get().state == State.QUEUED
        redis.start()
        assert wait_for(ended).state == State.SUCCEEDED
        assert smtp.mails.get(timeout=10)
    assert smtp.mails.empty()


def test_redis_hanging_at_the_click_costs_less_than_a_second_and_the_export_runs(
    alices, posts, redis, start_qcluster, smtp
):
    with start_qcluster(**QUICK):
        with frozen(redis.pid):
            press_while_redis_is_away(alices)
        assert_arrived_once(smtp, posts)


def test_an_answer_of_redis_that_is_lost_doubles_nothing(
    alices, alice, posts, redis, start_qcluster, smtp, settings
):
    with Proxy(redis.url) as proxy:
        settings.REDIS_URL = proxy.url
        assert Doorbell().queue_size() == 0
        proxy.loses_answers = True
        press_while_redis_is_away(alices)
        assert proxy.lost
    settings.REDIS_URL = redis.url
    with start_qcluster(**QUICK):
        assert_arrived_once(smtp, posts)
    assert Attempt.objects.count() == 1


def test_a_message_that_redis_took_without_saying_so_is_one_run(
    alice, posts, redis, start_qcluster, smtp, settings, monkeypatch
):
    monkeypatch.setattr(lifecycle, "_room", lambda doorbell: 1)  # asks nothing before it pushes
    with Proxy(redis.url) as proxy:
        settings.REDIS_URL = proxy.url
        assert Doorbell().queue_size() == 0  # connected
        proxy.loses_answers = True
        Export.objects.start(alice)
    settings.REDIS_URL = redis.url
    assert Doorbell().queue_size() == 1
    lifecycle.ring(Task.objects.all())  # as the sweeper does
    with start_qcluster(TASKS_RING_AGAIN_SECONDS=60) as cluster:
        assert_arrived_once(smtp, posts)
        wait_for(lambda: cluster.log.read_text().count("Nothing to do") == 1)
    assert Attempt.objects.count() == 1


def test_a_message_that_redis_lost_is_rung_again(alice, posts, redis, start_qcluster, smtp):
    Export.objects.start(alice)
    redis.stop()
    redis.start()  # it keeps nothing
    assert Doorbell().queue_size() == 0
    with start_qcluster(TASKS_SWEEP_SECONDS=0.2, TASKS_RING_AGAIN_SECONDS=0.2):
        assert wait_for(ended).state == State.SUCCEEDED
    assert smtp.mails.qsize() == 1


def test_what_a_lost_worker_left_goes_before_all_that_waits(alice, bob, redis, settings):
    left = Export.objects.start(alice)[0].task
    lifecycle.claim(left.job, left.pk)
    Doorbell().delete_queue()
    waits = Export.objects.start(bob)[0].task
    settings.TASKS_RING_AGAIN_SECONDS = 0
    Task.objects.filter(pk=left.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert lifecycle.sweep() == 2
    told = [SignedPackage.loads(each)["args"] for each in redis_list()]
    assert told == [(str(left.pk),), (str(waits.pk),), (str(waits.pk),)]


def redis_list():
    doorbell = Doorbell()
    return doorbell.connection.lrange(doorbell.list_key, 0, -1)


@pytest.mark.slow
@pytest.mark.postgres_too
def test_a_slow_mail_server_gets_the_mail_once(alice, posts, start_qcluster, smtp):
    smtp.delay = 1  # seconds before each answer, of which there are more than the lease has
    with start_qcluster(
        EMAIL_TIMEOUT=2,
        TASKS_LEASE_SECONDS=1,
        TASKS_SWEEP_SECONDS=0.2,
        TASKS_RING_AGAIN_SECONDS=0.2,
    ):
        Export.objects.start(alice)
        assert wait_for(ended).state == State.SUCCEEDED
    assert smtp.mails.qsize() == 1
    assert Attempt.objects.count() == 1


def test_a_mail_server_that_refuses_fails_the_task_and_leaves_the_file(
    alices, alice, posts, start_qcluster, smtp
):
    smtp.refusal = "550 5.7.1 not from here"
    with start_qcluster():
        export, _ = Export.objects.start(alice)
        assert wait_for(ended).state == State.FAILED
    page = alices.get("/exports/").content.decode()
    assert "did not take the mail" in page
    download = alices.get(f"/exports/{export.pk}/download/", follow=True)
    assert len(json.loads(b"".join(download.streaming_content))["posts"]) == len(posts)
    download.close()
    assert "550" in Attempt.objects.get().traceback


def test_a_mail_server_that_is_away_fails_the_task_and_leaves_the_file(
    alice, posts, start_qcluster, settings
):
    settings.TASKS_MAX_ATTEMPTS = 2
    with start_qcluster(
        EMAIL_URL="smtp://127.0.0.1:1", TASKS_RETRY_SECONDS=0.1, TASKS_SWEEP_SECONDS=0.2
    ):
        Export.objects.start(alice)
        assert wait_for(ended).reason == "not_mailed"
    assert Attempt.objects.count() == 2
    assert Export.objects.get().file


def test_twenty_at_once_are_one(alice, client, redis):
    client.force_login(alice)
    cookies = client.cookies
    answers = []
    together = threading.Barrier(20)

    def press():
        mine = type(client)()
        mine.cookies = cookies
        together.wait()
        answers.append(mine.post("/exports/").status_code)
        connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302] * 20
    assert Task.objects.count() == Export.objects.count() == 1


def test_a_person_deleted_mid_export_is_gone_and_nothing_is_mailed(
    alice, posts, start_qcluster, smtp
):
    with start_qcluster(EXPORT_POSTS_PER_SECOND=10) as cluster:
        export, _ = Export.objects.start(alice)
        worker = cluster.worker_of(wait_for(half_written))
        alice.delete()
        storage = export.file.storage
        wait_for(lambda: not storage.exists(export.folder) or not storage.listdir(export.folder)[1])
        assert worker.is_running()
    assert smtp.mails.empty()
    assert not Task.objects.exists()


@pytest.mark.slow
@pytest.mark.postgres_too
def test_stopping_ends_soon_and_the_export_goes_on_at_the_next_start(
    alice, posts, start_qcluster, smtp
):
    slow = {"EXPORT_POSTS_PER_SECOND": 1, "TASKS_LEASE_SECONDS": 2, "TASKS_STOP_SECONDS": 0.5}
    with start_qcluster(**slow):
        Export.objects.start(alice)
        wait_for(half_written)
    given_back = Task.objects.get()
    assert (given_back.state, given_back.failures) == (State.QUEUED, 0)
    with start_qcluster(TASKS_SWEEP_SECONDS=0.2, TASKS_RING_AGAIN_SECONDS=0.2):
        assert wait_for(ended).state == State.SUCCEEDED
    assert smtp.mails.qsize() == 1


def qcluster(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", "qcluster", *arguments],
        cwd=django_settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "microblog.settings"} | environment,
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_a_cluster_without_redis_ends_and_says_so():
    ended = qcluster()
    assert ended.returncode == 1
    assert "Is the Redis server of REDIS_URL there?" in ended.stderr


def test_a_cluster_that_is_to_run_once_ends_well(redis):
    assert qcluster("--run-once", REDIS_URL=redis.url).returncode == 0
