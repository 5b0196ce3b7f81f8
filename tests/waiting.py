"""Waiting for a state that is observed."""

import time
from contextlib import suppress
from pathlib import Path

SCHEDULED = Path("/proc/thread-self/schedstat")  # Linux: computed, waited (nanoseconds), how often


def wait_for(what, seconds=30, why=""):
    """Wait until `what()` is true and return what it returned. `why`: what is waited for, to be
    told when it never comes; or what says it then."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        if time.monotonic() > deadline:
            why = why() if callable(why) else why
            raise AssertionError(f"Waited {seconds} s in vain{why and f' for {why}'}.")
        time.sleep(0.05)
    return found


def clock():
    """Seconds, as they pass for this thread: without those in which it could have gone on, but
    others had all processors. What it waits for itself counts in full."""
    without_processor = 0
    with suppress(FileNotFoundError):
        without_processor = int(SCHEDULED.read_text().split()[1])
    return time.monotonic() - without_processor / 1e9
