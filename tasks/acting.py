"""What operators do to one task or to many, and what they are told of it."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from . import lifecycle
from .models import State, Task
from .registry import Refused

logger = logging.getLogger(__name__)

SECONDS = 15  # for one request
MOST = 10_000  # tasks
CHUNK = 100


@dataclass(frozen=True)
class Deed:
    """`do(task)` raises Refused, with why, where it leaves it alone; `states`: in which it
    need not; `question` and `done`: to how many it is to be done, and was; `noted`: what the log
    of admins has."""

    name: str
    noted: str
    states: tuple[State, ...]
    do: Callable
    question: str
    done: str


def _cancel(task):
    if lifecycle.cancel(task):
        return
    task.refresh_from_db(fields=["state"])
    if task.is_active:
        raise Refused(_("It is being delivered, and that can't be undone."))
    raise Refused(_("It has ended already."))


CANCEL = Deed(
    "cancel",
    "cancelled",
    (State.QUEUED, State.RUNNING),
    _cancel,
    ngettext_lazy("Cancel %(count)d task?", "Cancel %(count)d tasks?", "count"),
    ngettext_lazy("%(count)d task was cancelled.", "%(count)d tasks were cancelled.", "count"),
)
RETRY = Deed(
    "retry",
    "tried again",
    (State.FAILED, State.CANCELLED),
    lifecycle.repeat,
    ngettext_lazy("Try %(count)d task again?", "Try %(count)d tasks again?", "count"),
    ngettext_lazy(
        "%(count)d task is being tried again.", "%(count)d tasks are being tried again.", "count"
    ),
)


@dataclass
class Outcome:
    """To how many a deed was done; how many were left alone, by why; and to how many it did not get
    in the time of a request."""

    deed: Deed
    done: int = 0
    left: Counter = field(default_factory=Counter)
    beyond: int = 0

    @property
    def total(self) -> int:
        return self.done + self.left.total() + self.beyond

    def sentences(self) -> Iterator[str]:
        yield self.deed.done % {"count": self.done}
        for why, count in self.left.items():
            yield _("Left alone, %(count)d: %(why)s") % {"count": count, "why": why}
        if self.beyond:
            yield _("Not reached in the time of one request, %(count)d: please do it again.") % {
                "count": self.beyond
            }


def act(deed: Deed, tasks, by) -> Outcome:
    """Do it to the QuerySet `tasks`, the oldest first, each in a transaction of its own. What was
    done is in the log of admins, under `by` and the task."""
    deadline = time.monotonic() + SECONDS
    outcome = Outcome(deed, beyond=tasks.count())
    keys = list(tasks.order_by("created_at").values_list("pk", flat=True)[:MOST])
    for start in range(0, len(keys), CHUNK):
        chunk = Task.objects.filter(pk__in=keys[start : start + CHUNK]).select_related("owner")
        done = []
        for task in chunk.order_by("created_at"):
            if time.monotonic() > deadline:
                break
            outcome.beyond -= 1
            why = _try(deed, task)
            if why is None:
                done.append(task)
            else:
                outcome.left[why] += 1
        outcome.done += len(done)
        LogEntry.objects.log_actions(by.pk, done, CHANGE, deed.noted)
    return outcome


def log(outcome: Outcome, by, which: str):
    """Note in the log of admins what was done to many, in the language of the source; `which`: how
    they were found."""
    with translation.override(None):
        words = " ".join(map(str, outcome.sentences()))
    note(by, f"{outcome.deed.noted}: {which}", words)


def note(by, about: str, words: str):
    """Note in the log of admins what is about more than one task."""
    LogEntry.objects.create(
        user=by,
        content_type=ContentType.objects.get_for_model(Task),
        object_repr=about[:200],
        action_flag=CHANGE,
        change_message=words,
    )


def _try(deed, task):
    """Why it was left alone, or None. One that is broken keeps no other one from being tried."""
    try:
        deed.do(task)
    except Refused as refused:
        return refused.words
    except Exception:
        logger.exception("Could not %s the task %s (%s).", deed.name, task.pk, task)
        return _("An error, of which the log of the site says more.")
    return None
