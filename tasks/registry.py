"""The jobs there are, by their dotted names, and how to speak of them."""

from collections.abc import Callable
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

CRASHED = "crashed"
WORKER_LOST = "worker_lost"
COMMON_REASONS = {
    CRASHED: _(
        "Something went wrong on our side, and the people who run this site have been told."
        " Please try again later."
    ),
    WORKER_LOST: _("It was interrupted too many times. Please try again later."),
}

_jobs = {}


def no_result(task) -> str:
    return ""


@dataclass(frozen=True)
class Job:
    """What its owner reads of a job: lazily translated sentences, those of phases and reasons by
    code, and of a task the address of the page with what came of it."""

    name: str
    description: str
    phases: dict = field(default_factory=dict)
    reasons: dict = field(default_factory=dict)
    result_url: Callable = no_result


def register(job: Job):
    _jobs[job.name] = job


def is_declared(name: str) -> bool:
    return name in _jobs


def get_job(name: str) -> Job:
    """The job of this name; one that nobody declares any more goes by its name alone."""
    return _jobs.get(name) or Job(name, name)
