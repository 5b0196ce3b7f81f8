"""The jobs there are, by their dotted names, and how to speak of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from django.utils.translation import gettext_lazy as _

CRASHED = "crashed"
WORKER_LOST = "worker_lost"
UNDECLARED = "undeclared"
NOT_MAILED = "not_mailed"
MAIL_UNKNOWN = "mail_unknown"
COMMON_REASONS = {
    CRASHED: _(
        "Something went wrong on our side, and the people who run this site have been told."
        " Please try again later."
    ),
    WORKER_LOST: _("It was interrupted too many times. Please try again later."),
    UNDECLARED: _("This site does not do this any more."),
    NOT_MAILED: _("The mail server did not take the mail."),
    MAIL_UNKNOWN: _("Sending the mail was interrupted, so nobody knows whether it arrived."),
}

# What is said instead while it is going to be tried again by itself.
REASONS_FOR_NOW = {CRASHED: _("Something went wrong on our side.")}

_jobs = {}


class Refused(Exception):
    """What was asked for can't be had now, and nothing has changed."""

    @property
    def words(self):
        """Why, for who asked."""
        return self.args[0]


def nothing_to_clean(task):
    pass


@dataclass(frozen=True)
class Job:
    """What its owner reads of a job: lazily translated sentences, those of phases and reasons by
    code; and the addresses of a task: "result", the page with what came of it, and those to POST to
    in order to "cancel" or "retry" it. What has no address is not offered.

    clean_up(task) removes what is half done of a task that was cancelled or lost its last worker.
    every: a task of it is created again and again, so long after the one before; None or zero:
    never.
    retry(task) lets a new task, which it returns, do what this one did not, or raises Refused.
    scope: what a token has to permit, beside `write`, for its program to cancel a task of it or to
    have it retried; "" is nothing more.
    on_failed(task) notes what follows from its failing for good, in the transaction of that, so
    once.
    """

    name: str
    description: str
    phases: dict = field(default_factory=dict)
    reasons: dict = field(default_factory=dict)
    urls: dict[str, Callable] = field(default_factory=dict)
    clean_up: Callable = nothing_to_clean
    every: timedelta | None = None
    retry: Callable | None = None
    scope: str = ""
    on_failed: Callable | None = None

    def url(self, name: str, task) -> str:
        return self.urls[name](task) if name in self.urls else ""


def register(job: Job):
    _jobs[job.name] = job


def is_declared(name: str) -> bool:
    return name in _jobs


def declared() -> list[str]:
    """The names of all jobs."""
    return list(_jobs)


def recurring() -> list[Job]:
    return [job for job in _jobs.values() if job.every]


def get_job(name: str) -> Job:
    """The job of this name; one that nobody declares any more goes by its name alone."""
    return _jobs.get(name) or Job(name, name)
