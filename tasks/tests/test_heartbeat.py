import time
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from tasks import heartbeat
from tasks.models import Cluster
from tasks.pulse import Pulse

pytestmark = pytest.mark.django_db


@pytest.fixture
def pulse():
    pulse = Pulse("c" * 32)
    pulse.beat()
    return pulse


@pytest.fixture
def sweeps():
    return Pulse()


def silent_for(pulse, seconds):
    pulse._beat[0] = time.monotonic() - seconds


def ago(moment):
    return (timezone.now() - moment).total_seconds()


def test_the_first_beat_makes_a_row(pulse, sweeps, settings):
    heartbeat.beat(pulse, sweeps)
    cluster = Cluster.objects.live().get()
    assert cluster.pk == pulse.id
    assert cluster.workers == settings.Q_CLUSTER["workers"]
    assert ago(cluster.started_at) < 5
    assert ago(cluster.seen_at) < 5
    assert cluster.swept_at is None


def test_later_beats_keep_it(pulse, sweeps, django_assert_num_queries):
    heartbeat.beat(pulse, sweeps)
    before = Cluster.objects.get()
    pulse.beat()
    sweeps.beat()
    with django_assert_num_queries(1):
        heartbeat.beat(pulse, sweeps)
    cluster = Cluster.objects.get()
    assert cluster.started_at == before.started_at
    assert cluster.seen_at >= before.seen_at
    assert ago(cluster.swept_at) < 5


def test_a_sentinel_that_hangs_is_not_said_to_live(pulse, sweeps):
    """Whoever writes it lives, but that says nothing."""
    heartbeat.beat(pulse, sweeps)
    silent_for(pulse, 100)
    silent_for(sweeps, 50)
    sweeps._beat[1] = 0  # it has beaten
    heartbeat.beat(pulse, sweeps)
    assert not Cluster.objects.live().exists()
    cluster = Cluster.objects.get()
    assert ago(cluster.seen_at) == pytest.approx(100, abs=5)
    assert ago(cluster.swept_at) == pytest.approx(50, abs=5)


def test_one_that_was_forgotten_and_lives_comes_back(pulse, sweeps):
    heartbeat.beat(pulse, sweeps)
    Cluster.objects.all().delete()
    heartbeat.beat(pulse, sweeps)
    assert Cluster.objects.live().count() == 1


def test_the_end_takes_the_row_along(pulse, sweeps):
    heartbeat.beat(pulse, sweeps)
    heartbeat.end(pulse)
    assert not Cluster.objects.exists()


class Enough(Exception):
    """Of a loop without an end."""


def test_a_database_that_is_away_is_asked_again_soon(pulse, sweeps, monkeypatch, caplog):
    pauses, answers = [], [OperationalError("gone"), None]

    def beat(*pulses):
        if error := answers.pop(0):
            raise error

    def sleep(seconds):
        pauses.append(seconds)
        if not answers:
            raise Enough

    monkeypatch.setattr(heartbeat, "beat", beat)
    monkeypatch.setattr(heartbeat.time, "sleep", sleep)
    monkeypatch.setattr(heartbeat.connections, "close_all", lambda: None)
    with pytest.raises(Enough):
        heartbeat._beat_on(pulse, sweeps)
    assert pauses == [heartbeat.TRY_AGAIN_AFTER, heartbeat.EVERY]
    assert "(gone); trying again" in caplog.text


def test_what_was_lost_long_ago_is_to_be_forgotten(pulse, sweeps):
    heartbeat.beat(pulse, sweeps)
    Cluster.objects.update(seen_at=timezone.now() - timedelta(hours=23))
    assert not Cluster.objects.to_forget().exists()
    Cluster.objects.update(seen_at=timezone.now() - timedelta(hours=25))
    assert Cluster.objects.to_forget().exists()
