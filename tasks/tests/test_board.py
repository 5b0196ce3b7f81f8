import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tasks import lifecycle, registry
from tasks.board import Current, Lately, current
from tasks.board.lately import SAMPLE, percentiles
from tasks.models import EVERY_JOB, Attempt, Cluster, Pause, State, Task
from tasks.pulse import Pulse

from .test_acting import failed
from .test_lifecycle import COME_BACK, COUNT, REFUSE, silent_for_ever

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def cluster(now):
    """One that began an hour ago, lives, and sweeps."""
    times = {"started_at": now - 60 * MINUTE, "seen_at": now, "swept_at": now}
    return Cluster.objects.create(id="ours", host="ant", pid=7, workers=2, **times)


@pytest.fixture
def well(cluster, quiet_redis):
    """All is."""


def worries():
    return [worry.words for worry in Current().worries]


def standing(job=COUNT):
    return next(each for each in Current().standings if each.job.name == job)


class TestWorries:
    def test_when_all_is_well_there_are_none(self, well, now):
        lifecycle.launch(COUNT, key="1")
        assert worries() == []
        assert Current().well_since == now - 60 * MINUTE

    def test_without_workers(self, quiet_redis):
        assert worries() == ["No workers run. Start them with: manage.py qcluster"]

    def test_workers_that_fell_silent(self, well, cluster, now):
        times = {"started_at": now - 60 * MINUTE, "seen_at": now - MINUTE}
        Cluster.objects.create(id="other", host="bee", pid=8, workers=2, **times)
        assert worries() == ["The workers of bee, process 8, have fallen silent."]

    def test_silent_ones_that_were_replaced_on_their_host_are_none(self, well, cluster, now):
        times = {"started_at": now - 90 * MINUTE, "seen_at": now - 61 * MINUTE}
        Cluster.objects.create(id="before", host=cluster.host, pid=6, workers=2, **times)
        assert worries() == []

    def test_no_sweeper(self, well, cluster, now):
        Cluster.objects.update(swept_at=now - 2 * MINUTE)
        assert worries() == ["No sweeper rings for what waits; its log says why."]
        Cluster.objects.update(swept_at=None)
        assert len(worries()) == 1

    def test_one_that_has_just_been_started_has_its_time(self, well, now):
        Cluster.objects.update(swept_at=None, started_at=now)
        assert worries() == []

    def test_redis_away(self, cluster):
        assert worries() == ["Redis does not answer, so nothing begins. What waits is not lost."]
        assert Current().messages is None

    def test_what_waits_for_long(self, well, now):
        lifecycle.launch(COUNT, key="1")
        Task.objects.update(created_at=now - 3 * MINUTE)
        (worry,) = Current().worries
        assert worry.since == now - 3 * MINUTE
        Task.objects.update(background=True)
        assert worries() == []
        Task.objects.update(created_at=now - 61 * MINUTE)
        assert len(worries()) == 1

    def test_what_was_given_back_waits_since_then(self, well, now):
        task, _ = lifecycle.launch(COUNT, key="1")
        Task.objects.update(created_at=now - 30 * MINUTE, checkpointed_at=now - MINUTE)
        assert standing().oldest == now - MINUTE
        assert worries() == []

    def test_what_is_not_due_and_what_is_paused_does_not_wait(self, well, now, bob):
        lifecycle.launch(COUNT, key="1")
        Task.objects.update(created_at=now - 60 * MINUTE, not_before=now + MINUTE)
        assert worries() == []
        Task.objects.update(not_before=None)
        Pause.objects.begin(COUNT, bob)
        assert worries() == ["Paused: Counting"]
        Pause.objects.begin(EVERY_JOB, bob)
        assert "Every job is paused." in worries()

    def test_what_its_worker_left(self, well, now):
        task, _ = lifecycle.launch(COUNT, key="1")
        lifecycle.claim(COUNT, task.pk)
        silent_for_ever(task)
        assert worries() == []
        Task.objects.update(lease_until=now - 2 * MINUTE)
        assert worries() == ["1 task was left by its worker, and no other one has taken it."]

    def test_failures_are_a_worry_for_an_hour(self, well, now):
        failed()
        assert worries() == ["1 task failed within the last hour."]
        Task.objects.update(ended_at=now - 61 * MINUTE)
        assert worries() == []
        Cluster.objects.update(started_at=now - 90 * MINUTE)
        assert Current().well_since == now - 61 * MINUTE

    def test_failures_that_are_tried_again_are_none(self, well):
        lifecycle.repeat(failed())
        assert worries() == []
        assert Current().failures == []


class TestCurrent:
    def test_tasks_are_counted_by_how_they_stand(self, now):
        for key in "123":
            lifecycle.launch(COUNT, key=key)
        lifecycle.claim(COUNT, Task.objects.get(key="1").pk)
        lifecycle.retry(lifecycle.claim(COUNT, Task.objects.get(key="2").pk), "crashed")
        lifecycle.launch_spread(COUNT, {"4": {}, "5": {}}, after=-1, pace=1e6)
        lifecycle.launch_spread(COUNT, {"6": {}}, after=60, pace=1)
        found = standing()
        assert (found.running, found.due, found.behind) == (1, 1, 2)
        assert (found.later, found.again) == (2, 1)
        total = Current().total
        assert (total.running, total.due, total.behind, total.later, total.again) == (1, 1, 2, 2, 1)

    def test_every_declared_job_has_its_line_and_the_busiest_come_first(self):
        lifecycle.launch(REFUSE, key="1")
        names = [each.job.name for each in Current().standings]
        assert names[0] == REFUSE
        assert set(names) == set(registry.declared())

    def test_a_job_that_is_gone_has_one_while_it_has_tasks(self):
        Task.objects.create(job="gone.jobs.gone", key="1", max_attempts=1)
        assert standing("gone.jobs.gone").due == 1

    def test_who_runs_what(self, cluster, bob, monkeypatch):
        monkeypatch.setattr(lifecycle.pulse, "own", Pulse("ours"))
        task, _ = lifecycle.launch(COUNT, key="1", owner=bob)
        lifecycle.claim(COUNT, task.pk)
        (found,) = Current().running
        assert (found, found.owner, found.is_abandoned) == (task, bob, False)
        assert [attempt.number for attempt in found.under_way] == [1]
        (found,) = Current().clusters
        assert (found.busy, found.is_silent) == (1, False)
        silent_for_ever(task)
        assert Current().running[0].is_abandoned

    def test_failures_are_grouped_by_job_and_reason(self, now):
        for key in "12":
            failed(key)
        failed("3", REFUSE)
        Task.objects.filter(key="2").update(ended_at=now - 90 * MINUTE)
        first, second = Current().failures
        assert (first.job.name, first.reason, first.count, first.lately) == (
            COUNT,
            "crashed",
            2,
            1,
        )
        assert first.latest == Task.objects.get(key="1").ended_at
        assert "our side" in first.label
        assert (second.job.name, second.count) == (REFUSE, 1)

    def test_of_very_many_failures_it_says_so(self, monkeypatch):
        monkeypatch.setattr(current, "FAILURES_MOST", 2)
        for key in "12":
            failed(key)
        assert Current().has_more_failures
        Task.objects.filter(key="1").delete()
        assert not Current().has_more_failures

    def test_what_comes_back_says_when(self, now):
        assert (registry.get_job(COME_BACK), None, None) in Current().recurring
        lifecycle.launch_due()
        created = Task.objects.get().created_at
        found = {job.name: (last, next) for job, last, next in Current().recurring}
        assert found[COME_BACK] == (created, created + 60 * MINUTE)

    def test_it_counts_the_messages(self, quiet_redis):
        assert Current().messages == 0


def ended(at, state=State.SUCCEEDED, wait=1, took=2, number=1, **fields):
    """A task that ended at `at`, had waited and took so many seconds, in this attempt."""
    claimed = at - timedelta(seconds=took)
    fields = {"created_at": claimed - timedelta(seconds=wait), "claimed_at": claimed} | fields
    fields |= {"state": state, "ended_at": at, "attempt": number, "max_attempts": 5}
    task = Task.objects.create(job=COUNT, key=str(Task.objects.count()), **fields)
    Attempt.objects.create(task=task, number=1, worker="ant:1", started_at=claimed)
    return task


class TestLately:
    def test_bars_begin_when_the_clock_strikes_and_the_last_has_now_in_it(self, now):
        lately = Lately()
        for window, minutes, number in ((lately.hour, 5, 13), (lately.day, 60, 25)):
            assert len(window.bars) == number
            assert all(bar.start.minute % minutes == bar.start.second == 0 for bar in window.bars)
            last = window.bars[-1]
            assert last.start <= now < last.end + MINUTE
            assert window.start <= now - number * MINUTE * minutes + MINUTE * minutes

    def test_what_ended_is_counted_where_and_how_it_ended(self, now):
        start = Lately().hour.bars[6].start
        for state in (State.SUCCEEDED, State.SUCCEEDED, State.FAILED, State.CANCELLED):
            ended(start, state)
        ended(start - timedelta.resolution)
        ended(now - timedelta(days=2))
        lately = Lately()
        bar = lately.hour.bars[6]
        assert (bar.succeeded, bar.failed, bar.cancelled) == (2, 1, 1)
        assert lately.hour.bars[5].succeeded == 1
        assert lately.hour.totals == lately.day.totals
        assert lately.day.totals == {"succeeded": 3, "failed": 1, "cancelled": 1, "retried": 0}

    def test_what_was_begun_again_is_counted_also_while_it_goes_on(self, now):
        task = ended(now, State.RUNNING)
        for number in (2, 3):
            Attempt.objects.create(task=task, number=number, worker="ant:1", started_at=now)
        assert Lately().hour.totals["retried"] == 2
        assert Lately().day.totals["retried"] == 2

    def test_waits_and_times_of_what_succeeded(self, now):
        start = Lately().hour.bars[6].start
        for number in range(1, 21):
            ended(start, wait=number, took=100 * number)
        ended(start, State.FAILED, wait=1000, took=1e6)
        lately = Lately()
        for found in (lately.hour, lately.hour.bars[6], lately.day):
            assert found.wait == [10, 19]
            assert found.duration == [1000, 1900]
        assert lately.hour.bars[5].wait == [None, None]

    def test_what_was_not_due_did_not_wait(self, now):
        ended(now, wait=60, took=2, not_before=now - timedelta(seconds=5))
        assert Lately().hour.wait == [3, 3]

    def test_it_waited_for_its_first_attempt(self, now):
        task = ended(now, wait=4, took=10)
        later = now - timedelta(seconds=1)
        Task.objects.filter(pk=task.pk).update(not_before=later, claimed_at=later)
        assert Lately().hour.wait == [4, 4]
        assert Lately().hour.duration == [1, 1]

    def test_of_very_many_it_reads_some_and_weighs_them(self, now, monkeypatch):
        bars = Lately().hour.bars
        for number in range(10):
            ended(bars[5].start + number * timedelta.resolution, wait=1)
        for _ in range(3):
            ended(bars[6].start, wait=5)
        monkeypatch.setattr("tasks.board.lately.SAMPLE", 2)
        hour = Lately().hour
        assert len(hour.bars[5].waits) == 2
        assert hour.bars[5].weight == 5
        assert hour.wait == [1, 5]

    def test_it_needs_three_queries_whatever_there_is(self, now, django_assert_num_queries):
        for count in (0, 5):
            for _ in range(count):
                ended(now)
            with django_assert_num_queries(3):
                Lately()


@pytest.mark.parametrize(
    ("weighted", "expected"),
    [
        ([], [None, None]),
        ([(7, 1)], [7, 7]),
        ([(n, 1) for n in range(1, 101)], [50, 95]),
        ([(1, 90), (2, 4), (3, 6)], [1, 3]),
        ([(3, 5), (1, 90), (2, 5)], [1, 2]),
    ],
)
def test_percentiles(weighted, expected):
    assert percentiles(weighted) == expected


def test_a_sample_is_enough_for_a_95th_percentile():
    assert SAMPLE >= 20


@pytest.fixture
def asked():
    """The statements that the database was asked, with their parameters."""
    asked = []

    def note(execute, sql, parameters, many, context):
        asked.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(note):
        yield asked


WHOLE = re.compile(r"SCAN tasks_(task|attempt)$|Seq Scan on tasks_(task|attempt)", re.MULTILINE)


def plan(sql, parameters):
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        cursor.execute(f"{explain} {sql}", parameters)
        return "\n".join(str(row[-1]) for row in cursor.fetchall())


def test_what_has_ended_is_not_gone_through(now, asked):
    """Among very many that ended, all is found by indexes, whatever a database believes."""
    ago = now - timedelta(days=20)
    tasks = Task.objects.bulk_create(
        Task(job=COUNT, key=str(number), state=State.SUCCEEDED, ended_at=ago, max_attempts=1)
        for number in range(1_000)
    )
    Attempt.objects.bulk_create(
        Attempt(task=task, number=1, worker="ant:1", started_at=ago, outcome="succeeded")
        for task in tasks
    )
    lifecycle.claim(COUNT, lifecycle.launch(COUNT, key="running")[0].pk)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # it is quicker for so few
    asked.clear()
    current = Current()
    assert current.worries and current.running and current.recurring
    Lately()
    statements = [each for each in asked if each[0].startswith("SELECT")]
    assert len(statements) == 10
    for sql, parameters in statements:
        found = plan(sql, parameters)
        assert not WHOLE.search(found), sql
