"""The process that launches no-op tasks and waits for them.

python -m bench.noop.client WAY STEP NUMBER    WAY: a module of bench.noop.ways; prints JSON

latency     one task at a time: {"click": [...], "commit": [...]}, milliseconds to its first line,
            from before the call that launches it and from the caller's commit
end_to_end  {"rate": tasks a second} until the last has its durable result
drain       launches, prints "queued", and waits for workers:
            {"starts": starts a second, "rate": tasks a second until the last result; both are
            counted from the first start}
"""

import json
import random
import sys
import time
from importlib import import_module

from bench.noop.record import count_started, read_started

WARM_UP = 20  # tasks, before what is measured
BETWEEN_CLICKS = 0.08, 0.12  # seconds; not in step with anybody's polling
PATIENCE = 120  # seconds


def latency(way, number):
    warm_up(way)
    clicks, commits = {}, {}
    before = count_started()
    for count, name in enumerate(names(number), before + 1):
        time.sleep(random.uniform(*BETWEEN_CLICKS))
        clicks[name] = time.monotonic_ns()
        way.launch(name, lambda name=name: commits.update({name: time.monotonic_ns()}))
        wait_for(lambda count=count: count_started() >= count)
    started = read_started()
    return {
        kind: [(started[name] - since[name]) / 1e6 for name in clicks]
        for kind, since in {"click": clicks, "commit": commits}.items()
    }


def end_to_end(way, number):
    warm_up(way)
    began = time.monotonic_ns()
    launch_and_wait(way, number)
    return {"rate": number / (time.monotonic_ns() - began) * 1e9}


def drain(way, number):
    before = count_started(), way.count_results()
    queued = launch(way, number)
    print("queued", flush=True)
    wait_for_results(way, number, *before)
    ended = time.monotonic_ns()
    started = read_started()
    first, *_, last = sorted(started[name] for name in queued)
    return {"starts": (number - 1) / (last - first) * 1e9, "rate": number / (ended - first) * 1e9}


def warm_up(way):
    launch_and_wait(way, WARM_UP)


def launch_and_wait(way, number):
    before = count_started(), way.count_results()
    launch(way, number)
    wait_for_results(way, number, *before)


def launch(way, number):
    launched = names(number)
    for name in launched:
        way.launch(name, lambda: None)
    return launched


def wait_for_results(way, number, started, results):
    # First for the file, which is cheap to ask and does not disturb the workers.
    wait_for(lambda: count_started() >= started + number)
    wait_for(lambda: way.count_results() >= results + number)


def wait_for(what):
    deadline = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > deadline:
            sys.exit(f"Not all tasks were done within {PATIENCE} s.")
        time.sleep(0.02)


def names(number):
    """New ones at each call."""
    call = time.monotonic_ns()
    return [f"{call}-{each}" for each in range(number)]


STEPS = {"latency": latency, "end_to_end": end_to_end, "drain": drain}

if __name__ == "__main__":
    way, step, number = sys.argv[1:]
    print(json.dumps(STEPS[step](import_module(f"bench.noop.ways.{way}"), int(number))))
