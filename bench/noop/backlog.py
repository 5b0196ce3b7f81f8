"""What a backlog costs: python -m bench.noop.backlog NUMBER, with no worker running; prints JSON.

claim_ms        (before, after) a claim beside an empty table and beside NUMBER tasks: the best of
                some medians, for what else the machine does only adds
messages        the most there were in Redis, while the sweeper made several rounds and then some
                more tasks were launched
sweep_ms        the longest of these rounds, which rings as many as it may
"""

import json
import sys
import time
import uuid
from statistics import median

import django

django.setup()

from django.conf import settings  # noqa: E402 (Django has to be set up first)
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from tasks import lifecycle  # noqa: E402
from tasks.broker import Doorbell  # noqa: E402
from tasks.models import Task  # noqa: E402

JOB = "bench.noop.jobs.noop"
CLAIMS = 100
REPEATS = 5
SWEEPS = 5
LAUNCHES = 1_500


def main(number):
    settings.TASKS_RING_AGAIN_SECONDS = 0  # the worst that can be: all may be rung at each round
    Task.objects.all().delete()
    before = time_claims()
    fill(number)
    broker = Doorbell()
    messages, sweeps = 0, []
    for sweep in range(SWEEPS):
        if sweep % 2:
            broker.delete_queue()  # as if the workers had been quick; else as if there were none
        began = time.perf_counter()
        lifecycle.sweep()
        sweeps.append((time.perf_counter() - began) * 1e3)
        messages = max(messages, broker.queue_size())
    for each in range(LAUNCHES):
        lifecycle.launch(JOB, key=f"launched-{each}")
    messages = max(messages, broker.queue_size())
    after = time_claims()
    broker.delete_queue()
    return {"claim_ms": (before, after), "messages": messages, "sweep_ms": max(sweeps)}


def fill(number):
    for start in range(0, number, 10_000):
        size = min(10_000, number - start)
        Task.objects.bulk_create(new_task(f"waiting-{start + each}") for each in range(size))
    if connection.vendor == "postgresql":  # as its own service would, within a minute
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE tasks_task")


def time_claims():
    return min(time_some_claims() for _ in range(REPEATS))


def time_some_claims():
    tasks = [new_task(str(uuid.uuid4())) for _ in range(CLAIMS)]
    Task.objects.bulk_create(tasks)
    return median(time_claim(task) for task in tasks)


def time_claim(task):
    began = time.perf_counter()
    claimed = lifecycle.claim(JOB, task.pk)
    milliseconds = (time.perf_counter() - began) * 1e3
    lifecycle.succeed(claimed)
    return milliseconds


def new_task(key):
    return Task(job=JOB, key=key, max_attempts=5, created_at=timezone.now())


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]))))
