"""How the slow work goes, in the words of the task board."""

from datetime import timedelta

from django.conf import settings
from django.db import Error as DatabaseError
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.lists import listed
from tasks.board.current import Current

from .findings import first_line, ok, warning, wrong

A_WHILE = timedelta(minutes=1)


def examine():
    current = Current()
    try:
        yield from look_at_workers(current)
        yield from look_at_worries(current)
    except DatabaseError as error:
        yield warning(
            _("Nobody knows how the work goes: %(error)s") % {"error": first_line(error)},
            _("Mend the database first."),
        )


def look_at_workers(current):
    if clusters := current.live_clusters:
        workers = sum(each.workers for each in clusters)
        hosts = listed(sorted({each.host for each in clusters}))
        words = ngettext(
            "%(workers)d worker on %(hosts)s is there.",
            "%(workers)d workers on %(hosts)s are there.",
            workers,
        )
        yield ok(words % {"workers": workers, "hosts": hosts})


def look_at_worries(current):
    """Without workers nothing is done at all; the rest may heal."""
    where = settings.SITE_URL + reverse("admin:tasks_task_changelist")
    mend = _("The task board shows more, and what can be done: %(url)s") % {"url": where}
    for worry in current.worries:
        words = worry.words
        if worry.since and timezone.now() - worry.since > A_WHILE:
            words = _("%(words)s (For %(time)s.)") % {
                "words": words,
                "time": timesince(worry.since),
            }
        yield (warning if current.live_clusters else wrong)(words, mend)
    for group in current.failures:
        if group.lately:
            about = {"count": group.lately, "job": group.job.description, "reason": group.label}
            words = ngettext(
                "%(job)s: failed %(count)d time within an hour. %(reason)s",
                "%(job)s: failed %(count)d times within an hour. %(reason)s",
                group.lately,
            )
            yield warning(words % about, mend)
    if not current.worries:
        yield ok(_("Nothing waits too long, nothing has failed lately, and nothing is paused."))
