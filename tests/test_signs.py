"""What machines ask of the site, and what they are told."""

import logging
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from microblog import metrics, readiness
from microblog.valkey import Valkey
from tasks.models import Cluster

from .servers import frozen

TOKEN = "a-token-for-these-tests"
PARTS = {"database", "migrations", "redis", "cluster"}


@pytest.fixture
def cluster(transactional_db):
    now = timezone.now()
    return Cluster.objects.create(
        pk="a", host="here", pid=1, workers=2, started_at=now, seen_at=now
    )


@pytest.fixture
def everything(redis, cluster):
    """All that a site needs."""


def samples(client, **headers):
    """{name: {values of labels, these by their names: value}} of /metrics."""
    found = {}
    said = client.get("/metrics", headers=headers).content.decode()
    for family in text_string_to_metric_families(said):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


# /healthz/


def test_a_process_that_answers_says_so_without_a_database(client):  # and this test has none
    answer = client.get("/healthz/")
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/healthz/", "/healthz"])
def test_it_says_so_to_who_knows_it_by_another_name_and_without_https(client, settings, path):
    settings.ALLOWED_HOSTS = ["example.org"]
    settings.SECURE_SSL_REDIRECT = True
    assert client.get(path, headers={"Host": "10.0.0.7:8000"}).status_code == 200


@pytest.mark.parametrize("path", ["/healthz/", "/readyz/", "/metrics"])
def test_signs_are_for_reading(client, path):
    assert client.post(path).status_code == 405


# /readyz/


def test_a_site_that_has_all_it_needs_is_ready(client, everything):
    answer = client.get("/readyz/")
    assert answer.json() == {part: {"ok": True} for part in PARTS}
    assert answer.status_code == 200


def test_without_redis_it_is_not_and_says_what_to_do(client, everything, redis):
    redis.stop()
    answer = client.get("/readyz/")
    assert answer.status_code == 503
    said = answer.json()
    assert [part for part in said if not said[part]["ok"]] == ["redis"]
    assert "REDIS_URL" in said["redis"]["mend"]


def test_without_a_cluster_it_is_not(client, everything):
    Cluster.objects.update(seen_at=timezone.now() - timedelta(seconds=31))
    answer = client.get("/readyz/")
    assert answer.status_code == 503
    assert "for 30 s" in answer.json()["cluster"]["problem"]
    assert "qcluster" in answer.json()["cluster"]["mend"]


def test_with_migrations_that_are_not_applied_it_is_not(client, everything):
    ((app, last),) = MigrationLoader(connection).graph.leaf_nodes("tasks")
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(app, last)
    try:
        answer = client.get("/readyz/")
    finally:
        recorder.record_applied(app, last)
    assert answer.status_code == 503
    said = answer.json()["migrations"]
    assert said["problem"] == f"Migrations are not applied: 1, from tasks.{last} on."
    assert "manage.py migrate" in said["mend"]


def test_admins_get_no_mail_each_time_it_is_not(client, everything, settings, mailoutbox, caplog):
    settings.ADMINS = [("Admin", "admin@example.com")]
    settings.DEBUG = False
    Cluster.objects.all().delete()
    assert client.get("/readyz/").status_code == 503
    assert not mailoutbox
    assert not [line for line in caplog.records if line.levelno >= logging.ERROR]


@pytest.fixture
def no_database(monkeypatch):
    """One that says no, and tells what is nobody's business."""

    def refuse(*args):
        raise OperationalError('password authentication failed for user "microblog" at 10.0.0.3')

    monkeypatch.setattr(BaseDatabaseWrapper, "connect", refuse)


def test_what_the_database_says_is_for_the_log_alone(client, db, redis, no_database, caplog):
    answer = client.get("/readyz/")
    assert answer.status_code == 503
    said = answer.json()
    assert [part for part in said if said[part]["ok"]] == ["redis"]
    assert "DATABASE_URL" in said["database"]["mend"]
    assert b"10.0.0.3" not in answer.content
    assert "10.0.0.3" in caplog.text


def test_what_falls_over_in_another_way_is_not_there_either(client, everything, monkeypatch):
    def fall_over():
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(readiness.PARTS["redis"], "ask", fall_over)
        assert not client.get("/readyz/").json()["redis"]["ok"]
    assert client.get("/readyz/").json()["redis"]["ok"]


@pytest.fixture
def hanging(monkeypatch):
    """Let asking for the database last until the test ends; how often it was asked."""
    over, asked = threading.Event(), []

    def hang():
        asked.append(None)
        over.wait(30)
        return readiness.WELL

    monkeypatch.setattr(readiness.PARTS["database"], "ask", hang)
    yield asked
    over.set()
    readiness.PARTS["database"].begin().result(5)


def test_what_hangs_is_not_waited_for_and_not_asked_again(client, everything, hanging):
    for _ in range(3):
        began = time.monotonic()
        answer = client.get("/readyz/")
        assert time.monotonic() - began < 1.5
        assert answer.status_code == 503
        said = answer.json()
        assert [part for part in said if not said[part]["ok"]] == ["database"]
        assert said["database"]["problem"] == "No answer within 1 s."
    assert len(hanging) == 1


def test_what_has_hung_is_asked_anew_once_it_has_answered(client, everything, monkeypatch):
    over = threading.Event()
    database = readiness.PARTS["database"]
    with monkeypatch.context() as patch:
        patch.setattr(database, "ask", lambda: over.wait(30) and readiness.WELL)
        assert client.get("/readyz/").status_code == 503
    over.set()
    database.begin().result(5)
    assert client.get("/readyz/").status_code == 200


def test_a_redis_that_hangs_is_not_waited_for_either(client, cluster, settings):
    with Valkey() as server:
        settings.REDIS_URL = server.url
        assert client.get("/readyz/").status_code == 200
        with frozen(server.process.pid):
            began = time.monotonic()
            answer = client.get("/readyz/")
            assert time.monotonic() - began < 1.5
    assert not answer.json()["redis"]["ok"]


# /metrics: who may


@pytest.mark.parametrize(
    ("token", "networks", "sent", "status"),
    [
        ("", "", {}, 404),
        ("", "", {"Authorization": f"Bearer {TOKEN}"}, 404),
        (TOKEN, "", {}, 401),
        (TOKEN, "", {"Authorization": "Bearer wrong"}, 401),
        (TOKEN, "", {"Authorization": f"Basic {TOKEN}"}, 401),
        (TOKEN, "", {"Authorization": f"Bearer {TOKEN}é"}, 401),
        (TOKEN, "", {"Authorization": f"Bearer {TOKEN}"}, 200),
        (TOKEN, "", {"Authorization": f"bearer {TOKEN}"}, 200),
        ("", "127.0.0.0/8", {}, 200),
        ("", "10.0.0.0/8", {}, 404),
        (TOKEN, "10.0.0.0/8", {}, 401),
        (TOKEN, "10.0.0.0/8", {"Authorization": f"Bearer {TOKEN}"}, 200),
        ("", "127.0.0.0/8", {"X-Forwarded-For": "127.0.0.1"}, 404),  # by whom?
        ("", "127.0.0.0/8", {"Forwarded": "for=127.0.0.1"}, 404),
    ],
)
def test_who_may_read_the_metrics(client, db, settings, token, networks, sent, status):
    settings.METRICS_TOKEN = token
    settings.METRICS_NETWORKS = [ip_network(each) for each in networks.split(",") if each]
    answer = client.get("/metrics", headers=sent)
    assert answer.status_code == status
    assert ("WWW-Authenticate" in answer) == (status == 401)
    assert (b"tasks_active" in answer.content) == (status == 200)


@pytest.mark.parametrize(
    ("came_by", "status"),
    [
        ({"REMOTE_ADDR": "10.0.0.9"}, 200),  # past the proxy
        ({"REMOTE_ADDR": "192.0.2.1"}, 404),
        ({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.1"}, 404),
        ({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "10.0.0.9, 192.0.2.1"}, 404),
        ({"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "192.0.2.1, 10.0.0.9"}, 200),
        ({"REMOTE_ADDR": "::ffff:10.0.0.9"}, 200),
        ({"REMOTE_ADDR": "fd00::7"}, 200),
        ({"REMOTE_ADDR": ""}, 404),
    ],
)
def test_behind_a_proxy_the_proxy_knows_who_comes(client, db, settings, came_by, status):
    settings.METRICS_NETWORKS = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]
    settings.PROXY_ADDRESS_HEADER = "X-Forwarded-For"
    assert client.get("/metrics", **came_by).status_code == status


def test_in_development_everybody_may(client, db, settings):
    settings.DEBUG = True
    assert client.get("/metrics").status_code == 200


# /metrics: what


@pytest.fixture
def prometheus(client, settings):
    settings.METRICS_TOKEN = TOKEN
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {TOKEN}"
    return client


def test_it_is_what_prometheus_reads(prometheus, everything):
    answer = prometheus.get("/metrics")
    assert answer["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    said = samples(prometheus)
    assert said["microblog_ready"] == {(part,): 1 for part in PARTS}
    assert said["tasks_workers"] == {(): 2}
    assert said["tasks_messages"] == {(): 0}


def test_while_the_database_is_away_it_says_that(prometheus, db, redis, no_database):
    said = samples(prometheus)
    assert said["microblog_ready"][("database",)] == 0
    assert said["microblog_ready"][("redis",)] == 1
    assert "tasks_active" not in said


def test_a_database_that_goes_in_between_is_no_fault(prometheus, everything, monkeypatch, caplog):
    def fail():
        raise OperationalError("gone")

    monkeypatch.setattr("tasks.tally.count_up", fail)
    said = samples(prometheus)
    assert "microblog_ready" in said
    assert "tasks_active" not in said
    assert "could not be read: gone" in caplog.text


def test_requests_are_counted_by_what_they_asked_for(prometheus, db, alice):
    before = samples(prometheus).get("http_requests_total", {})
    for path in ("/@alice/", "/@alice/", "/nobody-knows-this/"):
        prometheus.get(path)
    prometheus.post("/@alice/")
    prometheus.generic("BREW", "/@alice/")
    after = samples(prometheus)["http_requests_total"]
    grown = {what: after[what] - before.get(what, 0) for what in after}
    assert {what: count for what, count in grown.items() if count} == {
        ("GET", "200", "blog:profile"): 2,
        ("GET", "404", "none"): 1,
        ("POST", "405", "blog:profile"): 1,
        ("other", "405", "blog:profile"): 1,
    }


def test_an_error_of_ours_is_counted_as_one(prometheus, db, monkeypatch):
    def fail(request):
        raise ZeroDivisionError

    prometheus.raise_request_exception = False
    logging.disable(logging.ERROR)
    monkeypatch.setattr("microblog.views.render", fail)
    before = samples(prometheus).get("http_requests_total", {})
    prometheus.get("/robots.txt")
    logging.disable(logging.NOTSET)
    after = samples(prometheus)["http_requests_total"]
    assert after["GET", "500", "robots"] == before.get(("GET", "500", "robots"), 0) + 1


def test_how_long_they_took_is_told(prometheus, db):
    counted = ("http_request_duration_seconds_count", ("GET", "robots"))
    before = samples(prometheus).get(counted[0], {}).get(counted[1], 0)
    prometheus.get("/robots.txt")
    said = samples(prometheus)
    assert said[counted[0]][counted[1]] == before + 1
    assert said["http_request_duration_seconds_bucket"]["+Inf", "GET", "robots"] == before + 1
    assert not any(name.endswith("_created") for name in said)


def test_what_a_version_before_counted_in_the_same_folder_is_left_out(tmp_path, monkeypatch):
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path))
    count = "from prometheus_client import Counter; Counter('{}', 'x').inc()"
    for name in ("http_requests", "gone"):
        subprocess.run([sys.executable, "-c", count.format(name)], check=True)
    assert len(os.listdir(tmp_path)) == 2
    assert [metric.name for metric in metrics.Scrape()._requests()] == ["http_requests"]
