import multiprocessing
import os
from types import SimpleNamespace

import pytest
from django.db import OperationalError, connections

from tasks import lifecycle, supervisor
from tasks.pulse import Pulse

SWEEPS = 20


@pytest.fixture
def launches(transactional_db, monkeypatch, settings):
    """`launches(launch_due)`: how often a sweeper that sweeps twenty times has called that."""
    settings.TASKS_SWEEP_SECONDS = 0.001
    lifeline, held = os.pipe()
    counts = multiprocessing.get_context("fork").RawArray("i", 2)

    def sweep():
        counts[0] += 1
        if counts[0] == SWEEPS:
            os._exit(0)

    def launches(launch_due):
        def count():
            counts[1] += 1
            launch_due()

        monkeypatch.setattr(lifecycle, "sweep", sweep)
        monkeypatch.setattr(lifecycle, "launch_due", count)
        connections.close_all()  # not shared over a fork
        parent = SimpleNamespace(lifeline=lifeline, held=held, sweeps=Pulse())
        sweeper = supervisor.Sweeper(parent)
        sweeper.process.join(10)
        assert (sweeper.process.exitcode, counts[0]) == (0, SWEEPS)
        return counts[1]

    yield launches
    os.close(lifeline)
    os.close(held)


def test_what_recurs_is_launched_at_the_start_and_then_seldom(launches):
    assert launches(lambda: None) == 1


def test_and_again_after_a_while(launches, monkeypatch):
    monkeypatch.setattr(supervisor, "LAUNCH_DUE_EVERY", 0)
    assert launches(lambda: None) == SWEEPS - 1


def test_an_error_of_the_database_in_it_ends_no_sweeper(launches):
    def fail():
        raise OperationalError("gone")

    assert launches(fail) == 1
