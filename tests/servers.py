"""Real servers for tests, each with data of its own that is gone afterwards."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg

from microblog.valkey import free_port


def find_postgres():
    """The folder with the newest PostgreSQL's binaries, or None."""
    if initdb := shutil.which("initdb"):
        return Path(initdb).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((path.parent for path in debian), key=_version, default=None)


def _version(binaries):
    return [int(part) for part in binaries.parent.name.split(".")]


@contextmanager
def frozen(*pids):
    """These processes hang meanwhile: they are there, and do nothing."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


class Postgres:
    """A new cluster of databases, which is quick because it may forget everything, or as durable as
    PostgreSQL is by default. As a context manager it is made, started, stopped and removed.

    `address`: at which it listens. It trusts all who are in the same network."""

    def __init__(self, durable=False, address="127.0.0.1"):
        self.durable = durable
        self.address = address
        self.port = free_port()
        self.url = f"postgres://microblog@{address}:{self.port}/postgres"
        user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
        self.folder = tempfile.mkdtemp(prefix="microblog-postgres-")
        if user:
            shutil.chown(self.folder, user)
        group = user and pwd.getpwnam(user).pw_gid
        self.options = {"cwd": self.folder, "user": user, "group": group}
        self.data = f"{self.folder}/data"
        self.binaries = find_postgres()

    def __enter__(self):
        initdb = [self.binaries / "initdb", "--no-sync", "--auth=trust", "--username=microblog"]
        try:
            subprocess.run(
                [*initdb, "--encoding=UTF8", "--locale=C.UTF-8", self.data],
                **self.options,
                check=True,
                stdout=subprocess.DEVNULL,
            )
            with open(f"{self.data}/pg_hba.conf", "a") as trusted:
                trusted.write("host all all samenet trust\n")
            self.start()
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(self, *error):
        self.stop(signal.SIGQUIT)  # at once
        shutil.rmtree(self.folder)

    def start(self):
        listen = ["-k", self.folder, "-h", self.address, "-p", str(self.port)]
        command = [self.binaries / "postgres", "-D", self.data, *listen]
        if not self.durable:
            command += ["-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
        with open(f"{self.folder}/log", "a") as log:
            self.process = subprocess.Popen(
                command, **self.options, stdout=log, stderr=log, start_new_session=True
            )
        self._wait(30)

    def stop(self, number=signal.SIGINT):
        """`number`: as PostgreSQL has them; SIGINT ends all connections and writes everything."""
        self.process.send_signal(number)
        self.process.wait()

    def _wait(self, seconds):
        deadline = time.monotonic() + seconds
        while True:
            try:
                return psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    said = Path(f"{self.folder}/log").read_text()
                    self.stop(signal.SIGQUIT)
                    raise RuntimeError(f"PostgreSQL did not start:\n{said}") from None
                time.sleep(0.05)


@contextmanager
def postgres(durable=False):
    """Yield the DATABASE_URL of a `Postgres`."""
    with Postgres(durable) as server:
        yield server.url
