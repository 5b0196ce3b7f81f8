"""The parent process of a worker cluster: it sweeps, and it stops the cluster within a limit."""

import logging
import os
import select
import signal
import socket
from contextlib import suppress
from multiprocessing import get_context

from django.conf import settings
from django.core.management import CommandError
from django.db import Error as DatabaseError
from django.db import close_old_connections, connections

from . import lifecycle

logger = logging.getLogger(__name__)


class Supervisor:
    """Runs `start_cluster()` (Django-Q2's own command) in a session of its own, so that a signal to
    the process group reaches only this parent, and sweeps until it is told to stop."""

    def __init__(self, start_cluster):
        self.start_cluster = start_cluster
        self.stopping = False

    def run(self):
        """Return after SIGTERM or SIGINT; raises CommandError when the cluster failed by itself."""
        self._hear_signals()
        connections.close_all()  # not shared over the fork
        cluster = get_context("fork").Process(target=self._in_cluster, name="qcluster")
        cluster.start()
        try:
            while not self.stopping and cluster.is_alive():
                self._sweep()
                self._wait(settings.TASKS_SWEEP_SECONDS, cluster)
        finally:
            self._stop(cluster)
        if not self.stopping and cluster.exitcode:
            raise CommandError(
                f"The worker cluster ended with exit code {cluster.exitcode}."
                " Is the Redis server of REDIS_URL there? The lines above say more."
            )

    def _hear_signals(self):
        # Handlers only note; the socket wakes the parent from its wait, without a race.
        self.awake, wake = socket.socketpair()
        wake.setblocking(False)
        self.wake = wake  # kept open
        signal.set_wakeup_fd(wake.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._note_stop)

    def _note_stop(self, number, frame):
        self.stopping = True

    def _in_cluster(self):
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        self.start_cluster()

    def _sweep(self):
        try:
            close_old_connections()
            lifecycle.sweep()
        except DatabaseError as error:
            logger.error("The sweeper could not read the tasks (%s); it tries again.", error)

    def _wait(self, seconds, cluster):
        ready, _, _ = select.select([self.awake, cluster.sentinel], [], [], seconds)
        if self.awake in ready:
            self.awake.recv(4096)

    def _stop(self, cluster):
        """Let running jobs finish within the limit; what does not is taken up after its lease."""
        if cluster.is_alive():
            cluster.terminate()
            cluster.join(settings.TASKS_STOP_SECONDS)
        if cluster.is_alive():
            logger.warning("Jobs still run after %g s; stopping them.", settings.TASKS_STOP_SECONDS)
        with suppress(ProcessLookupError):
            os.killpg(cluster.pid, signal.SIGKILL)
        cluster.join()
