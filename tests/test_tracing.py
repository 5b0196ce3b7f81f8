"""The id of a request: from the click through its tasks to the lines of a worker."""

import json
import logging
import re

import pytest

from exports.models import Export
from microblog.logs import JsonFormatter, LineFormatter, tag
from tasks import origin
from tasks.models import Task

from .observe import QUICK, ended
from .waiting import wait_for

HEADER = "X-Request-ID"


@pytest.mark.parametrize("sane", ["a", "A-b_c.9", "x" * 64])
def test_the_id_that_a_proxy_has_given_is_kept(client, db, sane):
    assert client.get("/robots.txt", headers={HEADER: sane})[HEADER] == sane


@pytest.mark.parametrize("odd", ["", "x" * 65, "a b", "a\nb", "é", "<script>", "a]"])
def test_one_that_makes_no_sense_is_replaced(client, db, odd):
    assert re.fullmatch("[0-9a-f]{32}", client.get("/robots.txt", headers={HEADER: odd})[HEADER])


def test_each_request_has_its_own(client, db):
    assert len({client.get("/robots.txt")[HEADER] for _ in range(3)}) == 3


def test_nothing_is_left_to_what_the_thread_does_next(client, db):
    client.get("/robots.txt", headers={HEADER: "a-click"})
    assert origin.ids() == {}


def test_refusals_have_one_too(client, db):
    assert client.get("/nobody-knows-this/", headers={HEADER: "a-click"})[HEADER] == "a-click"


def test_what_a_request_launches_knows_it(alices, alice):
    alices.post("/exports/", headers={HEADER: "a-click"})
    assert Task.objects.get().request_id == "a-click"


def test_what_nobody_asked_for_has_none(alice):
    Export.objects.start(alice)
    assert Task.objects.get().request_id == ""


def record(words="Said %s", *args, **fields):
    made = logging.LogRecord("blog", logging.INFO, "", 0, words, args or ("so",), None)
    made.__dict__.update(fields)
    return made


def test_a_line_for_people_has_the_ids_at_its_end():
    with origin.noted("a-click", "a-task"):
        line = LineFormatter().format(record())
    assert line.endswith("INFO blog: Said so [request_id=a-click task_id=a-task]")
    assert LineFormatter().format(record()).endswith("INFO blog: Said so")


def test_a_line_for_programs_is_an_object():
    with origin.noted("a-click", "a-task"):
        line = JsonFormatter().format(record("Said %s\n🦜", "é"))
    assert "\n" not in line
    said = json.loads(line)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}\+00:00", said.pop("time"))
    assert said.pop("process")
    assert said == {
        "level": "INFO",
        "logger": "blog",
        "message": "Said é\n🦜",
        "request_id": "a-click",
        "task_id": "a-task",
    }


def test_it_has_the_exception():
    try:
        raise ZeroDivisionError("1 by 0")
    except ZeroDivisionError as error:
        fallen = record(exc_info=(type(error), error, error.__traceback__), stack_info="here")
    said = json.loads(JsonFormatter().format(fallen))
    assert said["exception"].endswith("ZeroDivisionError: 1 by 0")
    assert said["stack"] == "here"
    assert "request_id" not in said


def test_what_django_says_when_the_answer_is_made_has_the_id_too(client, db, caplog):
    caplog.handler.setFormatter(JsonFormatter())
    client.get("/alerts/", headers={HEADER: "a-click"})  # 401, and no exception
    (line,) = (line for line in caplog.text.splitlines() if "Unauthorized" in line)
    assert json.loads(line)["request_id"] == "a-click"


def test_sentry_is_told(monkeypatch):
    with origin.noted("a-click", "a-task"):
        event = tag({"tags": {"a": "b"}}, {})
    assert event["tags"] == {"a": "b", "request_id": "a-click", "task_id": "a-task"}
    assert tag({}, {}) == {"tags": {}}


@pytest.mark.django_db(transaction=True)
def test_a_worker_s_lines_lead_back_to_the_click(alices, posts, start_qcluster, smtp):
    smtp.refusal = "550 no such box"  # so that it has something to say
    with start_qcluster(**QUICK, LOG_FORMAT="json", TASKS_MAX_ATTEMPTS=1) as cluster:
        alices.post("/exports/", headers={HEADER: "a-click"})
        task = wait_for(ended)
        text = wait_for(lambda: str(task.pk) in cluster.log.read_text() and cluster.log.read_text())
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    assert {(line["request_id"], line["task_id"]) for line in lines if "task_id" in line} == {
        ("a-click", str(task.pk))
    }
