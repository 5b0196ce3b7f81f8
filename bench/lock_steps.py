"""What bench/locks.py measures: what the engine does, by its own functions. What a step does before
its `yield` is its preparation."""

import time
import uuid
from datetime import timedelta

from django.contrib.auth import get_user_model
from django.utils import timezone

from tasks import acting, heartbeat, keeping, lifecycle, registry, tally
from tasks.broker import Doorbell
from tasks.models import EVERY_JOB, Attempt, Pause, State, Tally, Task
from tasks.pulse import Pulse

JOB = "bench.noop.jobs.noop"
CLUSTER = "a" * 32
MANY = 100
SPREAD = 50  # as for the mails to followers
TRACE = "A line of a traceback, as long as most of them are.\n" * 50


def made(number=MANY, **fields):
    """New tasks that wait."""
    given = {"job": JOB, "max_attempts": 5} | fields
    return Task.objects.bulk_create(Task(key=str(uuid.uuid4()), **given) for _ in range(number))


def claimed(number=MANY):
    return [lifecycle.claim(JOB, task.pk) for task in made(number)]


def nothing():
    yield
    time.sleep(2)


def launch():
    yield
    for number in range(MANY):
        lifecycle.launch(JOB, key=f"{number}-{time.monotonic_ns()}")


def spread():
    yield
    now = time.monotonic_ns()
    for chunk in range(0, 1_000, SPREAD):
        keys = {f"{number}-{now}": {} for number in range(chunk, chunk + SPREAD)}
        lifecycle.launch_spread(JOB, keys, after=0, pace=20)


def claim():
    tasks = made()
    yield
    for task in tasks:
        lifecycle.claim(JOB, task.pk)


def checkpoint():
    tasks = claimed()
    yield
    for task in tasks:
        lifecycle.checkpoint(task, phase="writing", done=1, total=2)


def succeed():
    tasks = claimed()
    yield
    for task in tasks:
        lifecycle.succeed(task)


def retry():
    tasks = claimed()
    yield
    for task in tasks:
        lifecycle.retry(task, "crashed", TRACE)


def fail():
    tasks = claimed()
    yield
    for task in tasks:
        lifecycle.fail(task, "crashed", TRACE)


def cancel():
    tasks = made()
    yield
    for task in tasks:
        lifecycle.cancel(task)


def release():
    """What the workers of a cluster held that was stopped; more of them than any has."""
    tasks = claimed()
    Attempt.objects.filter(task__in=tasks).update(cluster=CLUSTER)
    yield
    lifecycle.release(CLUSTER, at_fault=False)


def sweep():
    """It rings for as many as it may, and buries some."""
    Doorbell().delete_queue()
    keys = [task.pk for task in claimed(20)]
    lost = timezone.now() - timedelta(minutes=1)
    Task.objects.filter(pk__in=keys).update(failures=4, lease_until=lost)
    made(20, job="gone.jobs.gone", background=True, created_at=lost - timedelta(days=2))
    yield
    lifecycle.sweep()


def recur():
    yield
    lifecycle.launch_due()


def beat():
    cluster, sweeps = Pulse(CLUSTER), Pulse()
    cluster.beat()
    sweeps.beat()
    yield
    for _ in range(MANY):
        heartbeat.beat(cluster, sweeps)
    heartbeat.end(cluster)


def count():
    """All that ended within ten minutes, which nobody has asked for."""
    ended_at(timezone.now() - timedelta(minutes=1), 5_000)
    long_ago = timezone.now() - timedelta(minutes=11)
    if not Tally.objects.filter(pk=tally.ROW).update(until=long_ago):
        Tally.objects.create(pk=tally.ROW, until=long_ago)
    yield
    tally.count_up()
    tally.add(fenced=1)


def pause():
    operator = get_user_model().objects.get(username="operator")
    yield
    for job in [EVERY_JOB, *registry.declared()]:
        Pause.objects.begin(job, operator)
        Pause.objects.end(job)


def cancel_all():
    """As the board does it to all that a filter shows, within one request."""
    operator = get_user_model().objects.get(username="operator")
    yield
    acting.act(acting.CANCEL, Task.objects.active(), operator)


def retry_all():
    operator = get_user_model().objects.get(username="operator")
    cancelled = Task.objects.filter(state__in=[State.CANCELLED, State.FAILED]).with_newer()
    yield
    acting.act(acting.RETRY, cancelled.filter(has_newer=False), operator)


def dismiss():
    """All that a person was told of, at once."""
    operator = get_user_model().objects.get(username="operator")
    ended_at(timezone.now(), 1_000, owner=operator)
    yield
    operator.tasks.mark_seen()


def tidy():
    ended_at(timezone.now() - timedelta(days=100), 5_000)
    yield
    list(keeping.tidy())


def ended_at(moment, number, **fields):
    tasks = made(number, state=State.SUCCEEDED, attempt=1, ended_at=moment, **fields)
    Attempt.objects.bulk_create(
        Attempt(
            task=task,
            number=1,
            worker="ant:1",
            started_at=moment,
            ended_at=moment,
            outcome=State.SUCCEEDED,
        )
        for task in tasks
    )


STEPS = [
    *(nothing, launch, spread, claim, checkpoint, succeed, retry, fail, cancel, release, sweep),
    *(recur, beat, count, pause, dismiss, tidy, cancel_all, retry_all),
]
