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
from django.db import IntegrityError, models, transaction
from django.db.models import Case, F, When
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django_q.tasks import async_task
from redis.exceptions import RedisError

from . import origin, pulse, registry, tally
from .broker import Doorbell, UrgentDoorbell
from .models import Attempt, State, Task
from .registry import Refused
from .statements import Given, Update

logger = logging.getLogger(__name__)

RETRY_SECONDS_MAX = 3600

WAITING_MAX = 1_000  # messages in Redis, past which nobody rings any more
# The same for what is to be done in the background: a person's task waits behind few of these.
BACKGROUND_WAITING_MAX = 20
RUNG_AT_ONCE = 100  # rows of a statement, while which nobody else writes to SQLite

BY_ITSELF = "by itself"  # the key of the tasks of recurring jobs

ID, TOKEN = Given("id", models.UUIDField()), Given("token", models.UUIDField())
CLAIM = Update(
    lambda: Task.objects.claimable().filter(pk=ID, job=Given("job", models.CharField())),
    failures=F("failures") + Case(When(state=State.RUNNING, then=1), default=0),
    state=State.RUNNING,
    reason="",
    token=TOKEN,
    attempt=F("attempt") + 1,
    lease_until=Now() + Given("lease", models.DurationField()),
    claimed_at=Now(),
    checkpointed_at=Now(),
    phase="",
    done=0,
)
END = {
    "state": Given("state", models.CharField()),
    "reason": Given("reason", models.CharField()),
    "failures": F("failures") + Given("failures", models.IntegerField()),
    "ended_at": Now(),
    "token": None,
    "lease_until": None,
}
END_OWN = Update(lambda: Task.objects.filter(pk=ID, token=TOKEN, state=State.RUNNING), **END)
END_HOPELESS = Update(lambda: Task.objects.hopeless().filter(pk=ID), **END)
END_BY_CANCEL = Update(lambda: Task.objects.active().filter(pk=ID, delivering=False), **END)
END_ATTEMPT = Update(
    lambda: Attempt.objects.filter(
        task=Given("task", models.UUIDField()), outcome=Attempt.Outcome.RUNNING
    ),
    outcome=Given("outcome", models.CharField()),
    traceback=Given("traceback", models.TextField()),
    ended_at=Now(),
)


class Superseded(Exception):
    """The task is no longer this worker's: taken over, cancelled, or deleted. Stop at once."""

    def __init__(self):
        super().__init__("The task is no longer this worker's.")


def launch(
    job: str, *, key: str, owner=None, args: dict | None = None, background: bool = False
) -> tuple[Task, bool]:
    """Create a task for the declared job named `job` and ring for a worker once the caller's
    transaction is committed; for what is to be done in the background, the sweeper rings.

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
        background=background,
        max_attempts=settings.TASKS_MAX_ATTEMPTS,
        request_id=origin.request_id.get(),
        # A moment later; if we die in between, the sweeper rings.
        dispatched_at=None if background else Now(),
    )
    try:
        with transaction.atomic():
            task.save(force_insert=True)
    except IntegrityError:
        if active := Task.objects.active().filter(job=job, key=key).first():
            return active, False
        task.save(force_insert=True)  # the other one has ended in between
    if not background:
        transaction.on_commit(partial(_push, [task]))
    return task, True


def repeat(task: Task) -> Task:
    """Let a new task, which is returned, do what this one did not: as its job has it, or else the
    same again. This is for operators; what its owner may try again says the job (Task.retry()).

    Raises Refused.
    """
    if not task.ended_badly:
        raise Refused(_("It has neither failed nor been cancelled."))
    if not registry.is_declared(task.job):
        raise Refused(_("No app declares its job any more."))
    if registry.get_job(task.job).retry:
        return task.retry()
    again, created = None, False
    newer = Task.objects.filter(job=task.job, key=task.key, created_at__gt=task.created_at)
    if not newer.exists():
        same = {"key": task.key, "owner": task.owner, "args": task.args}
        again, created = launch(task.job, **same, background=task.background)
    if not created:
        raise Refused(_("There is a newer task for the same."))
    return again


def launch_spread(job: str, args_by_key: dict[str, dict], *, after: float, pace: float):
    """Create an unowned task for each key that never had one for this job. They are due `after` so
    many seconds, `pace` of them a second, and done in the background: all at once would make
    everybody else's work wait. The sweeper rings for them.

    Raises LookupError for a job that no app declares.
    """
    if not registry.is_declared(job):
        raise LookupError(f"No app declares the job {job!r} in its module jobs.")
    known = set(Task.objects.filter(job=job, key__in=args_by_key).values_list("key", flat=True))
    keys = [key for key in args_by_key if key not in known]
    tasks = [
        Task(
            job=job,
            key=key,
            args=args_by_key[key],
            background=True,
            not_before=_from_now(after + number / pace),
            max_attempts=settings.TASKS_MAX_ATTEMPTS,
            request_id=origin.request_id.get(),
        )
        for number, key in enumerate(keys)
    ]
    # Somebody else may just have launched one of them.
    Task.objects.bulk_create(tasks, ignore_conflicts=True)


def _from_now(seconds):
    """None for at once: SQLite's clock tells milliseconds, and the current one is never over."""
    return Now() + timedelta(seconds=seconds) if seconds > 0 else None


def launch_due():
    """Create a task for each recurring job that got none within its `every`: without an owner, in
    the background. Several processes may ask at once; should two of them find the same one due and
    the first task be done by then, it is done twice."""
    for job in registry.recurring():
        lately = Task.objects.filter(created_at__gt=Now() - job.every)
        if not lately.filter(job=job.name, key=BY_ITSELF).exists():
            launch(job.name, key=BY_ITSELF, background=True)


def ring(tasks):
    """Tell the workers of `tasks` (again)."""
    keys = [task.pk for task in tasks]
    for first in range(0, len(keys), RUNG_AT_ONCE):
        some = Task.objects.filter(pk__in=keys[first : first + RUNG_AT_ONCE])
        some.update(dispatched_at=Now())
    _push(tasks)


def _push(tasks):
    """A Redis that is away or full changes nothing: the sweeper rings again. What a worker left has
    waited its turn before, so it goes first."""
    doorbell, urgent = Doorbell(), UrgentDoorbell()
    try:
        for task in tasks[: _room(doorbell)]:
            was_left = task.state == State.RUNNING
            async_task(task.job, str(task.pk), broker=urgent if was_left else doorbell)
    except RedisError as error:
        logger.warning("Redis did not answer (%s); waiting tasks are rung again later.", error)


def _room(doorbell) -> int:
    """How many messages Redis is to take more. Raises RedisError."""
    return max(0, WAITING_MAX - doorbell.queue_size())


def claim(job: str, task_id) -> Task | None:
    """Take the task for this process and begin an attempt. None: there is nothing to do."""
    given = {"id": task_id, "job": job, "token": uuid.uuid4(), "lease": _lease()}
    with transaction.atomic():
        claimed = CLAIM.returning(**given)
        if not claimed:
            return None
        (task,) = claimed
        if task.attempt > 1:
            _end_attempt(task, Attempt.Outcome.LOST)
        task.attempts.create(
            number=task.attempt,
            worker=f"{socket.gethostname()}:{os.getpid()}",
            cluster=pulse.own.id,
        )
    return task


def checkpoint(task: Task, **progress):
    """Save progress (any of phase, done, total) and extend the lease, in one UPDATE.

    Raises Superseded when the task is no longer this worker's.
    """
    _change(_mine(task), lease_until=Now() + _lease(), checkpointed_at=Now(), **progress)
    for name, value in progress.items():
        setattr(task, name, value)


def succeed(task: Task):
    """Raises Superseded when the task is no longer this worker's."""
    _end(END_OWN, task, State.SUCCEEDED, Attempt.Outcome.SUCCEEDED)


def fail(task: Task, reason: str, traceback: str = ""):
    """`reason`: a code that the job or the registry puts into words; `traceback`: for admins.

    Raises Superseded when the task is no longer this worker's.
    """
    _end(END_OWN, task, State.FAILED, Attempt.Outcome.FAILED, reason, traceback)
    _clean_up(task)


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
    try:
        _end(END_BY_CANCEL, task, State.CANCELLED, Attempt.Outcome.CANCELLED)
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
    for task in Task.objects.hopeless():
        _bury(task)
    waiting = (
        Task.objects.claimable()
        .of_declared_jobs()
        .not_rung_since(settings.TASKS_RING_AGAIN_SECONDS)
        .order_by("created_at")
    )
    try:
        room = _room(Doorbell())
    except RedisError as error:
        logger.warning("Redis did not answer (%s); waiting tasks are rung again later.", error)
        return 0
    tasks = list(waiting.filter(background=False)[:room])
    messages = WAITING_MAX - room + len(tasks)
    tasks += waiting.filter(background=True)[: max(0, BACKGROUND_WAITING_MAX - messages)]
    if tasks:
        ring(tasks)
    if again := sum(task.dispatched_at is not None for task in tasks):
        tally.add(rerung=again)
    return len(tasks)


def _bury(task):
    """Fail a hopeless task, unless its last worker came back to life."""
    lost = task.state == State.RUNNING
    reason = registry.WORKER_LOST if lost else registry.UNDECLARED
    try:
        _end(END_HOPELESS, task, State.FAILED, Attempt.Outcome.LOST, reason)
    except Superseded:
        return
    _clean_up(task)
    why = f"{task.max_attempts} workers died of it" if lost else "no app declares its job"
    logger.error("Task %s (%s) failed: %s.", task.pk, task, why)


def _end(end, task, state, outcome, reason="", traceback=""):
    """`end`: one of the statements above."""
    given = {"id": task.pk, "state": state, "reason": reason}
    with transaction.atomic():
        if not end.execute(**given, token=task.token, failures=int(state == State.FAILED)):
            raise Superseded
        _end_attempt(task, outcome, traceback)
        if state == State.FAILED:
            _note_failure(task)


def _note_failure(task):
    """Let the job note what follows. A mistake in that must not keep the task from ending."""
    on_failed = registry.get_job(task.job).on_failed
    if on_failed is None:
        return
    try:
        with transaction.atomic():
            on_failed(task)
    except Exception:
        logger.exception("Task %s (%s) failed, and what follows could not be noted.", task.pk, task)


def _end_attempt(task, outcome, traceback=""):
    END_ATTEMPT.execute(task=task.pk, outcome=outcome, traceback=traceback)


def _clean_up(task):
    job = registry.get_job(task.job)
    transaction.on_commit(lambda: job.clean_up(task), robust=True)


def _give_back(rows, task, outcome, *, traceback="", **changes):
    changes |= {"state": State.QUEUED, "token": None, "lease_until": None, "dispatched_at": None}
    _change(rows, **changes)
    _end_attempt(task, outcome, traceback)


def _mine(task):
    """The row of `task` as long as it is this worker's."""
    return Task.objects.filter(pk=task.pk, token=task.token, state=State.RUNNING)


def _change(rows, **changes):
    """UPDATE the one row that `rows` must still be; inside a transaction this also locks it."""
    if not rows.update(**changes):
        raise Superseded


def _lease():
    return timedelta(seconds=settings.TASKS_LEASE_SECONDS)
