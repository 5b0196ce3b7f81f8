"""The time zones of the world, as people choose theirs: by area, under the names that cities have
in their language (Unicode's CLDR, which Babel brings)."""

import unicodedata
import zoneinfo
from functools import cache

from babel import Locale
from babel.core import get_global
from django.utils.translation import gettext_lazy as _
from django.utils.translation import to_locale

AREAS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic Ocean"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific Ocean"),
}
# Of zones that were renamed, or put together, by their old ones.
NEW_NAMES = get_global("zone_aliases")


@cache
def zone_choices(language: str):
    """The zones by area, as choices of a select; without the many old names."""
    cities = {area: [] for area in AREAS}
    for name in zoneinfo.available_timezones() - NEW_NAMES.keys():
        area, _, city = name.partition("/")
        if city and area in cities:
            cities[area].append((name, city_of(name, language)))
    return [("", [("UTC", "UTC")])] + [
        (words, sorted(cities[area], key=_in_order)) for area, words in AREAS.items()
    ]


def city_of(name: str, language: str) -> str:
    """What the city after which a zone is named is called in a language; as the zone has it where
    nobody knows."""
    cities = Locale.parse(to_locale(language)).time_zones
    new = NEW_NAMES.get(name, name)
    # Unicode keeps some under an old name.
    old = (each for each, its_new in NEW_NAMES.items() if its_new == new)
    known = (cities.get(each, {}).get("city") for each in (name, new, *old))
    return next(filter(None, known), None) or _as_it_is(new)


def _as_it_is(name):
    return name.partition("/")[2].replace("_", " ").replace("/", " / ") or name


def _in_order(choice):
    """By the letters of the city, whatever is above and below them."""
    letters = unicodedata.normalize("NFKD", choice[1])
    return "".join(letter for letter in letters if not unicodedata.combining(letter)).casefold()
