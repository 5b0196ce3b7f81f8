"""The life of a task. Every change of state is here, and each is one conditional UPDATE: no row
touched means that somebody else was first.

    queued -> running -> succeeded | failed | cancelled

Who claims a task gets a fencing token. All that is written for the task from then on holds only
while the row still has that token, so a worker that was thought dead and wakes up changes nothing.
"""

import logging
import os
import socket
import uuid
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django_q.tasks import async_task
from redis.exceptions import RedisError

from . import registry
from .broker import Doorbell
from .models import Attempt, State, Task

logger = logging.getLogger(__name__)

WAITING_MAX = 1_000  # messages in Redis, past which the sweeper rings no more


class Superseded(Exception):
    """The task is no longer this worker's: taken over, cancelled, or deleted. Stop at once."""


def launch(job: str, *, key: str, owner=None, args: dict | None = None) -> tuple[Task, bool]:
    """Create a task for the declared job named `job` and ring for a worker once the caller's
    transaction is committed.

    While a task of the same (job, key) is active there is no second one: returns (task, created).
    Raises LookupError for a job that no app declares.
    """
    if not registry.is_declared(job):
        raise LookupError(f"No app declares the job {job!r} in its module jobs.")
    while True:
        try:
            with transaction.atomic():
                task = Task.objects.create(
                    job=job,
                    key=key,
                    owner=owner,
                    args=args or {},
                    max_attempts=settings.TASKS_MAX_ATTEMPTS,
                )
        except IntegrityError:
            if active := Task.objects.active().filter(job=job, key=key).first():
                return active, False
            continue  # it ended in between
        transaction.on_commit(partial(ring, [task]))
        return task, True


def ring(tasks) -> bool:
    """Tell the workers of `tasks`. A Redis that is away changes nothing: the sweeper rings again.

    Returns whether all were told.
    """
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(dispatched_at=Now())
    doorbell = Doorbell()
    try:
        for task in tasks:
            async_task(task.job, str(task.pk), broker=doorbell)
    except RedisError as error:
        logger.warning("Redis did not answer (%s); waiting tasks are rung again later.", error)
        return False
    finally:
        doorbell.connection.close()
    return True


def claim(job: str, task_id) -> Task | None:
    """Take the task for this process and begin an attempt. None: there is nothing to do."""
    token = uuid.uuid4()
    with transaction.atomic():
        taken = (
            Task.objects.claimable()
            .filter(pk=task_id, job=job, attempt__lt=F("max_attempts"))
            .update(
                state=State.RUNNING,
                token=token,
                attempt=F("attempt") + 1,
                lease_until=_lease(settings.TASKS_LEASE_SECONDS),
                claimed_at=Now(),
                progress_at=Now(),
            )
        )
        if not taken:
            return None
        task = Task.objects.select_related("owner").get(pk=task_id)
        task.attempts.filter(outcome=Attempt.Outcome.RUNNING).update(
            outcome=Attempt.Outcome.LOST, ended_at=Now()
        )
        task.attempts.create(number=task.attempt, worker=f"{socket.gethostname()}:{os.getpid()}")
    return task


def checkpoint(task: Task, *, lease_seconds: float | None = None, **progress):
    """Save progress (any of phase, done, total) and extend the lease, in one UPDATE.

    Raises Superseded when the task is no longer this worker's.
    """
    _held(
        task,
        lease_until=_lease(lease_seconds or settings.TASKS_LEASE_SECONDS),
        progress_at=Now(),
        **progress,
    )
    for name, value in progress.items():
        setattr(task, name, value)


def succeed(task: Task):
    """Raises Superseded when the task is no longer this worker's."""
    _end(task, State.SUCCEEDED, Attempt.Outcome.SUCCEEDED)


def fail(task: Task, reason: str, traceback: str = ""):
    """`reason`: a code that the job or the registry puts into words; `traceback`: for admins.

    Raises Superseded when the task is no longer this worker's.
    """
    _end(task, State.FAILED, Attempt.Outcome.FAILED, reason=reason, traceback=traceback)


def sweep() -> int:
    """End what can't go on, ring again for what waits or was left; how many were rung."""
    for task in Task.objects.abandoned().filter(attempt__gte=F("max_attempts")):
        _bury(task)
    waiting = (
        Task.objects.claimable()
        .not_rung_since(settings.TASKS_RING_AGAIN_SECONDS)
        .order_by("created_at")
    )
    doorbell = Doorbell()
    try:
        room = max(0, WAITING_MAX - doorbell.queue_size())
    except RedisError as error:
        logger.warning("Redis did not answer (%s); waiting tasks are rung again later.", error)
        return 0
    finally:
        doorbell.connection.close()
    tasks = list(waiting[:room])
    return len(tasks) if tasks and ring(tasks) else 0


def _bury(task):
    """Fail a task whose workers died of it, unless one of them came back to life."""
    with transaction.atomic():
        still_abandoned = Task.objects.abandoned().filter(pk=task.pk, token=task.token)
        if still_abandoned.update(
            state=State.FAILED, reason=registry.WORKER_LOST, ended_at=Now(), token=None
        ):
            task.attempts.filter(outcome=Attempt.Outcome.RUNNING).update(
                outcome=Attempt.Outcome.LOST, ended_at=Now()
            )
            logger.error("Task %s (%s) failed: %s workers died of it.", task.pk, task, task.attempt)


def _end(task, state, outcome, *, reason="", traceback=""):
    with transaction.atomic():
        _held(task, state=state, reason=reason, ended_at=Now(), token=None, lease_until=None)
        task.attempts.filter(number=task.attempt).update(
            outcome=outcome, traceback=traceback, ended_at=Now()
        )


def _held(task, **changes):
    """UPDATE the row while it is this worker's; inside a transaction this also locks it."""
    mine = Task.objects.filter(pk=task.pk, token=task.token, state=State.RUNNING)
    if not mine.update(**changes):
        raise Superseded(f"{task} is no longer this worker's.")


def _lease(seconds):
    return Now() + timedelta(seconds=seconds)
