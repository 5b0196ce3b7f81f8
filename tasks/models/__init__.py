"""The rows are the truth: what there is to do, who does it, how far it is, how it ended, what the
operators let nobody begin, which clusters live.

The states of tasks and who may change them are in `lifecycle`; nothing else writes them.
"""

from .attempts import Attempt
from .clusters import LIVE_FOR, Cluster
from .pauses import EVERY_JOB, Pause
from .states import ABANDONED, ACTIVE, DUE, ENDED, EXHAUSTED, State
from .tallies import Tally
from .tasks import Task

__all__ = [
    "ABANDONED",
    "ACTIVE",
    "DUE",
    "ENDED",
    "EVERY_JOB",
    "EXHAUSTED",
    "LIVE_FOR",
    "Attempt",
    "Cluster",
    "Pause",
    "State",
    "Tally",
    "Task",
]
