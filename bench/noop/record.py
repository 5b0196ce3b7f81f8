"""The first thing that a no-op job does, in whatever engine: note that it has started."""

import os
import time


def started(name: str):
    """Append "name nanoseconds" (CLOCK_MONOTONIC, the same in all processes) to NOOP_FILE."""
    now = time.monotonic_ns()
    file = os.open(os.environ["NOOP_FILE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, f"{name} {now}\n".encode())
    os.close(file)


def count_started() -> int:
    return _read().count("\n")


def read_started() -> dict:
    """Nanoseconds by name."""
    return {name: int(now) for name, now in map(str.split, _read().splitlines())}


def _read():
    with open(os.environ["NOOP_FILE"], "a+") as file:  # it may not be there yet
        file.seek(0)
        return file.read()
