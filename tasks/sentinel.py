"""Django-Q2's sentinel, guarding the processes of a cluster, with word to our supervisor."""

import logging
import multiprocessing
import os
import time

from django_q import cluster

logger = logging.getLogger(__name__)

DIED_WITH_A_LOCK = 3  # exit status


class Pulse:
    """What the supervisor sees of a cluster, in memory that both share.

    Nothing here takes a lock: a process that was killed may hold it for ever.
    """

    def __init__(self):
        self._shared = multiprocessing.get_context("fork").RawArray("d", [time.monotonic(), -1, 0])

    def beat(self, waiting: int, busy: int):
        """Say that the sentinel is alive, how many messages wait, and how many workers work."""
        self._shared[:] = [time.monotonic(), waiting, busy]

    @property
    def age(self) -> float:
        """Seconds since the last beat."""
        return time.monotonic() - self._shared[0]

    @property
    def seen(self) -> bool:
        """Whether it has ever beaten."""
        return self._shared[1] >= 0

    @property
    def stuck(self) -> bool:
        """Whether messages wait while no worker works."""
        _, waiting, busy = self._shared
        return waiting > 0 and not busy


class Sentinel(cluster.Sentinel):
    pulse: Pulse  # set before the sentinel's process is forked

    def status(self):
        # Django-Q2 asks this at every turn of its guard's loop.
        busy = sum(_is_busy(worker) for worker in self.pool)
        self.pulse.beat(self.task_queue.size.count.get_obj().value, busy)
        return super().status()

    def reincarnate(self, process):
        """Replace a process that has ended. One that was killed while it waited at a queue has
        taken the queue's lock with it: then the whole cluster has to be replaced."""
        if (process.exitcode or 0) < 0 and not _is_busy(process):
            logger.critical("Process %s was killed at a queue; starting anew.", process.pid)
            os._exit(DIED_WITH_A_LOCK)
        super().reincarnate(process)


def _is_busy(process) -> bool:
    """Whether it is a worker that works: its timer runs then. (Read without the timer's lock.)"""
    timer = getattr(process, "timer", None)
    return timer is not None and timer.get_obj().value > 0
