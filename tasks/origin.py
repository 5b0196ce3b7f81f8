"""For which request and which task this thread works: noted in what it logs, and of the request in
the tasks that it launches, whose workers go on noting it."""

from contextlib import contextmanager
from contextvars import ContextVar

ID_MAX = 64  # characters

request_id = ContextVar("request_id", default="")
task_id = ContextVar("task_id", default="")


@contextmanager
def noted(request: str, task: str = ""):
    """Work for them in the block. "": for none."""
    tokens = request_id.set(request), task_id.set(task)
    try:
        yield
    finally:
        request_id.reset(tokens[0])
        task_id.reset(tokens[1])


def ids() -> dict[str, str]:
    """The ids that there are, by what they are of."""
    found = {"request_id": request_id.get(), "task_id": task_id.get()}
    return {name: value for name, value in found.items() if value}
