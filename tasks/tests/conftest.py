"""Redis without Redis, and what has been counted."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from tasks import lifecycle, tally
from tasks.broker import Doorbell
from tasks.models import Tally


@pytest.fixture
def rung(monkeypatch):
    """The tasks that the workers are told of; no Redis is asked."""
    told = []
    monkeypatch.setattr(
        lifecycle, "async_task", lambda job, pk, broker: told.append((job, uuid.UUID(pk)))
    )
    return told


@pytest.fixture
def quiet_redis(monkeypatch):
    monkeypatch.setattr(Doorbell, "queue_size", lambda doorbell: 0)


@pytest.fixture
def asked_before(db):
    """Somebody asked what has been counted, some minutes ago."""
    ago = timezone.now() - timedelta(minutes=5)
    return Tally.objects.create(pk=tally.ROW, until=ago)


@pytest.fixture
def at_once(asked_before, monkeypatch):
    """What has ended counts at once."""
    monkeypatch.setattr(tally, "GRACE", timedelta(0))
