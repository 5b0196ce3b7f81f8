"""Waiting for a state that is observed."""

import time


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
