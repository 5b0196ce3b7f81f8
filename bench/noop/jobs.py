import time

from tasks.runner import job

from .record import started

SECONDS = 0.25


@job("Nothing")
def noop(run):
    started(run.task.key)


@job("Waiting")
def wait(run):
    """As for a mail server, or for an S3."""
    time.sleep(SECONDS)
