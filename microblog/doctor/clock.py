"""Whether all have the same time, and know the zones."""

import zoneinfo

from django.db import Error as DatabaseError
from django.db import connection
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from .findings import ok, warning, wrong

# Seconds that two clocks may be apart: until metrics and the order of tasks suffer, and leases
SOME, MUCH = 1, 5


def examine():
    yield look_at_zones()
    if connection.vendor != "sqlite":  # which has the clock of this machine
        try:
            yield look_at_difference(ahead())
        except DatabaseError:
            yield warning(
                _("Nobody knows whether the clocks agree: the database does not answer."),
                _("Mend the database first."),
            )


def look_at_zones():
    if "America/New_York" in zoneinfo.available_timezones():
        return ok(_("The time zones are known."))
    mend = _("Install the package tzdata, of the system or by pip.")
    return wrong(_("No time zones are known, so nobody can choose theirs."), mend)


def ahead() -> float:
    """How many seconds the clock of the database is before that of this machine."""
    with connection.cursor() as cursor:
        began = timezone.now()
        cursor.execute("SELECT clock_timestamp()")
        (there,) = cursor.fetchone()
        return (there - began - (timezone.now() - began) / 2).total_seconds()


def look_at_difference(seconds: float):
    if abs(seconds) <= SOME:
        return ok(_("The clocks of this machine and of the database agree."))
    words = _("The clocks of this machine and of the database are %(seconds)s s apart.")
    words %= {"seconds": number_format(abs(seconds), 1)}
    mend = _("Let NTP set both (chrony or systemd-timesyncd).")
    return (wrong if abs(seconds) > MUCH else warning)(words, mend)
