"""From a message to a finished task: the boundary between Django-Q2 and a job.

An app declares a job in its module `jobs`:

    @job(_("Exporting your posts"), reasons={"not_mailed": _("...")})
    def export_posts(run): ...

and anybody launches it by name: `launch("exports.jobs.export_posts", key=..., owner=...)`. One that
is declared with `every=timedelta(hours=1)` is launched by itself.
"""

import logging
import threading
import time
import traceback
import uuid
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial, wraps

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import Error as DatabaseError
from django.db import close_old_connections, connections, transaction

from . import lifecycle, origin, pulse, registry, tally
from .models import Task

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_CHECKPOINTS = 0.5
PATIENCE = 60  # seconds for a database that is started anew while a mail server talks


class Failure(Exception):
    """The job can't be done. `reason`: one of its codes, whose sentence its owner reads.

    heals: it may go better later, so it is tried again while there are attempts left.
    expected: it is nothing that the people who run the site could mend, so ADMINS get no mail.
    """

    def __init__(self, reason: str, *, heals: bool = False, expected: bool = False):
        super().__init__(reason)
        self.reason = reason
        self.heals = heals
        self.expected = expected


class Run:
    """One attempt at a task, as its job sees it."""

    def __init__(self, task: Task):
        self.task = task
        self._saved_at = time.monotonic()

    def enter(self, phase: str, **progress):
        """Begin `phase` (one of the job's), saving `done` and `total` when given, and `delivering`:
        whether it is now too late to cancel. Raises Superseded."""
        lifecycle.checkpoint(self.task, phase=phase, **progress)
        self._saved_at = time.monotonic()

    def advance(self, done: int):
        """Say how many are done; saved at most twice a second. Raises Superseded."""
        if time.monotonic() - self._saved_at >= SECONDS_BETWEEN_CHECKPOINTS:
            lifecycle.checkpoint(self.task, done=done)
            self._saved_at = time.monotonic()

    @contextmanager
    def fenced(self):
        """A transaction that holds only while the task is this worker's. Raises Superseded."""
        with transaction.atomic():
            lifecycle.checkpoint(self.task)
            yield

    def count_resend(self) -> bool:
        """Note that this attempt does again what an earlier one may have done already. False when
        an earlier attempt has noted that: then it is not to be done. Raises Superseded."""
        return lifecycle.count_resend(self.task)

    @contextmanager
    def kept_alive(self):
        """Extend the lease from a thread while the block does what can't say how far it is: a
        conversation with a mail server, a disk that takes its time. The thread dies with the
        process and is stopped with it, so it keeps no dead worker's task."""
        over = threading.Event()
        extend = partial(copy_context().run, self._extend_until, over)
        thread = threading.Thread(target=extend, daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()
        self._come_back()

    def _come_back(self):
        """Extend the lease, on a new connection if the database was started anew meanwhile. What
        was done outside of it is done: that must not be forgotten for an old connection's sake."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return lifecycle.checkpoint(self.task)
            except DatabaseError as error:
                if time.monotonic() > deadline:
                    raise
                logger.warning("The database does not answer (%s); trying again.", error)
                time.sleep(0.2)
                close_old_connections()

    def _extend_until(self, over):
        while not over.wait(settings.TASKS_LEASE_SECONDS / 3):
            try:
                lifecycle.checkpoint(self.task)
            except lifecycle.Superseded:
                break  # the block finds out at its next fenced write
            except DatabaseError as error:
                logger.warning("The lease could not be extended (%s); trying again.", error)
                connections.close_all()  # a database that was started anew wants new ones
        connections.close_all()  # this thread's own


def job(description, **words):
    """Declare the decorated `function(run)` as a job; `words`: as `registry.Job` has them. What is
    left of it is what Django-Q2 calls, with the id of a task."""

    def declare(function):
        name = f"{function.__module__}.{function.__qualname__}"
        if function.__qualname__ != function.__name__:
            raise ImproperlyConfigured(f"{name} is no function of a module, so no worker finds it.")
        registry.register(registry.Job(name, description, **words))

        @wraps(function)
        def perform(task_id):
            if task := _claimed(name, task_id):
                with origin.noted(task.request_id, str(task.pk)):
                    _attempt(function, task)

        return perform

    return declare


def _claimed(name, task_id):
    if pulse.own.is_stopping:
        logger.info("Not begun, for the workers are being stopped: %s %s.", name, task_id)
        return None  # the sweeper rings again, for others
    try:
        task = lifecycle.claim(name, uuid.UUID(str(task_id)))
    except ValueError:
        task = None
    if task is None:
        logger.info(
            "Nothing to do for %s %s: unknown, ended, paused, or somebody else's.", name, task_id
        )
    return task


def _attempt(function, task):
    try:
        function(Run(task))
        lifecycle.succeed(task)
    except lifecycle.Superseded as gone:
        _stop(gone)
    except BaseException as error:  # Django-Q2's time-out is a SystemExit
        _give_up(task, error)
        if not isinstance(error, Exception):
            raise


def _give_up(task, error):
    if isinstance(error, Failure):
        reason, heals = error.reason, error.heals
    else:  # a time-out would only come again
        reason, heals = registry.CRASHED, isinstance(error, Exception)
    words = "".join(traceback.format_exception(error))
    try:
        again = heals and lifecycle.retry(task, reason, words)
        if not again:
            lifecycle.fail(task, reason, words)
    except lifecycle.Superseded as gone:
        _stop(gone)
        return
    # Errors are mailed to ADMINS: once for a task, when it has failed for good.
    is_expected = getattr(error, "expected", False)
    level = logging.WARNING if again or is_expected else logging.ERROR
    why = None if is_expected else error
    logger.log(level, "Task %s (%s) failed: %s", task.pk, task, reason, exc_info=why)


def _stop(gone):
    logger.warning("Stopped: %s", gone)
    tally.add(fenced=1)
