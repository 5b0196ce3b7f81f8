from datetime import datetime
from urllib.parse import urlencode

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def duration(seconds: float | None) -> str:
    """In the two largest units that say something: 40 ms, 4.2 s, 42 s, 3 min 20 s, 2 h, 3 d 4 h."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return _("%(number)s ms") % {"number": round(seconds * 1000)}
    if seconds < 10:
        return _("%(number)s s") % {"number": number_format(seconds, 1)}
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [
        days and _("%(number)s d") % {"number": days},
        hours and _("%(number)s h") % {"number": hours},
        minutes and _("%(number)s min") % {"number": minutes},
        seconds and _("%(number)s s") % {"number": seconds},
    ]
    first = next(place for place, part in enumerate(parts) if part)
    return " ".join(part for part in parts[first : first + 2] if part)


@register.filter
def to_the_minute(moment: datetime) -> datetime:
    """What is asked for every few seconds does not change as often by it."""
    return moment.replace(second=0, microsecond=0)


@register.simple_tag
def failures_asked(failures) -> str:
    """What the list of tasks is asked, so that it shows these."""
    asked = {"state__exact": "failed", "ended": "week", "newer": "none"}
    return urlencode(asked | {"job": failures.job.name, "reason": failures.reason})
