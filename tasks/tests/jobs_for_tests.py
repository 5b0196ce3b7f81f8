"""Jobs that the tests of the engine run. Not in a module `jobs`: no site knows them."""

from datetime import timedelta

from tasks.runner import Failure, job

seen = []


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
