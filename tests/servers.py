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
def postgres(durable=False):
    """Yield the DATABASE_URL of a new cluster, which is quick because it may forget everything, or
    as durable as PostgreSQL is by default."""
    binaries = find_postgres()
    user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    folder = tempfile.mkdtemp(prefix="microblog-postgres-")
    if user:
        shutil.chown(folder, user)
    cluster = {"cwd": folder, "user": user, "group": user and pwd.getpwnam(user).pw_gid}
    data = f"{folder}/data"
    port = free_port()
    initdb = [binaries / "initdb", "--no-sync", "--auth=trust", "--username=microblog"]
    server = [binaries / "postgres", "-D", data, "-k", folder, "-h", "127.0.0.1", "-p", str(port)]
    if not durable:
        server += ["-F", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    try:
        subprocess.run(
            [*initdb, "--encoding=UTF8", "--locale=C.UTF-8", data],
            **cluster,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with open(f"{folder}/log", "w") as log:
            process = subprocess.Popen(
                server, **cluster, stdout=log, stderr=log, start_new_session=True
            )
        try:
            url = f"postgres://microblog@127.0.0.1:{port}/postgres"
            _wait(url, process, log.name)
            yield url
        finally:
            process.send_signal(signal.SIGQUIT)  # at once
            process.wait()
    finally:
        shutil.rmtree(folder)


def _wait(url, process, log, seconds=30):
    deadline = time.monotonic() + seconds
    while True:
        try:
            return psycopg.connect(url).close()
        except psycopg.OperationalError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"PostgreSQL did not start:\n{Path(log).read_text()}") from None
            time.sleep(0.05)
