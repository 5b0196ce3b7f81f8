"""Whether the database is there, and fit for what there is to do."""

import socket
import sqlite3

from django.db import Error as DatabaseError
from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.lists import listed
from microblog import readiness
from tasks.models import Cluster

from .findings import first_line, ok, warning, wrong

HANDS = 4  # processes of a cluster that use a connection besides its workers
THREADS = 8  # of a web server as the Procfile starts it
NEARLY = 0.9


def examine():
    try:
        connection.ensure_connection()
        version = look_at_version()
    except DatabaseError as error:
        yield wrong(
            _("The database can't be reached: %(error)s") % {"error": first_line(error)},
            _("See that the server of DATABASE_URL runs and lets us in."),
        )
        return
    yield version
    yield from look_at_migrations()
    if connection.vendor == "sqlite":
        yield from look_at_journal()
        yield from look_at_hosts()
    else:
        yield from look_at_room()


def look_at_version():
    least = connection.features.minimum_database_version
    version = connection.get_database_version()
    is_sqlite = connection.vendor == "sqlite"
    name = "SQLite" if is_sqlite else "PostgreSQL"
    text = sqlite3.sqlite_version if is_sqlite else ".".join(map(str, version))
    about = {"name": name, "version": text, "least": ".".join(map(str, least))}
    if version < least:
        words = _("%(name)s is %(version)s, and has to be %(least)s or newer.") % about
        return wrong(words, _("Upgrade it."))
    return ok(_("%(name)s %(version)s answers.") % about)


def look_at_migrations():
    if plan := readiness.unapplied_migrations():
        words = ngettext(
            "%(count)d migration is not applied: %(first)s.",
            "%(count)d migrations are not applied, from %(first)s on.",
            len(plan),
        )
        yield wrong(words % {"count": len(plan), "first": plan[0][0]}, "manage.py migrate")
    else:
        yield ok(_("All migrations are applied."))


def look_at_journal():
    """SQLite has to let read while somebody writes, which it can't on disks of the network."""
    with connection.cursor() as cursor:
        mode = cursor.execute("PRAGMA journal_mode").fetchone()[0]
    if mode != "wal":
        yield warning(
            _("SQLite's journal is %(mode)s and not WAL: who reads waits for who writes.")
            % {"mode": mode},
            _("Put the file of DATABASE_URL on a disk of this machine, not of the network."),
        )


def look_at_hosts():
    """SQLite is a file, for one machine."""
    try:
        hosts = set(Cluster.objects.live().values_list("host", flat=True))
    except DatabaseError:  # not migrated yet
        return
    if others := hosts - {socket.gethostname()}:
        yield warning(
            _("The database is a file (SQLite), and workers run on other machines: %(hosts)s.")
            % {"hosts": listed(sorted(others))},
            _("Set DATABASE_URL to a PostgreSQL server, which several machines can use."),
        )


def look_at_room():
    """Whether PostgreSQL lets in all who may come at once."""
    most, used = ask_room()
    try:
        clusters = Cluster.objects.live().values_list("workers", flat=True)
        needed = sum(workers + HANDS for workers in clusters) + THREADS
    except DatabaseError:  # not migrated yet
        needed = THREADS
    about = {"most": most, "used": used, "needed": needed}
    mend = _(
        "Raise max_connections of the server, put a pooler before it, or lower QCLUSTER_WORKERS."
    )
    if used >= NEARLY * most:
        yield warning(_("%(used)d of %(most)d connections to PostgreSQL are taken.") % about, mend)
    elif needed > most:
        words = _(
            "Workers and a web server may need %(needed)d connections at once, and PostgreSQL has"
            " %(most)d."
        )
        yield warning(words % about, mend)
    else:
        yield ok(_("%(used)d of %(most)d connections to PostgreSQL are taken.") % about)


def ask_room() -> tuple[int, int]:
    """How many connections PostgreSQL has for us and others, and how many of them are taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int"
            " - current_setting('superuser_reserved_connections')::int,"
            " (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')"
        )
        return cursor.fetchone()
