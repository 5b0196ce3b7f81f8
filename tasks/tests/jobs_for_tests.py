"""Jobs that the tests of the engine run. Not in a module `jobs`: no site knows them."""

from datetime import timedelta

from tasks import lifecycle
from tasks.registry import Refused
from tasks.runner import Failure, job

seen = []
told = []


@job("Counting", phases={"counting": "Counting up"}, urls={"result": lambda task: f"/{task.key}/"})
def count(run):
    run.enter("counting", done=0, total=10)
    seen.append(run.task.pk)
    run.advance(10)


@job("Refusing", reasons={"no_luck": "There was no luck."})
def refuse(run):
    raise Failure("no_luck")


@job("Crashing")
def crash(run):
    raise ZeroDivisionError("1 by 0")


@job("Leaving")
def leave(run):
    raise SystemExit("like Django-Q2's time-out")


@job("Coming back", every=timedelta(hours=1))
def come_back(run):
    pass


def note(task):
    """What follows from a failure: here, that another job is launched."""
    told.append(task.pk)
    lifecycle.launch(f"{__name__}.count", key=f"after {task.pk}")


def do_again(task):
    again, created = lifecycle.launch(f"{__name__}.lose", key=task.key, owner=task.owner)
    if not created:
        raise Refused("Another one is at it.")
    return again


@job(
    "Losing",
    reasons={"lost": "All was lost."},
    urls={"cancel": lambda task: "/cancel/", "retry": lambda task: "/retry/"},
    on_failed=note,
    retry=do_again,
)
def lose(run):
    raise Failure("lost", heals=True, expected=True)
