"""The life of a task. Every change of state is here, and each is one conditional UPDATE: no row
touched means that somebody else was first.

    queued -> running -> succeeded | failed | cancelled

Who claims a task gets a fencing token. All that is written for the task from then on holds only
while the row still has that token, so a worker that was thought dead and wakes up changes nothing.
"""

import logging
import os
import random
import socket
import uuid
from contextlib import suppress
from datetime import timedelta
from functools import partial

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, F, When
from django.db.models.functions import Now
from django.utils import timezone
from django_q.tasks import async_task
from redis.exceptions import RedisError

from . import registry
from .broker import Doorbell
from .models import Attempt, State, Task

logger = logging.getLogger(__name__)

RETRY_SECONDS_MAX = 3600
this_cluster = ""  # the id of the worker cluster that this process belongs to; set before it forks

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
    task = Task(
        job=job,
        key=key,
        owner=owner,
        args=args or {},
        max_attempts=settings.TASKS_MAX_ATTEMPTS,
        dispatched_at=timezone.now(),  # a moment later; if we die in between, the sweeper rings
    )
    try:
        with transaction.atomic():
            task.save(force_insert=True)
    except IntegrityError:
        if active := Task.objects.active().filter(job=job, key=key).first():
            return active, False
        task.save(force_insert=True)  # the other one has ended in between
    transaction.on_commit(partial(_push, [task]))
    return task, True


def launch_spread(job: str, args_by_key: dict[str, dict], *, after: float, pace: float):
    """Create an unowned task for each key that never had one for this job. They are due `after` so
    many seconds, `pace` of them a second: all at once would make everybody else's work wait. The
    sweeper rings for them.

    Raises LookupError for a job that no app declares.
    """
    if not registry.is_declared(job):
        raise LookupError(f"No app declares the job {job!r} in its module jobs.")
    known = set(Task.objects.filter(job=job, key__in=args_by_key).values_list("key", flat=True))
    keys = [key for key in args_by_key if key not in known]
    now = timezone.now()
    Task.objects.bulk_create(
        Task(
            job=job,
            key=key,
            args=args_by_key[key],
            not_before=now + timedelta(seconds=after + number / pace),
            max_attempts=settings.TASKS_MAX_ATTEMPTS,
        )
        for number, key in enumerate(keys)
    )


def ring(tasks):
    """Tell the workers of `tasks` (again)."""
    Task.objects.filter(pk__in=[task.pk for task in tasks]).update(dispatched_at=Now())
    _push(tasks)


def _push(tasks):
    """A Redis that is away or full changes nothing: the sweeper rings again."""
    doorbell = Doorbell()
    try:
        for task in tasks[: _room(doorbell)]:
            async_task(task.job, str(task.pk), broker=doorbell)
    except RedisError as error:
        logger.warning("Redis did not answer (%s); waiting tasks are rung again later.", error)


def _room(doorbell) -> int:
    """How many messages Redis is to take more. Raises RedisError."""
    return max(0, WAITING_MAX - doorbell.queue_size())


def claim(job: str, task_id) -> Task | None:
    """Take the task for this process and begin an attempt. None: there is nothing to do."""
    token = uuid.uuid4()
    with transaction.atomic():
        taken = (
            Task.objects.claimable()
            .filter(pk=task_id, job=job)
            .update(
                failures=F("failures") + Case(When(state=State.RUNNING, then=1), default=0),
                state=State.RUNNING,
                reason="",
                token=token,
                attempt=F("attempt") + 1,
                lease_until=_lease(),
                claimed_at=Now(),
                checkpointed_at=Now(),
                phase="",
                done=0,
            )
        )
        if not taken:
            return None
        task = Task.objects.get(pk=task_id)
        if task.attempt > 1:
            task.attempts.filter(outcome=Attempt.Outcome.RUNNING).update(
                outcome=Attempt.Outcome.LOST, ended_at=Now()
            )
        task.attempts.create(
            number=task.attempt,
            worker=f"{socket.gethostname()}:{os.getpid()}",
            cluster=this_cluster,
        )
    return task


def checkpoint(task: Task, **progress):
    """Save progress (any of phase, done, total) and extend the lease, in one UPDATE.

    Raises Superseded when the task is no longer this worker's.
    """
    _change(_mine(task), lease_until=_lease(), checkpointed_at=Now(), **progress)
    for name, value in progress.items():
        setattr(task, name, value)


def succeed(task: Task):
    """Raises Superseded when the task is no longer this worker's."""
    _end(_mine(task), task, State.SUCCEEDED, Attempt.Outcome.SUCCEEDED)


def fail(task: Task, reason: str, traceback: str = ""):
    """`reason`: a code that the job or the registry puts into words; `traceback`: for admins.

    Raises Superseded when the task is no longer this worker's.
    """
    _end(
        _mine(task), task, State.FAILED, Attempt.Outcome.FAILED, reason=reason, traceback=traceback
    )


def retry(task: Task, reason: str, traceback: str = "") -> bool:
    """Give the lease back, for another attempt after a pause that doubles each time. False, and
    nothing is changed, when this was the last one.

    Raises Superseded when the task is no longer this worker's.
    """
    if task.failures + 1 >= task.max_attempts:
        return False
    pause = min(RETRY_SECONDS_MAX, settings.TASKS_RETRY_SECONDS * 2**task.failures)
    pause *= random.uniform(0.75, 1.25)  # noqa: S311 (so that not all come back at once)
    with transaction.atomic():
        _give_back(
            _mine(task),
            task,
            Attempt.Outcome.FAILED,
            traceback=traceback,
            failures=F("failures") + 1,
            not_before=Now() + timedelta(seconds=pause),
            reason=reason,
        )
    return True


def count_resend(task: Task) -> bool:
    """See `runner.Run.count_resend()`."""
    with transaction.atomic():
        _change(_mine(task), checkpointed_at=Now())
        if task.attempts.filter(resends__gt=0).exists():
            return False
        task.attempts.filter(outcome=Attempt.Outcome.RUNNING).update(resends=1)
    return True


def cancel(task: Task) -> bool:
    """End the task unless it has ended or has begun to deliver. Its worker notices at its next
    checkpoint. Returns whether it was cancelled."""
    rows = Task.objects.active().filter(pk=task.pk, delivering=False)
    try:
        _end(rows, task, State.CANCELLED, Attempt.Outcome.CANCELLED)
    except Superseded:
        return False
    _clean_up(task)
    return True


def release(cluster: str, *, at_fault: bool):
    """Give back what the workers of a cluster held that is no more: to be claimed again at once.

    at_fault: it may have died of what it did, so its attempts count as lost.
    """
    held = Task.objects.filter(
        state=State.RUNNING,
        attempts__cluster=cluster,
        attempts__outcome=Attempt.Outcome.RUNNING,
    )
    tasks = list(held)
    for task in tasks:
        with suppress(Superseded), transaction.atomic():
            if at_fault:
                _change(_mine(task), lease_until=Now() - timedelta(milliseconds=1))
            else:
                _give_back(_mine(task), task, Attempt.Outcome.STOPPED)
    if tasks:
        ring(tasks)


def sweep() -> int:
    """End what can't go on, ring again for what waits or was left; how many were rung."""
    for task in Task.objects.exhausted():
        _bury(task)
    waiting = (
        Task.objects.claimable()
        .not_rung_since(settings.TASKS_RING_AGAIN_SECONDS)
        .order_by("created_at")
    )
    try:
        tasks = list(waiting[: _room(Doorbell())])
    except RedisError as error:
        logger.warning("Redis did not answer (%s); waiting tasks are rung again later.", error)
        return 0
    if tasks:
        ring(tasks)
    return len(tasks)


def _bury(task):
    """Fail a task whose workers died of it, unless the last of them came back to life."""
    rows = Task.objects.exhausted().filter(pk=task.pk, token=task.token)
    try:
        _end(rows, task, State.FAILED, Attempt.Outcome.LOST, reason=registry.WORKER_LOST)
    except Superseded:
        return
    _clean_up(task)
    logger.error("Task %s (%s) failed: %s workers died of it.", task.pk, task, task.max_attempts)


def _end(rows, task, state, outcome, *, reason="", traceback=""):
    failures = F("failures") + int(state == State.FAILED)
    with transaction.atomic():
        _change(
            rows,
            state=state,
            reason=reason,
            failures=failures,
            ended_at=Now(),
            token=None,
            lease_until=None,
        )
        task.attempts.filter(outcome=Attempt.Outcome.RUNNING).update(
            outcome=outcome, traceback=traceback, ended_at=Now()
        )


def _clean_up(task):
    job = registry.get_job(task.job)
    transaction.on_commit(partial(job.clean_up, task), robust=True)


def _give_back(rows, task, outcome, *, traceback="", **changes):
    changes |= {"state": State.QUEUED, "token": None, "lease_until": None, "dispatched_at": None}
    _change(rows, **changes)
    task.attempts.filter(outcome=Attempt.Outcome.RUNNING).update(
        outcome=outcome, traceback=traceback, ended_at=Now()
    )


def _mine(task):
    """The row of `task` as long as it is this worker's."""
    return Task.objects.filter(pk=task.pk, token=task.token, state=State.RUNNING)


def _change(rows, **changes):
    """UPDATE the one row that `rows` must still be; inside a transaction this also locks it."""
    if not rows.update(**changes):
        raise Superseded("The task is no longer this worker's.")


def _lease():
    return Now() + timedelta(seconds=settings.TASKS_LEASE_SECONDS)
