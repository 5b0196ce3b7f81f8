"""Backup and restore as docs/how-to/back-up-and-restore.md has them: the tasks of the backup go
on."""

import shutil
import sqlite3
import subprocess
from contextlib import closing

import psycopg
import pytest
from django.conf import settings as django_settings
from django.db import connection

from exports.models import Export
from tasks import lifecycle
from tasks.models import Task

from .observe import QUICK, bodies
from .servers import find_postgres

pytestmark = [pytest.mark.slow, pytest.mark.postgres_too, pytest.mark.django_db(transaction=True)]

DOCS = (django_settings.BASE_DIR / "docs/how-to/back-up-and-restore.md").read_text()


@pytest.fixture
def back_up(environment, tmp_path):
    """`back_up()`: write the database away as it is now, and return what restores that into another
    one, of which it returns the DATABASE_URL."""
    if connection.vendor == "sqlite":
        yield _of_sqlite(tmp_path)
    else:
        yield _of_postgres(environment, tmp_path)
        _administer(environment, "DROP DATABASE restored")


def _of_sqlite(folder):
    copy = folder / "microblog.sqlite3"

    def back_up():
        assert "VACUUM INTO '" in DOCS
        with closing(sqlite3.connect(connection.settings_dict["NAME"])) as database:
            database.execute(f"VACUUM INTO '{copy}'")
        return lambda: f"sqlite:///{copy}"

    return back_up


def _of_postgres(environment, folder):
    url, file = environment["DATABASE_URL"], folder / "microblog.dump"

    def run(command, *more):
        assert command in DOCS
        program, *options = command.split()
        path = shutil.which(program) or find_postgres() / program
        subprocess.run([path, *options, *more], check=True)

    def back_up():
        run("pg_dump --format=custom", f"--file={file}", url)
        return restore

    def restore():
        _administer(environment, "CREATE DATABASE restored")
        other = f"{_server(environment)}/restored"
        run("pg_restore --no-owner --exit-on-error --single-transaction", f"--dbname={other}", file)
        return other

    return back_up


def _server(environment):
    return environment["DATABASE_URL"].rpartition("/")[0]


def _administer(environment, sql):
    with psycopg.connect(f"{_server(environment)}/postgres", autocommit=True) as database:
        database.execute(sql)


def test_what_was_waiting_and_what_was_being_done_goes_on(
    back_up, alice, bob, posts, environment, monkeypatch, settings, start_qcluster, smtp
):
    settings.TASKS_LEASE_SECONDS = 1
    Export.objects.start(alice)
    begun, _ = Export.objects.start(bob)
    assert lifecycle.claim(begun.task.job, begun.task_id)  # by a worker of which nothing is left
    restore = back_up()

    monkeypatch.setitem(environment, "DATABASE_URL", restore())
    with start_qcluster(**QUICK):
        mails = {(mail := smtp.mails.get(timeout=60))["To"]: mail for _ in range(2)}
    assert bodies(mails[alice.email]) == [post.body for post in posts]
    assert bodies(mails[bob.email]) == []
    assert smtp.mails.empty()
    assert Task.objects.active().count() == 2  # where the backup was made, nobody did anything
