"""What a supervisor and the processes that it guards see of each other, in memory that they share.

Nothing here takes a lock: a process that was killed may hold it for ever.
"""

import multiprocessing
import time


class Pulse:
    """Of the worker cluster with this `id`, or of another process."""

    def __init__(self, id: str = ""):
        self.id = id
        context = multiprocessing.get_context("fork")
        self._beat = context.RawArray("d", [time.monotonic(), -1, 0])
        self._stopping = context.RawValue("b", False)

    def beat(self, waiting: int = 0, busy: int = 0):
        """Say that one is alive; of a cluster, how many messages wait and how many workers work."""
        self._beat[:] = [time.monotonic(), waiting, busy]

    @property
    def age(self) -> float:
        """Seconds since the last beat, or since there is this pulse."""
        return time.monotonic() - self._beat[0]

    @property
    def seen(self) -> bool:
        """Whether it has ever beaten."""
        return self._beat[1] >= 0

    @property
    def stuck(self) -> bool:
        """Whether messages wait while no worker works."""
        _, waiting, busy = self._beat
        return waiting > 0 and not busy

    @property
    def is_stopping(self) -> bool:
        """Whether the workers are to finish what they do and begin nothing more."""
        return self._stopping.value

    def stop(self):
        self._stopping.value = True


own = Pulse()  # of the cluster that this process belongs to; set before its workers are forked
