"""Real parts: Redis protocol server, worker cluster, SMTP server, Chromium."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager

import psutil
import pytest
import requests
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from blog.models import Post
from conftest import sign_in
from microblog.valkey import Valkey, free_port

from .smtp import Sink
from .waiting import wait_for

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)


@pytest.fixture
def smtp():
    with Sink() as sink:
        yield sink


@pytest.fixture
def redis(settings):
    """A running Redis protocol server, which the site under test uses."""
    with Valkey() as server:
        settings.REDIS_URL = server.url
        yield server


class Cluster:
    """A running `manage.py qcluster`: its processes are `psutil.Process`es."""

    SAID = {"worker": "ready for work at", "monitor": "monitoring at", "pusher": "pushing tasks at"}

    def __init__(self, process, log):
        self.supervisor = psutil.Process(process.pid)
        self.log = log

    @property
    def leader(self):
        """The one child of the supervisor that has a session of its own."""
        children = self.supervisor.children()
        return next(child for child in children if os.getsid(child.pid) == child.pid)

    @property
    def sweeper(self):
        (sweeper,) = {*self.supervisor.children()} - {self.leader}
        return sweeper

    @property
    def sentinel(self):
        (sentinel,) = self.leader.children()
        return sentinel

    def find(self, kind):
        """The newest process of this kind, by the log, or one of those that have no line there."""
        if kind in self.SAID:
            line = re.compile(rf"{self.SAID[kind]} (\d+)")
            return psutil.Process(int(wait_for(lambda: line.findall(self.log.read_text()))[-1]))
        return getattr(self, kind)

    def worker_of(self, task):
        """The process that runs the task."""
        return psutil.Process(int(task.attempts.latest("number").worker.rpartition(":")[2]))


def all_gone(processes):
    """Whether they have ended; also those that init has not yet buried, which are not ours."""
    return all(_is_gone(process) for process in processes)


def _is_gone(process):
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def descendants(process):
    try:
        return psutil.Process(process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


@pytest.fixture
def environment(transactional_db, redis, smtp):
    """The environment of a process of the site on the database of the tests."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "microblog.settings",
        "DATABASE_URL": url,
        "REDIS_URL": redis.url,
        "EMAIL_URL": smtp.url,
        "TASKS_STOP_SECONDS": "3",
    }


@pytest.fixture
def start_qcluster(environment, tmp_path):
    """A context of a `manage.py qcluster` of its own; settings as keyword arguments. It is stopped
    like an operator would and must leave no process behind."""

    @contextmanager
    def start(**settings):
        log = tmp_path / f"qcluster-{len(list(tmp_path.iterdir()))}.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "qcluster"],
                cwd=django_settings.BASE_DIR,
                env=environment | {name: str(value) for name, value in settings.items()},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            wait_for(lambda: "running." in log.read_text() or process.poll() is not None)
            cluster = Cluster(process, log)
            yield cluster
        finally:
            family = descendants(process)
            process.send_signal(signal.SIGTERM)
            process.wait(10)
            wait_for(lambda: all_gone(family), seconds=5)
            print(log.read_text())

    return start


@pytest.fixture
def site(environment, tmp_path):
    """The address of the site under gunicorn, as it is started in production; and its workers."""
    procfile = (django_settings.BASE_DIR / "Procfile").read_text().splitlines()
    (command,) = (line.partition(": ")[2] for line in procfile if line.startswith("web: "))
    address = f"127.0.0.1:{free_port()}"
    log = tmp_path / "gunicorn.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *shlex.split(command), "--bind", address],
            cwd=django_settings.BASE_DIR,
            env=environment | {"SITE_URL": f"http://{address}"},
            stdout=output,
            stderr=output,
        )
    try:
        wait_for(lambda: log.read_text().count("Booting worker") == 2 or process.poll(), seconds=60)
        wait_for(lambda: answers(f"http://{address}/accounts/login/"), seconds=60)
        yield f"http://{address}", psutil.Process(process.pid).children()
    finally:
        family = psutil.Process(process.pid).children(recursive=True)
        process.terminate()
        process.wait(40)
        wait_for(lambda: all_gone(family))
        print(log.read_text())


def answers(url):
    try:
        return requests.get(url, timeout=30).ok
    except requests.RequestException:
        return False


@pytest.fixture
def posts(transactional_db, alice):
    """Thirty posts of Alice's."""
    texts = [f"Post {number} 你好 🦜\nsecond line" for number in range(30)]
    now = timezone.now()
    return Post.objects.bulk_create(Post(author=alice, body=text, timestamp=now) for text in texts)


@pytest.fixture
def counting(redis, settings):
    """Limits of two in a day, of four for who signs in at an address, of six by a name from
    anywhere; and the Redis that counts."""
    patient = {"socket_connect_timeout": 10, "socket_timeout": 10}  # while other tests run
    own = {"LOCATION": redis.url, "OPTIONS": patient}
    settings.CACHES = {"default": settings.CACHES["default"] | own}
    settings.LIMITS = dict.fromkeys(settings.LIMITS, (2, 24 * 3600))
    settings.LIMITS["sign_in_address"] = 4, 24 * 3600
    settings.LIMITS["sign_in_name"] = 6, 24 * 3600
    return redis


@pytest.fixture
def open_as(browser, live_server):
    """`open_as(person, **options)`: a page of a browser in which this person is signed in, and in
    which nothing may go wrong but what the texts in `expected` are about."""
    contexts, problems = [], []

    def open_as(person, expected=(), **options):
        def told(problem):
            if not any(text in problem for text in expected):
                problems.append(problem)

        client = Client()
        client.force_login(person)
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        sign_in(context, client, live_server.url)
        context.on("weberror", lambda error: told(str(error.error)))
        context.on("console", lambda said: said.type == "error" and told(said.text))
        return context.new_page()

    yield open_as
    for context in contexts:
        context.close()
    assert not problems


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def javascript(request):
    return request.param


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    if not CHROMIUM:
        pytest.skip("Chromium is not installed (apt install chromium)")
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    return browser_type_launch_args | {"executable_path": CHROMIUM, "args": quiet}
