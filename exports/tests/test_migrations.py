"""What the migrations make of the rows that are there."""

from datetime import UTC, datetime
from importlib import import_module

import pytest
from django.apps import apps

from exports.models import Export

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("since", "until", "bounded"),
    [
        (datetime.min, datetime.max, (EARLIEST, LATEST)),
        (datetime.max, datetime.min, (LATEST, EARLIEST)),
        (datetime(2026, 1, 2), datetime(2026, 1, 3), (datetime(2026, 1, 2), datetime(2026, 1, 3))),
        (None, None, (None, None)),
    ],
)
def test_moments_at_the_ends_of_time(alices, alice, since, until, bounded):
    type(alice).objects.update(time_zone="America/New_York")
    since, until, *bounded = (
        each and each.replace(tzinfo=UTC) for each in (since, until, *bounded)
    )
    Export.objects.create(owner=alice, since=since, until=until)
    import_module("exports.migrations.0006_bounds").bound(apps, None)
    export = Export.objects.get()
    assert [export.since, export.until] == bounded
    assert alices.get("/exports/").status_code == 200
