"""What is wrong with this site, and what to do about it: for who runs it, by `manage.py doctor`.

A module of this package looks at one topic. Its `examine()` yields findings, asks with time-outs of
PATIENCE, and lets what it does not expect go up: here that is a finding too.
"""

import os
import queue
import threading
from collections.abc import Callable, Iterator
from functools import partial

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import broker, clock, configuration, database, disk, mail, versions, work
from .findings import PATIENCE, Finding, wrong

GIVE_UP_AFTER = 4 * PATIENCE  # without a word: what hangs although it has a time-out
TITLES = {
    "configuration": gettext_lazy("Configuration"),
    "versions": gettext_lazy("Versions"),
    "database": gettext_lazy("Database"),
    "redis": gettext_lazy("Redis"),
    "queue": gettext_lazy("Queue"),
    "disk": gettext_lazy("Disk"),
    "mail": gettext_lazy("Mail"),
    "clock": gettext_lazy("Clock"),
}
SECRET = "PASSWORD", "SECRET", "KEY", "TOKEN", "DSN"  # in the names of variables


def examine(mail_to: str = "") -> Iterator[tuple[str, Finding]]:
    """(topic, finding), topic by topic; all are looked at at once, so that what hangs costs its
    time once. `mail_to`: send a mail there."""
    topics = {
        "configuration": configuration.examine,
        "versions": versions.examine,
        "database": database.examine,
        "redis": broker.examine,
        "queue": work.examine,
        "disk": disk.examine,
        "mail": partial(mail.examine, mail_to),
        "clock": clock.examine,
    }
    begun = {topic: _begin(look) for topic, look in topics.items()}
    for topic, found in begun.items():
        for finding in _until_done(found):
            yield topic, finding.without(secrets())


def _begin(look: Callable[[], Iterator[Finding]]) -> queue.SimpleQueue:
    """A queue that gets its findings, and None at the end."""
    found = queue.SimpleQueue()
    threading.Thread(
        target=_look, args=[look, found, translation.get_language()], daemon=True
    ).start()
    return found


def _look(look, found, language):
    try:
        with translation.override(language):
            _hurry()
            for finding in look():
                found.put(finding)
    except Exception as error:  # whatever it is: the others go on
        words = _("This could not be looked at any further: %(error)s")
        words %= {"error": f"{type(error).__name__}: {error}"}
        found.put(wrong(words, _("It is an error of this program; please tell who makes it.")))
    finally:
        connections.close_all()  # this thread's own
        found.put(None)


def _hurry():
    """Have the database's connection of this thread give up after PATIENCE."""
    own = connections[DEFAULT_DB_ALIAS].copy()
    options = own.settings_dict["OPTIONS"]
    if own.vendor == "postgresql":
        options["connect_timeout"] = PATIENCE
        options["options"] = f"{options.get('options', '')} -c statement_timeout={PATIENCE}s"
    else:
        options["timeout"] = PATIENCE
    connections[DEFAULT_DB_ALIAS] = own


def _until_done(found):
    while True:
        try:
            finding = found.get(timeout=GIVE_UP_AFTER)
        except queue.Empty:
            words = _("No answer within %(seconds)d seconds.") % {"seconds": GIVE_UP_AFTER}
            yield wrong(words, _("Something hangs: see that what is named here is there at all."))
            return
        if finding is None:
            return
        yield finding


def secrets() -> list[str]:
    """What nobody is to read, not even in an error that a library made of it; the longest first."""
    known = [
        settings.SECRET_KEY,
        settings.DATABASES[DEFAULT_DB_ALIAS].get("PASSWORD"),
        settings.REDIS_URL.rpartition("@")[0].rpartition(":")[2],
        getattr(settings, "EMAIL_HOST_PASSWORD", ""),
    ]
    named = [value for name, value in os.environ.items() if any(each in name for each in SECRET)]
    return sorted({each for each in [*known, *named] if each and len(each) > 5}, key=len)[::-1]
