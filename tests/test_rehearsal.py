"""A small rehearsal on several hosts: see bin/rehearse."""

import subprocess

import pytest
from django.conf import settings

from bench.rehearsal import main
from bench.rehearsal.alerts import Alerts
from bench.rehearsal.people import Answer, sort
from bench.rehearsal.story import Outage

SMALL = ["--exports", "30", "--posts", "60", "--pace", "20", "--brief"]


@pytest.mark.slow
@pytest.mark.skipif(any(main.find_missing()), reason="sudo bin/rehearse says what is missing")
@pytest.mark.lasts(150)
@pytest.mark.timeout(900)
def test_nothing_is_lost_while_one_host_after_the_other_is_away():
    command = [settings.BASE_DIR / "bin/rehearse", *SMALL]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = dict(each.split("=") for each in done.stdout.splitlines()[-1].split())
    zeros = "lost", "doubled", "wrong", "errors_unrelated", "alerts_wrong"
    assert {name: figures[name] for name in zeros} == dict.fromkeys(zeros, "0")
    assert figures["exports"] == "30"
    assert int(figures["alerts_right"]) == 6  # three fired, and were resolved


def test_what_is_missing_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setattr(main.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(main.shutil, "which", lambda program: None)
    monkeypatch.setattr(main, "find_postgres", lambda: None)
    said = "\n".join(main.find_missing())
    assert "sudo bin/rehearse" in said
    for package in ("iproute2", "nginx", "prometheus", "postgresql"):
        assert f"apt install {package}" in said


@pytest.mark.parametrize(
    ("began", "ended", "path", "status", "kind"),
    [
        (11, 12, "/explore/", 503, "honest"),
        (5, 11, "/explore/", 503, "honest"),
        (11, 12, "/explore/", 500, "unrelated"),
        (11, 12, "/robots.txt", 503, "unrelated"),
        (21, 22, "/explore/", 503, "unrelated"),
        (29, 31, "/explore/", 504, "cut off"),
        (31, 32, "/explore/", 504, "unrelated"),
        (41, 42, "/explore/", 0, "unrelated"),
    ],
)
def test_failed_requests_are_sorted_by_what_was_away(began, ended, path, status, kind):
    outages = [Outage("postgres", 10, 20), Outage("web1", 30, 40)]
    well = Answer(11, 12, "GET", "/robots.txt", 200, "")
    failed = Answer(began, ended, "GET", path, status, "")
    found = sort([well, failed], outages)
    assert {name: answers for name, answers in found.items() if answers} == {kind: [failed]}


def firing(name, **labels):
    return {"state": "firing", "labels": {"alertname": name, "severity": "critical"} | labels}


def test_alerts_that_had_no_reason_are_found():
    alerts = Alerts("http://127.0.0.1:9090")
    redis = firing("MicroblogNotReady", part="redis")
    lost = firing("MicroblogClusterLost", host="worker1")
    for now, said in [(1, [redis]), (2, [redis, lost]), (3, [lost]), (4, []), (5, [redis])]:
        alerts._note(said, now)
    assert alerts.spans["MicroblogNotReady", "redis"] == [[1, 3], [5, None]]
    assert alerts.fires("MicroblogNotReady", "redis")
    assert not alerts.fires("MicroblogClusterLost", "worker1")
    allowed = {("MicroblogNotReady", "redis"): [[0, 4]]}
    assert alerts.unexpected(allowed) == [
        ("MicroblogNotReady", "redis", 5),
        ("MicroblogClusterLost", "worker1", 2),
    ]
