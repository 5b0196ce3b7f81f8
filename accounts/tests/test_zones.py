"""Time zones are chosen by the names of their cities, in the reader's language."""

import re

import pytest

from accounts.zones import city_of, zone_choices


@pytest.mark.parametrize(
    ("name", "language", "city"),
    [
        ("Asia/Taipei", "zh-hant", "台北"),
        ("Europe/Kyiv", "zh-hant", "基輔"),  # which Unicode has under Kiev
        ("Asia/Calcutta", "zh-hant", "加爾各答"),
        ("America/New_York", "es", "Nueva York"),
        ("America/New_York", "en", "New York"),
        ("America/Argentina/Buenos_Aires", "en", "Argentina / Buenos Aires"),
        ("America/Coyhaique", "zh-hant", "Coyhaique"),  # too new for Unicode, or for a machine
        ("US/Eastern", "en", "New York"),
        ("Mars/Crater", "es", "Crater"),
        ("UTC", "es", "UTC"),
    ],
)
def test_a_city_is_called_what_its_readers_call_it(name, language, city):
    assert city_of(name, language) == city


def test_each_zone_is_there_once_and_in_chinese():
    zones = [zone for _, zones in zone_choices("zh-hant") for zone in zones]
    cities = [city for _, city in zones]
    assert ("Europe/Kyiv", "基輔") in zones
    assert "Europe/Kiev" not in dict(zones)
    assert len(cities) == len(set(cities))
    assert {city for city in cities if re.search("[A-Za-z]", city)} <= {"UTC", "Coyhaique"}


def test_letters_with_accents_are_in_their_places():
    europe = [city for _, city in dict(zone_choices("es"))["Europe"]]
    assert europe[:3] == ["Ámsterdam", "Andorra", "Astracán"]
