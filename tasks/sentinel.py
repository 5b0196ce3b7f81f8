"""Django-Q2's sentinel, guarding the processes of a cluster, with word to our supervisor."""

import logging
import os
import select
import signal
import time

from django_q import cluster
from redis.exceptions import RedisError

from .broker import Doorbell
from .pulse import Pulse

logger = logging.getLogger(__name__)

DIED_WITH_A_LOCK = 3  # exit status
ASK_REDIS_EVERY = 2  # seconds
FINISH_WITHIN = 10  # seconds, for workers of a cluster that is to be replaced


class Sentinel(cluster.Sentinel):
    # Set before the sentinel's process is forked:
    pulse: Pulse
    lifeline: int  # the end of a pipe that can be read when the supervisor is gone

    in_redis, asked_at = 0, 0.0

    def status(self):
        # Django-Q2 asks this at every turn of its loops, those that stop the cluster included.
        if select.select([self.lifeline], [], [], 0)[0]:
            os.killpg(0, signal.SIGKILL)  # the whole cluster
        busy = sum(_is_busy(worker) for worker in self.pool)
        self.pulse.beat(self._count_messages(busy), busy)
        return super().status()

    def _count_messages(self, busy) -> int:
        """How many wait in memory; and, where nobody works, in Redis: a pusher that hangs leaves
        them there."""
        if not busy and time.monotonic() - self.asked_at > ASK_REDIS_EVERY:
            self.asked_at = time.monotonic()
            try:
                self.in_redis = Doorbell().queue_size()
            except RedisError:  # the pusher says so
                self.in_redis = 0
        return self.task_queue.size.count.get_obj().value + self.in_redis

    def reincarnate(self, process):
        """Replace a process that has ended. One that was killed while it waited at a queue has
        taken the queue's lock with it: then the whole cluster has to be replaced."""
        if (process.exitcode or 0) < 0 and not _is_busy(process):
            logger.warning("Process %s was killed at a queue; starting anew.", process.pid)
            self._let_workers_finish()
            os._exit(DIED_WITH_A_LOCK)
        super().reincarnate(process)

    def _let_workers_finish(self):
        """They need none of the queues for what they do. One that talks to a mail server and is cut
        short could not know whether it took the mail."""
        self.pulse.stop()
        deadline = time.monotonic() + FINISH_WITHIN
        while time.monotonic() < deadline and any(
            worker.is_alive() and _is_busy(worker) for worker in self.pool
        ):
            self.status()
            time.sleep(0.05)


def _is_busy(process) -> bool:
    """Whether it is a worker that works: its timer runs then. (Read without the timer's lock.)"""
    timer = getattr(process, "timer", None)
    return timer is not None and timer.get_obj().value > 0
