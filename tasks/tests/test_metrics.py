from datetime import timedelta

import pytest
from django.utils import timezone
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tasks import lifecycle, metrics
from tasks.models import Cluster, Pause, Task

from .test_lifecycle import COUNT, nobody_rang, silent_for_ever
from .test_tally import launched

pytestmark = pytest.mark.django_db


class Collected:
    collect = staticmethod(metrics.collect)


def told():
    """{name: {values of labels, these by their names: value}} as Prometheus reads it."""
    found = {}
    for family in text_string_to_metric_families(generate_latest(Collected()).decode()):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def cluster(pk="a", ago=0, **fields):
    seen = timezone.now() - timedelta(seconds=ago)
    fields = {"host": "here", "pid": 1, "workers": 2, "started_at": seen} | fields
    return Cluster.objects.create(pk=pk, seen_at=seen, **fields)


def test_nothing_is_said_in_numbers_too():
    said = told()
    assert said["tasks_active"] == {
        ("false", "queued"): 0,
        ("false", "running"): 0,
        ("true", "queued"): 0,
        ("true", "running"): 0,
    }
    assert said["tasks_oldest_due_seconds"] == {("false",): 0, ("true",): 0}
    assert said["tasks_abandoned"] == said["tasks_clusters"] == said["tasks_workers"] == {(): 0}
    assert said["tasks_ended_total"][COUNT, "failed"] == 0
    assert said["tasks_attempts_total"][COUNT, "lost"] == 0
    assert said["tasks_duration_seconds_bucket"]["+Inf", COUNT] == 0
    assert said["tasks_fenced_total"] == {(): 0}


def test_tasks_that_have_not_ended_are_told_by_their_state():
    for key in "abc":
        launched(key)
    lifecycle.claim(COUNT, launched("d").pk)
    launched("e", background=True)
    said = told()
    assert said["tasks_active"] == {
        ("false", "queued"): 3,
        ("false", "running"): 1,
        ("true", "queued"): 1,
        ("true", "running"): 0,
    }
    assert said["tasks_due"] == {("false",): 3, ("true",): 1}


def about(seconds, began):
    """So many, and up to those that the test has taken since `began` on a machine that is busy."""
    taken = (timezone.now() - began).total_seconds()
    return pytest.approx(seconds + taken / 2, abs=taken / 2 + 1)


def test_what_waits_for_its_time_is_not_due():
    now = timezone.now()
    launched("a", created_at=now - timedelta(hours=1), not_before=now + timedelta(hours=1))
    assert told()["tasks_due"][("false",)] == 0
    assert told()["tasks_oldest_due_seconds"][("false",)] == 0
    Task.objects.update(not_before=now - timedelta(seconds=30))
    assert told()["tasks_oldest_due_seconds"][("false",)] == about(30, now)


def test_what_is_paused_waits_for_no_worker():
    ago = timezone.now() - timedelta(minutes=5)
    launched("a", created_at=ago)
    lifecycle.claim(COUNT, launched("b").pk)
    Task.objects.update(lease_until=ago)
    Pause.objects.begin(COUNT, None)
    said = told()
    assert said["tasks_active"]["false", "queued"] == 1
    assert said["tasks_due"]["false",] == said["tasks_oldest_due_seconds"]["false",] == 0
    assert said["tasks_abandoned"][()] == 0
    Pause.objects.end(COUNT)
    said = told()
    assert said["tasks_due"]["false",] == said["tasks_abandoned"][()] == 1


def test_the_oldest_that_is_due_has_waited_longest():
    now = timezone.now()
    for key, seconds in (("a", 5), ("b", 100), ("c", 50)):
        launched(key, created_at=now - timedelta(seconds=seconds))
    assert told()["tasks_oldest_due_seconds"][("false",)] == about(100, now)


def test_what_its_worker_has_left_is_told():
    task = launched()
    lifecycle.claim(COUNT, task.pk)
    assert told()["tasks_abandoned"] == {(): 0}
    silent_for_ever(task)
    assert told()["tasks_abandoned"] == {(): 1}


def test_what_has_ended_is_counted(at_once):
    lifecycle.succeed(lifecycle.claim(COUNT, launched().pk))
    said = told()
    assert said["tasks_ended_total"][COUNT, "succeeded"] == 1
    assert said["tasks_attempts_total"][COUNT, "succeeded"] == 1


def test_histograms_are_cumulative(at_once):
    for key, seconds in (("a", 3), ("b", 40)):
        made = timezone.now() - timedelta(seconds=seconds)
        lifecycle.succeed(lifecycle.claim(COUNT, launched(key, created_at=made).pk))
    said = told()
    buckets = [said["tasks_wait_seconds_bucket"]["false", le] for le in ("1.0", "5.0", "60.0")]
    assert buckets == [0, 1, 2]
    assert said["tasks_wait_seconds_bucket"]["false", "+Inf"] == 2
    assert said["tasks_wait_seconds_count"][("false",)] == 2
    assert said["tasks_wait_seconds_sum"][("false",)] == pytest.approx(43, abs=2)


def test_a_bell_that_nobody_heard_is_counted(rung, quiet_redis):
    launched("a", background=True, dispatched_at=None)  # the sweeper is the first to ring
    lifecycle.sweep()
    assert told()["tasks_rerung_total"] == {(): 0}
    nobody_rang()
    lifecycle.sweep()
    assert told()["tasks_rerung_total"] == {(): 1}


def test_clusters_that_live_are_told(quiet_redis):
    swept = timezone.now() - timedelta(seconds=7)
    here = cluster("a", host="here", swept_at=swept)
    cluster("b", ago=40, host="there", pid=2, workers=5)
    said = told()
    assert said["tasks_clusters"] == {(): 1}
    assert said["tasks_workers"] == {(): 2}
    seen = said["tasks_cluster_seen_timestamp_seconds"]
    assert seen["here", "1"] == pytest.approx(here.seen_at.timestamp())
    assert seen["here", "1"] - seen["there", "2"] == pytest.approx(40, abs=2)
    assert said["tasks_cluster_swept_timestamp_seconds"] == {
        ("here", "1"): pytest.approx(swept.timestamp())
    }


def test_of_two_clusters_in_one_place_the_later_is_told():
    """Prometheus takes nothing at all where two samples have the same labels."""
    cluster("a", ago=3600)
    later = cluster("b")
    assert told()["tasks_cluster_seen_timestamp_seconds"] == {
        ("here", "1"): pytest.approx(later.seen_at.timestamp())
    }


def test_messages_are_counted_while_there_is_a_redis(quiet_redis):
    assert told()["tasks_messages"] == {(): 0}


def test_and_missing_while_there_is_none():
    assert "tasks_messages" not in told()


@pytest.mark.parametrize("rows", [1, 5])
def test_it_needs_few_queries(rows, at_once, django_assert_num_queries):
    for key in range(rows):
        launched(f"waits {key}")
        lifecycle.succeed(lifecycle.claim(COUNT, launched(f"ends {key}").pk))
        cluster(str(key), pid=key)
    with django_assert_num_queries(7):  # six, and what has been counted is written
        told()
    with django_assert_num_queries(6):
        told()
