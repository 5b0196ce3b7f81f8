"""How much more is done by more workers, and by more hosts.

    .venv/bin/python bench/workers.py [--exports 60] [--posts 4000] [--waits 240] [--rounds 3]

On PostgreSQL, with a Valkey, everything is queued first; then `manage.py qcluster` is started as
an operator starts it, with 1, 2 and 4 workers, and twice with 2, as two hosts would. Two kinds of
work, each for itself:

exports  the site's own, of so many people with so many posts each: read, written, checked, hashed
         and published; nobody has an address, so that nothing is mailed. This computes: what more
         workers than processors add is nothing but the waits for the disk and the database. (The
         database works too, on the same processors.)
waits    a job that waits for 0.25 s, as for a mail server or for an S3, and computes nothing.

tasks/s  from the first claim to the last end, both by the rows; the best of the rounds, in which
         all numbers of workers take turns
share    of the ideal: that of one worker times the number of workers, for exports times the number
         of processors at most
cpu      seconds of the processors that a task took, in the workers (without the database): it grows
         where workers are in each other's way
idle     percent of the processors that nobody used meanwhile, in that round: where it is 0 before
         there are as many workers as processors, others had them

The last line is for machines: exports_x and waits_x, the shares, x the number of workers; 2x2 are
the two clusters of two.
"""
# ruff: noqa: E402 (what follows needs sys.path as it should be)

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # in place of bench/, whose queue.py would hide that of the library

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack, suppress

import psutil

from bench.children import SITE
from microblog.valkey import Valkey
from tests.servers import postgres

CLUSTERS = {"1": [1], "2": [2], "4": [4], "2x2": [2, 2]}
PATIENCE = 600  # seconds
WAIT = "bench.noop.jobs.wait"
PROCESSORS = len(os.sched_getaffinity(0))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    for name, number in {"exports": 60, "posts": 4_000, "waits": 240, "rounds": 3}.items():
        arguments.add_argument(f"--{name}", type=int, default=number)
    asked = arguments.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="workers-bench-"))
        valkey = stack.enter_context(Valkey(directory=folder))
        site = site_of(folder, stack.enter_context(postgres()), valkey.url)
        call(site, "fill", asked.exports, asked.posts)
        found = {}
        for number in range(asked.rounds):
            for work in ("exports", "waits"):
                for name, clusters in CLUSTERS.items():
                    say(f"Round {number + 1} of {asked.rounds}: {work}, {name} workers ...")
                    call(site, work, asked.exports if work == "exports" else asked.waits)
                    done = time_clusters(site, clusters)
                    found.setdefault(work, {}).setdefault(name, []).append(done)
        report(found)


def say(line):
    print(line, file=sys.stderr, flush=True)


def site_of(folder, database, redis):
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "bench.noop.settings",
        "NOOP_FILE": f"{folder}/noop",
        "VAR_DIR": folder,
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "ENV_FILE": "",
        "DEBUG": "0",
        "SECRET_KEY": "for-this-run-only",
        "ALLOWED_HOSTS": "localhost",
        "SITE_URL": SITE,
        "EXPORT_ALLOWANCE": "0",
        "EXPORT_POSTS_PER_SECOND": "0",
        "TIDY_SECONDS": "0",
        "LOG_LEVEL": "WARNING",
    }


def call(site, step, *arguments):
    command = [sys.executable, "-m", "bench.workers", "--child", step, *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, env=site, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def time_clusters(site, clusters):
    idle, began = psutil.cpu_times().idle, time.monotonic()
    processes = [
        subprocess.Popen(
            [sys.executable, "manage.py", "qcluster"],
            cwd=ROOT,
            env=site | {"QCLUSTER_WORKERS": str(workers)},
            stdout=subprocess.DEVNULL,
            stderr=open(f"{site['VAR_DIR']}/workers.log", "a"),  # noqa: SIM115 (it is theirs)
            start_new_session=True,
        )
        for workers in clusters
    ]
    try:
        done = call(site, "wait")
        idle = psutil.cpu_times().idle - idle
        share = idle / (time.monotonic() - began) / psutil.cpu_count()
        done |= {"idle": min(1, share), "cpu": sum(map(seconds_of, processes)) / done["tasks"]}
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            with suppress(subprocess.TimeoutExpired):
                process.wait(60)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return done


def seconds_of(process):
    """What it and all that it started have computed so far."""
    everyone = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    return sum(sum(each.cpu_times()[:2]) for each in everyone)


def report(found):
    print(f"{PROCESSORS} processors")
    names = "work", "workers", "tasks/s", "ideal", "share", "cpu, s", "idle"
    print("{:<8} {:>7} {:>8} {:>7} {:>6} {:>7} {:>6}".format(*names))
    line = {}
    for work, numbers in found.items():
        best = {name: max(each, key=lambda one: one["rate"]) for name, each in numbers.items()}
        for name, done in best.items():
            workers = sum(CLUSTERS[name])
            times = min(workers, PROCESSORS) if work == "exports" else workers
            ideal = best["1"]["rate"] * times
            line[f"{work}_{name}"] = done["rate"] / ideal
            print(
                f"{work:<8} {name:>7} {done['rate']:>8.1f} {ideal:>7.1f}"
                f" {done['rate'] / ideal:>6.0%} {done['cpu']:>7.3f} {done['idle']:>6.0%}"
            )
    print(*(f"{key}={value:.2f}" for key, value in line.items()))


# Children


def fill(exports, posts):
    from datetime import UTC, datetime, timedelta

    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection

    from blog.models import Post

    call_command("migrate", verbosity=0)
    people = get_user_model().objects
    people = people.bulk_create(people.model(username=f"person_{n}") for n in range(int(exports)))
    first = datetime(2020, 1, 1, tzinfo=UTC)
    words = "The ferry was late and nobody minded, because the light was on the water. " * 2
    for person in people:
        Post.objects.bulk_create(
            Post(
                author=person, body=f"{number}: {words}", timestamp=first + timedelta(hours=number)
            )
            for number in range(int(posts))
        )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return {}


def exports(number):
    """One of each person, in place of those before."""
    from django.contrib.auth import get_user_model

    from exports.models import Export

    Export.objects.all().delete()
    forget()
    for person in get_user_model().objects.order_by("pk")[: int(number)]:
        Export.objects.start(person)
    return {}


def waits(number):
    from tasks import lifecycle

    forget()
    for each in range(int(number)):
        lifecycle.launch(WAIT, key=str(each))
    return {}


def forget():
    from tasks.models import Task

    Task.objects.all().delete()


def wait():
    """Until all have ended."""
    from django.db.models import Count, Max, Min

    from tasks.models import State, Task

    deadline = time.monotonic() + PATIENCE
    while Task.objects.active().exists():
        if time.monotonic() > deadline:
            sys.exit(f"Not all tasks were done within {PATIENCE} s.")
        time.sleep(0.1)
    assert not Task.objects.exclude(state=State.SUCCEEDED).exists()
    times = Task.objects.aggregate(n=Count("pk"), first=Min("claimed_at"), last=Max("ended_at"))
    seconds = (times["last"] - times["first"]).total_seconds()
    return {"tasks": times["n"], "rate": times["n"] / seconds}


CHILDREN = {"fill": fill, "exports": exports, "waits": waits, "wait": wait}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        import django

        django.setup()
        print(json.dumps(CHILDREN[sys.argv[2]](*sys.argv[3:])))
    else:
        main()
