"""What real clusters and web servers say of themselves, and what they do where they can't."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest
import requests
from django.db import connection
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from exports.models import Export
from tasks.models import Attempt, Cluster

from .conftest import all_gone
from .observe import QUICK, assert_arrived_once
from .servers import Postgres, frozen
from .waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def the_cluster(**fields):
    return Cluster.objects.filter(**fields).first()


def test_a_cluster_says_that_it_lives_until_it_is_stopped(alice, posts, start_qcluster, smtp):
    with start_qcluster(**QUICK, QCLUSTER_WORKERS=3) as cluster:
        row = wait_for(the_cluster)
        assert (row.pid, row.workers) == (cluster.supervisor.pid, 3)
        Export.objects.start(alice)
        assert_arrived_once(smtp, posts)
        assert Attempt.objects.get().cluster == row.pk
        later = wait_for(lambda: the_cluster(seen_at__gt=row.seen_at, swept_at__isnull=False))
        assert later.pk == row.pk
    assert not Cluster.objects.exists()


def test_one_that_is_replaced_goes_and_its_successor_comes(start_qcluster):
    with start_qcluster(**QUICK) as cluster:
        row = wait_for(the_cluster)
        cluster.sentinel.kill()
        wait_for(lambda: Cluster.objects.exclude(pk=row.pk).exists())
        wait_for(lambda: not Cluster.objects.filter(pk=row.pk).exists())


def test_one_that_is_lost_is_missed(start_qcluster):
    with start_qcluster(**QUICK) as cluster:
        row = wait_for(the_cluster)
        family = cluster.supervisor.children(recursive=True)
        cluster.supervisor.kill()
        wait_for(lambda: all_gone(family))
    assert Cluster.objects.get() == row


def test_a_cluster_that_cannot_say_so_works_all_the_same(alice, posts, start_qcluster, smtp):
    def rename(was, then):
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {was} RENAME TO {then}")

    with start_qcluster(**QUICK) as cluster:
        wait_for(the_cluster)
        leader = cluster.leader
        rename("tasks_cluster", "elsewhere")
        try:
            said = "sign of life could not be written"
            wait_for(lambda: said in cluster.log.read_text())
            Export.objects.start(alice)
            assert_arrived_once(smtp, posts)
        finally:
            rename("elsewhere", "tasks_cluster")
        before = timezone.now()
        wait_for(lambda: the_cluster(seen_at__gt=before))
        assert cluster.leader == leader


def count(site, what="http_requests_total"):
    said = requests.get(f"{site}/metrics", timeout=10).text
    families = text_string_to_metric_families(said)
    samples = [sample for family in families for sample in family.samples if sample.name == what]
    return sum(sample.value for sample in samples if sample.labels["view"] == "robots")


@pytest.fixture
def temporary(environment, tmp_path, monkeypatch):
    """Where web servers keep what does not outlive them."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setitem(environment, "TMPDIR", str(folder))
    yield folder
    assert not list(folder.glob("microblog-metrics-*"))


def test_each_process_of_a_web_server_tells_what_all_have_counted(temporary, site):
    address, workers = site
    (folder,) = temporary.glob("microblog-metrics-*")

    def ask(_):
        return requests.get(f"{address}/robots.txt", timeout=10).status_code

    for worker in workers:  # or one might be so quick that the other has nothing to count
        with frozen(worker.pid), ThreadPoolExecutor(8) as pool:
            assert set(pool.map(ask, range(30))) == {200}
    assert {count(address) for _ in range(10)} == {60}
    assert count(address, "http_request_duration_seconds_count") == 60
    assert len(list(folder.glob("counter_*.db"))) == 2  # both have counted

    workers[0].kill()
    wait_for(lambda: psutil.Process(workers[1].pid).parent().children() != workers)
    assert count(address) == 60  # what the dead one has counted stays counted


@pytest.fixture
def postgres(environment, monkeypatch):
    """A PostgreSQL of its own, for the site of `site`."""
    with Postgres() as server:
        monkeypatch.setitem(environment, "DATABASE_URL", server.url)
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        subprocess.run(migrate, env=environment, check=True)
        yield server


@pytest.fixture
def site_on_postgres(postgres, request):
    return request.getfixturevalue("site")


def test_a_postgres_that_hangs_is_not_waited_for(postgres, site_on_postgres):
    address, _ = site_on_postgres
    parent = psutil.Process(postgres.process.pid)
    family = [parent, *parent.children(recursive=True)]

    def ready():
        return requests.get(f"{address}/readyz/", timeout=10).json()

    wait_for(lambda: ready()["database"]["ok"] and ready()["migrations"]["ok"])
    with frozen(*(process.pid for process in family)):
        for _ in range(3):
            began = time.monotonic()
            said = ready()
            assert time.monotonic() - began < 2
            assert said["database"]["problem"] == said["migrations"]["problem"]
            assert "No answer within 1 s" in said["database"]["problem"]
            assert said["redis"] == {"ok": True}
        began = time.monotonic()
        assert (
            'microblog_ready{part="database"} 0.0'
            in requests.get(f"{address}/metrics", timeout=10).text
        )
        assert time.monotonic() - began < 6
        assert requests.get(f"{address}/healthz/", timeout=10).status_code == 200
    wait_for(lambda: ready()["database"]["ok"] and ready()["migrations"]["ok"])
