"""Redis without Redis."""

import uuid

import pytest

from tasks import lifecycle
from tasks.broker import Doorbell


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
