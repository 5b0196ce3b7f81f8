"""A copy of this checkout, as a clone would be, and what `bin/run` starts in it."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import requests

from microblog.valkey import free_port

from .documents import ROOT
from .waiting import wait_for

NOT_IN_A_CLONE = shutil.ignore_patterns(
    ".git", ".venv", ".env", "var", "staticfiles", "*.mo", "__pycache__", ".*_cache"
)


PATIENCE = 120  # seconds
STOPS_WITHIN = 10  # seconds, beside other tests
OURS = {"DATABASE_URL", "REDIS_URL", "VAR_DIR", "SITE_URL", "DJANGO_SETTINGS_MODULE"}


def make_clone(folder):
    """Make one in `folder`, which is not there yet; it shares our .venv. Return `folder`."""
    shutil.copytree(ROOT, folder, ignore=NOT_IN_A_CLONE)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    return folder


class Clone:
    """A copy of this checkout that shares our .venv, and at most one `bin/run` in it."""

    def __init__(self, folder):
        self.root = make_clone(folder / "clone")
        self.log = folder / "log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    @property
    def environment(self):
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        return inherited | {"ENV_FILE": ""}

    def start(self, **environment):
        with self.log.open("w") as log:
            self.run = subprocess.Popen(
                ["bin/run"],
                cwd=self.root,
                env=self.environment | {"PORT": str(self.port), **environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def processes(self):
        """All that was started here, whoever is its parent or its group now."""
        found = []
        for process in psutil.process_iter():
            with suppress(psutil.Error):
                if Path(process.cwd()).is_relative_to(self.root):
                    found.append(process)
        return found

    def said(self):
        return self.log.read_text()

    def wait_for_line(self, line):
        wait_for(lambda: line in self.said() or self.run.poll() is not None, PATIENCE, self.said)
        assert line in self.said()

    def wait_for_site(self):
        def answers():
            assert self.run.poll() is None, self.said()
            # While the web server's workers are still on their way, it takes a request and waits.
            with suppress(requests.ConnectionError, requests.Timeout):
                return requests.get(self.url, timeout=5).ok

        wait_for(answers, PATIENCE, self.said)

    def assert_stops(self, send, number=signal.SIGTERM):
        """All of it is gone in time after `send(pid, number)`; return the exit status."""
        processes = self.processes()
        asked = time.monotonic()
        send(self.run.pid, number)
        status = self.run.wait(STOPS_WITHIN)
        assert time.monotonic() - asked < STOPS_WITHIN
        assert [process for process in processes if is_alive(process)] == []
        assert self.processes() == []
        return status


def is_alive(process):
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE  # those wait only for init to count them
    return False


@contextmanager
def signed_in(clone):
    """Alice, as the greeting has her."""
    with requests.Session() as alice:
        post(alice, f"{clone.url}/accounts/login/", username="alice", password="demo-password")
        assert "sessionid" in alice.cookies
        yield alice


def post(session, url, **data):
    session.get(url, timeout=10)
    token = session.cookies["csrftoken"]
    answer = session.post(url, {"csrfmiddlewaretoken": token, **data}, timeout=10)
    answer.raise_for_status()
