"""What the engine tells Prometheus. All of it is in the database (or Redis), so that it is the same
whichever process is asked, and right with any number of hosts."""

from collections import Counter

from django.db.models import Count, Min
from django.db.models.functions import Coalesce, Greatest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.utils import floatToGoString
from redis.exceptions import RedisError

from . import registry, tally
from .broker import Doorbell
from .models import ABANDONED, ACTIVE, DUE, ENDED, Attempt, Cluster, State, Tally, Task
from .models.pauses import paused

OUTCOMES = [outcome for outcome in Attempt.Outcome if outcome != Attempt.Outcome.RUNNING]
GROUNDS = "false", "true"  # whether in the background


def collect():
    """The metrics, as prometheus_client has them, by six queries and a command to Redis."""
    counted = tally.count_up()
    yield from _active(counted.now)
    yield from _counters(counted)
    yield from _histograms(Counter(counted.counts))
    yield from _clusters()
    yield from _messages()


def _active(now):
    due_now, left = DUE & ~paused(), ABANDONED & ~paused()
    since = Greatest("created_at", Coalesce("not_before", "created_at"))
    rows = (
        Task.objects.filter(ACTIVE)
        .order_by()
        .values("state", "background")
        .annotate(
            all=Count("pk"),
            due=Count("pk", filter=due_now),
            abandoned=Count("pk", filter=left),
            oldest=Min(since, filter=due_now),
        )
    )
    found = {(row["state"], str(row["background"]).lower()): row for row in rows}
    none = {"all": 0, "due": 0, "abandoned": 0, "oldest": None}
    active = GaugeMetricFamily(
        "tasks_active", "Tasks that have not ended.", labels=["state", "background"]
    )
    due = GaugeMetricFamily(
        "tasks_due", "Tasks that wait and could be begun now.", labels=["background"]
    )
    oldest = GaugeMetricFamily(
        "tasks_oldest_due_seconds",
        "How long the oldest of those that could be begun has waited.",
        labels=["background"],
    )
    for background in GROUNDS:
        for state in (State.QUEUED, State.RUNNING):
            active.add_metric([state, background], found.get((state, background), none)["all"])
        waiting = found.get((State.QUEUED, background), none)
        due.add_metric([background], waiting["due"])
        waited = now - (waiting["oldest"] or now)
        oldest.add_metric([background], max(0.0, waited.total_seconds()))
    abandoned = sum(row["abandoned"] for row in found.values())
    yield from (active, due, oldest)
    yield GaugeMetricFamily(
        "tasks_abandoned", "Running tasks whose worker has fallen silent.", value=abandoned
    )


def _counters(counted: Tally):
    counts = Counter(counted.counts)
    ended = CounterMetricFamily("tasks_ended", "Tasks that have ended.", labels=["name", "state"])
    attempts = CounterMetricFamily(
        "tasks_attempts", "Attempts at tasks that have ended.", labels=["name", "outcome"]
    )
    for name in registry.declared():
        for state in ENDED:
            ended.add_metric([name, state], counts[f"ended {name} {state}"])
        for outcome in OUTCOMES:
            attempts.add_metric([name, outcome], counts[f"attempts {name} {outcome}"])
    yield from (ended, attempts)
    for name, words, value in [
        ("reclaimed", "Tasks taken over from workers that fell silent.", counts["reclaimed"]),
        ("rerung", "Tasks rung for again, for nobody had come.", counted.rerung),
        ("fenced", "Attempts stopped, for the task was no longer theirs.", counted.fenced),
        ("mails_resent", "Mails sent again, for a crash hid their fate.", counts["mails_resent"]),
        ("mails_undecided", "Mails of which nobody knows.", counts["mails_undecided"]),
    ]:
        yield CounterMetricFamily(f"tasks_{name}", words, value=value)


def _histograms(counts):
    wait = HistogramMetricFamily(
        "tasks_wait_seconds",
        "How long tasks waited, from when they could be begun to when they were.",
        labels=["background"],
    )
    for background in GROUNDS:
        wait.add_metric([background], *_buckets(counts, f"wait {background}"))
    duration = HistogramMetricFamily(
        "tasks_duration_seconds", "How long attempts took that succeeded.", labels=["name"]
    )
    for name in registry.declared():
        duration.add_metric([name], *_buckets(counts, f"duration {name}"))
    yield from (wait, duration)


def _buckets(counts, what):
    """([(bound, how many are not above it)], sum)."""
    buckets, total = [], 0
    for bound in tally.SECONDS:
        total += counts[f"{what} {bound}"]
        buckets.append((floatToGoString(bound), total))
    return buckets, counts[f"{what} sum"]


def _clusters():
    workers = list(Cluster.objects.live().values_list("workers", flat=True))
    yield GaugeMetricFamily(
        "tasks_clusters", "Worker clusters that gave a sign of life lately.", value=len(workers)
    )
    yield GaugeMetricFamily("tasks_workers", "Workers of these clusters.", value=sum(workers))
    seen = GaugeMetricFamily(
        "tasks_cluster_seen_timestamp_seconds",
        "When a cluster gave its last sign of life.",
        labels=["host", "pid"],
    )
    swept = GaugeMetricFamily(
        "tasks_cluster_swept_timestamp_seconds",
        "When its sweeper swept last.",
        labels=["host", "pid"],
    )
    # In a container, the one before had the same two.
    latest = {(each.host, str(each.pid)): each for each in Cluster.objects.order_by("seen_at")}
    for labels, cluster in latest.items():
        seen.add_metric(labels, cluster.seen_at.timestamp())
        if cluster.swept_at:
            swept.add_metric(labels, cluster.swept_at.timestamp())
    yield from (seen, swept)


def _messages():
    """Nothing while Redis is away."""
    try:
        messages = Doorbell().queue_size()
    except RedisError:
        return
    yield GaugeMetricFamily("tasks_messages", "Messages that wait in Redis.", value=messages)
