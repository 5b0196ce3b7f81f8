"""Whether all is there that this process needs, asked in time that is bounded whatever hangs."""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from django.db import Error as DatabaseError
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor
from redis.exceptions import RedisError

from tasks.broker import Doorbell
from tasks.models import LIVE_FOR, Cluster

logger = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds that who asks has for all parts together
EXPECTED = DatabaseError, RedisError


@dataclass(frozen=True)
class Answer:
    """What is wrong with a part, and the mend; neither names a secret. Nothing: it is there."""

    problem: str = ""
    mend: str = ""

    def to_dict(self) -> dict:
        if not self.problem:
            return {"ok": True}
        return {"ok": False, "problem": self.problem, "mend": self.mend}


WELL = Answer()


def ask_database():
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return WELL


def unapplied_migrations() -> list[tuple]:
    """(migration, False) of each, in the order in which they are to be applied."""
    executor = MigrationExecutor(connection)
    return executor.migration_plan(executor.loader.graph.leaf_nodes())


def ask_migrations():
    plan = unapplied_migrations()
    if not plan:
        return WELL
    first, _ = plan[0]
    return Answer(
        f"Migrations are not applied: {len(plan)}, from {first} on.", "Run manage.py migrate."
    )


def ask_redis():
    Doorbell().connection.ping()
    return WELL


def ask_cluster():
    if Cluster.objects.live().exists():
        return WELL
    return Answer(
        f"No worker cluster has given a sign of life for {LIVE_FOR.total_seconds():g} s.",
        "Start manage.py qcluster; the last lines of its log say why it ended.",
    )


class Part:
    """Something that has to be there. It is asked in a thread of its own, and once at a time: while
    that hangs, more who ask wait for the same answer."""

    def __init__(self, ask: Callable[[], Answer], mend: str):
        """`mend`: what to do when `ask()` falls over or hangs."""
        self.ask = ask
        self.mend = mend
        self._lock = threading.Lock()
        self._answer = None

    def begin(self) -> Future:
        """Ask, unless it is being asked."""
        with self._lock:
            if self._answer is None or self._answer.done():
                self._answer = Future()
                threading.Thread(target=self._ask, args=[self._answer], daemon=True).start()
            return self._answer

    def _ask(self, future):
        try:
            answer = self.ask()
        except Exception as error:  # whatever it is: who can't be asked is not there
            logger.warning("Not ready: %s", error, exc_info=not isinstance(error, EXPECTED))
            answer = Answer("It could not be asked.", self.mend)
        finally:
            connections.close_all()  # this thread's own
        future.set_result(answer)


SERVER = "See that the server of {} is there and lets us in; the log says more."
DATABASE, REDIS = SERVER.format("DATABASE_URL"), SERVER.format("REDIS_URL")
PARTS = {
    "database": Part(ask_database, DATABASE),
    "migrations": Part(ask_migrations, DATABASE),
    "redis": Part(ask_redis, REDIS),
    "cluster": Part(ask_cluster, DATABASE),
}


def ask(patience: float = PATIENCE) -> dict[str, Answer]:
    """The answers of all parts, by their names, within `patience` seconds."""
    deadline = time.monotonic() + patience
    answers = {name: part.begin() for name, part in PARTS.items()}
    for name, part in PARTS.items():
        try:
            answers[name] = answers[name].result(max(0, deadline - time.monotonic()))
        except TimeoutError:
            answers[name] = Answer(f"No answer within {patience:g} s.", part.mend)
    return answers
