"""Jobs that no site should have."""

import os
import signal
import threading
from contextlib import suppress

from tasks.runner import job


@job("Killing its worker")
def kill_itself(run):
    os.kill(os.getpid(), signal.SIGKILL)


@job("Leaving without a word")
def vanish(run):
    os._exit(0)


@job("Catching everything")
def catch_everything(run):
    with run.kept_alive():
        while True:
            with suppress(BaseException):
                threading.Event().wait()
