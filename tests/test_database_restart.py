"""PostgreSQL itself is stopped and started again while an export is under way."""

import subprocess
import sys
import threading

import psycopg
import pytest

from .observe import SLOW_EXPORT, bodies
from .servers import Postgres
from .waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

START = """
from accounts.models import User
from blog.models import Post
from exports.models import Export
alice = User.objects.create_user("alice", "alice@example.com")
for number in range(30):
    Post.objects.create(author=alice, body=f"post {number}")
Export.objects.start(alice)
"""


@pytest.fixture
def server(environment, monkeypatch):
    """A PostgreSQL of its own, with an export in it that nobody has begun."""
    with Postgres(durable=True) as server:
        monkeypatch.setitem(environment, "DATABASE_URL", server.url)
        for command in (["migrate", "--verbosity", "0"], ["shell", "-c", START]):
            subprocess.run([sys.executable, "manage.py", *command], env=environment, check=True)
        yield server


def row(server, columns, condition):
    """For wait_for(): this of the task, once the condition holds."""

    def look():
        with psycopg.connect(server.url) as connection:
            sql = f"SELECT {columns} FROM tasks_task WHERE {condition}"
            return connection.execute(sql).fetchone()

    return look


def test_the_export_goes_on_and_arrives_once(server, start_qcluster, smtp):
    with start_qcluster(**SLOW_EXPORT) as cluster:
        leader = cluster.leader
        wait_for(row(server, "id", "phase = 'writing' AND done > 0"))
        server.stop()
        wait_for(lambda: "The sweeper could not read the tasks" in cluster.log.read_text())
        server.start()
        assert wait_for(row(server, "state, reason", "ended_at IS NOT NULL")) == ("succeeded", "")
        assert cluster.leader == leader
    assert bodies(smtp.mails.get(timeout=10)) == [f"post {number}" for number in range(30)]
    assert smtp.mails.empty()


def test_a_mail_that_was_taken_meanwhile_is_not_sent_again(server, start_qcluster, smtp):
    back = threading.Event()

    def start_again(message):
        server.start()
        back.set()

    smtp.on_data = lambda message: back.is_set() or server.stop()
    smtp.on_taken = lambda message: back.is_set() or start_again(message)
    # A lease as in production: one of two seconds is over before this server is back.
    with start_qcluster(**SLOW_EXPORT | {"EXPORT_POSTS_PER_SECOND": 0, "TASKS_LEASE_SECONDS": 15}):
        assert back.wait(30)
        assert wait_for(row(server, "state", "ended_at IS NOT NULL")) == ("succeeded",)
    assert smtp.mails.qsize() == 1
