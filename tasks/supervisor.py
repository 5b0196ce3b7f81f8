"""The parent of all that `manage.py qcluster` runs. It waits for nothing but signals and children:

    supervisor
    ├── sweeper
    └── leader, in a session of its own: Django-Q2's command
        └── sentinel
            └── workers, pusher, monitor

The sweeper also launches what recurs, and the leader writes for others that the cluster lives. The
supervisor replaces a cluster that died or is stuck, and a sweeper likewise. Were the supervisor
itself killed, they hear it by the end of a pipe, and end with all of theirs.
"""

import logging
import multiprocessing
import os
import select
import signal
import socket
import time
import uuid
from contextlib import suppress
from functools import partial

from django.conf import settings
from django.core.management import CommandError
from django.db import Error as DatabaseError
from django.db import close_old_connections, connections
from django_q import cluster as django_q_cluster

from . import heartbeat, lifecycle, pulse
from .pulse import Pulse
from .sentinel import Sentinel

logger = logging.getLogger(__name__)

SILENT_FOR = 15  # seconds without a beat, more than Redis may hold a sentinel up
LAUNCH_DUE_EVERY = 60  # seconds between two looks for recurring jobs that are due
STUCK_FOR = 10  # seconds in which messages wait and no worker works
PAUSE = 5  # seconds before a cluster that did not live longer is started again
STOP_SIGNALS = signal.SIGTERM, signal.SIGINT, signal.SIGHUP


class Supervisor:
    """`start_cluster()` is Django-Q2's own command, and returns when its sentinel runs."""

    def __init__(self, start_cluster, run_once=False):
        self.start_cluster = start_cluster
        self.run_once = run_once
        self.stopping = False
        self.has_worked = False
        self.sweeps = Pulse()  # of sweeps that went well, for all who are forked from here on

    def run(self):
        """Return when told to stop, or when a cluster that is to run once has done so.

        Raises CommandError when it can't even be started.
        """
        self._hear_signals()
        self.lifeline, self.held = os.pipe()
        connections.close_all()  # not shared over a fork
        sweeper, cluster = Sweeper(self), Cluster(self)
        try:
            while True:
                self._wait(1, sweeper.process, cluster.process)
                if self.stopping or (self.run_once and cluster.has_ended):
                    break
                if sweeper.has_fallen_silent:
                    sweeper.process.kill()
                    sweeper = Sweeper(self)
                if fault := cluster.find_fault():
                    cluster = self._replace(cluster, fault)
        finally:
            sweeper.process.kill()
            cluster.stop()

    def _replace(self, cluster, fault):
        cluster.kill(at_fault=True)
        if cluster.pulse.seen:
            self.has_worked = True
            # By a process that nobody waits for: a mail to ADMINS may take its time.
            told = partial(logger.critical, "The worker cluster is replaced: %s.", fault)
            Child(self, told, daemon=True)
        else:
            words = (
                f"The worker cluster could not be started: {fault}."
                " Is the Redis server of REDIS_URL there? The lines above say more."
            )
            if not self.has_worked:
                raise CommandError(words)
            logger.warning("%s Trying again.", words)
        if cluster.age < PAUSE:
            self._wait(PAUSE)
        return Cluster(self)

    def _hear_signals(self):
        # Handlers only note; the socket wakes the wait below, without a race.
        self.awake, self.wake = socket.socketpair()
        self.wake.setblocking(False)
        signal.set_wakeup_fd(self.wake.fileno(), warn_on_full_buffer=False)
        for number in STOP_SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as by nohup
                signal.signal(number, self._note_stop)

    def _note_stop(self, number, frame):
        self.stopping = True

    def _wait(self, seconds, *processes):
        ended = [process.sentinel for process in processes]
        ready, _, _ = select.select([self.awake, *ended], [], [], seconds)
        if self.awake in ready:
            self.awake.recv(4096)


class Child:
    """A forked process that runs `function()` and hears of the supervisor's end. One that is
    `daemon` ends with the supervisor at the latest."""

    def __init__(self, supervisor, function, *, daemon=False):
        self.supervisor = supervisor
        self.function = function
        context = multiprocessing.get_context("fork")
        self.process = context.Process(target=self._begin, daemon=daemon)
        self.process.start()

    def _begin(self):
        signal.set_wakeup_fd(-1)
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        os.close(self.supervisor.held)  # so that only the supervisor holds the pipe open
        self.function()


class Sweeper(Child):
    def __init__(self, supervisor):
        self.pulse = Pulse()
        super().__init__(supervisor, self._sweep)

    @property
    def has_fallen_silent(self) -> bool:
        """Whether it died, or hangs; a mail to ADMINS has its time."""
        patience = settings.TASKS_SWEEP_SECONDS + settings.EMAIL_TIMEOUT + SILENT_FOR
        return not self.process.is_alive() or self.pulse.age > patience

    def _sweep(self):
        for number in STOP_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # the supervisor decides
        found, launch_at = 0, 0.0
        while not select.select([self.supervisor.lifeline], [], [], _sweep_again_after(found))[0]:
            found = self._try(self._sweep_once) or 0
            if time.monotonic() >= launch_at:
                launch_at = time.monotonic() + LAUNCH_DUE_EVERY
                self._try(lifecycle.launch_due)

    def _sweep_once(self):
        found = lifecycle.sweep()
        self.supervisor.sweeps.beat()
        return found

    def _try(self, step):
        self.pulse.beat()
        try:
            close_old_connections()
            return step()
        except DatabaseError as error:
            logger.warning("The sweeper could not read the tasks (%s); trying again.", error)


def _sweep_again_after(found: int) -> float:
    """Seconds; few while there is a backlog, which workers soon eat up."""
    return min(0.5, settings.TASKS_SWEEP_SECONDS) if found else settings.TASKS_SWEEP_SECONDS


class Cluster(Child):
    """The leader's process, and by its session all others of the cluster."""

    def __init__(self, supervisor):
        self.pulse = Pulse(uuid.uuid4().hex)
        self.born = time.monotonic()
        self.stuck_since = None
        super().__init__(supervisor, self._lead)

    @property
    def age(self) -> float:
        return time.monotonic() - self.born

    @property
    def has_ended(self) -> bool:
        return self.process.exitcode == 0

    def find_fault(self) -> str:
        """What is wrong with it, or "". Busy workers and a backlog are no faults."""
        if not self.process.is_alive():
            return "it has ended" if self.has_ended else "it died"
        if self.pulse.age > SILENT_FOR:
            return f"its sentinel has been silent for {SILENT_FOR} s"
        if not self.pulse.stuck:
            self.stuck_since = None
        elif self.stuck_since is None:
            self.stuck_since = time.monotonic()
        elif time.monotonic() - self.stuck_since > STUCK_FOR:
            return f"messages have waited for {STUCK_FOR} s and no worker takes them"
        return ""

    def stop(self):
        """Let running jobs finish within the limit; what does not is given back at once."""
        self.pulse.stop()
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(settings.TASKS_STOP_SECONDS)
        if self.process.is_alive():
            logger.warning("Jobs still run after %g s; stopping them.", settings.TASKS_STOP_SECONDS)
        self.kill(at_fault=False)

    def kill(self, at_fault: bool):
        """End all its processes and give back what they held; see lifecycle.release()."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.join()
        # In a process of its own: a database that hangs must not hold the supervisor up.
        release = Child(self.supervisor, partial(self._release, at_fault))
        release.process.join(2)
        release.process.kill()
        release.process.join()

    def _release(self, at_fault):
        lifecycle.release(self.pulse.id, at_fault=at_fault)
        heartbeat.end(self.pulse)

    def _lead(self):
        os.setsid()
        pulse.own = Sentinel.pulse = self.pulse
        Sentinel.lifeline = self.supervisor.lifeline
        django_q_cluster.Sentinel = Sentinel
        self.supervisor.start_cluster()
        if not multiprocessing.active_children():
            return  # it was to run once
        heartbeat.start(self.pulse, self.supervisor.sweeps)
        (sentinel,) = multiprocessing.active_children()
        # Asked by its id: the pipe `sentinel.sentinel` is open until its children have ended too.
        while sentinel.is_alive():
            if select.select([self.supervisor.lifeline], [], [], 0.5)[0]:
                os.killpg(0, signal.SIGKILL)
        if sentinel.exitcode:
            os.killpg(0, signal.SIGKILL)
