import re
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from blog.models import Message, Notification
from exports.models import Export
from microblog.waiting import SUMMARY
from tasks.models import Task
from tasks.statements import _filled

URL = "/alerts/"
JSON = {"Accept": "application/json"}


@pytest.fixture
def task(alice):
    return Export.objects.start(alice)[0].task


def run(done, total):
    """Let the one task be running, for five seconds by now."""
    now = timezone.now()
    Task.objects.update(
        state="running",
        phase="writing",
        done=done,
        total=total,
        claimed_at=now,
        checkpointed_at=now + timedelta(seconds=5),
        lease_until=now + timedelta(seconds=15),
    )


def test_json_says_all_of_a_task(alices, task):
    run(done=1, total=4)
    assert alices.get(URL, headers=JSON).json() == {
        "tasks": [
            {
                "id": str(task.pk),
                "job": "exports.jobs.export_posts",
                "description": "Export of your posts",
                "state": "running",
                "phase": "Writing your posts",
                "progress": 25,
                "done": 1,
                "total": 4,
                "rate": 0.2,
                "eta_seconds": 15,
                "position": None,
                "interrupted": False,
                "retry_at": None,
                "error": None,
            }
        ],
        "unread_messages": 0,
        "unread_notifications": 0,
    }


def test_the_fragment_shows_progress_and_polls_soon(alices, task):
    run(done=1, total=4)
    fragment = alices.get(URL).content.decode()
    assert '<progress class="task-progress" max="100" value="25"' in fragment
    assert "25%" in fragment
    assert "every 2s" in fragment


def test_without_tasks_it_polls_seldom(alices):
    assert b"every 60s" in alices.get(URL).content


def test_a_waiting_task_says_so_and_claims_no_percentage(alices, task):
    fragment = alices.get(URL).content.decode()
    assert "Waiting" in fragment
    assert '<progress class="task-progress" max="100" aria-label' in " ".join(fragment.split())


def test_what_was_interrupted_says_so(alices, task):
    run(done=1, total=4)
    Task.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert b"Interrupted" in alices.get(URL).content
    assert alices.get(URL, headers=JSON).json()["tasks"][0]["interrupted"] is True


def test_what_is_tried_again_says_when_and_why(alices, task):
    at = timezone.now() + timedelta(minutes=5)
    Task.objects.update(reason="not_mailed", attempt=1, failures=1, not_before=at)
    fragment = alices.get(URL).content.decode()
    assert "did not take the mail" in fragment
    assert "Next try:" in fragment
    assert alices.get(URL, headers=JSON).json()["tasks"][0]["retry_at"] == at.isoformat()


def test_what_can_be_done_is_offered(alices, task):
    cancel, retry = (f"/exports/{Export.objects.get().pk}/{verb}/" for verb in ("cancel", "retry"))
    fragment = alices.get(URL).content.decode()
    assert cancel in fragment
    assert retry not in fragment
    Task.objects.update(delivering=True)
    assert cancel not in alices.get(URL).content.decode()
    Task.objects.update(state="failed", reason="not_mailed", ended_at=timezone.now())
    fragment = alices.get(URL).content.decode()
    assert cancel not in fragment
    assert retry in fragment


def test_a_failed_task_is_shown_as_failed(alices, task):
    Task.objects.update(
        state="failed", reason="not_mailed", done=4, total=4, ended_at=timezone.now()
    )
    fragment = alices.get(URL).content.decode()
    assert "did not take the mail" in fragment
    assert "100%" not in fragment
    said = alices.get(URL, headers=JSON).json()["tasks"][0]
    assert said["state"] == "failed"
    assert said["progress"] == 99
    assert "mail" in said["error"]


def test_a_finished_task_links_to_what_came_of_it(alices, task):
    Task.objects.update(state="succeeded", ended_at=timezone.now())
    export = Export.objects.get()
    assert f'href="/exports/{export.pk}/"' in alices.get(URL).content.decode()


def test_it_speaks_the_language_of_the_reader(alices, alice, task):
    type(alice).objects.update(language="es")
    said = alices.get(URL, headers=JSON).json()
    assert said["tasks"][0]["description"] == "Exportación de tus publicaciones"


def test_what_did_not_change_is_not_sent_again(alices, task):
    for headers in ({}, JSON):
        etag = alices.get(URL, headers=headers)["ETag"]
        same = alices.get(URL, headers=headers | {"If-None-Match": etag})
        assert (same.status_code, same.content) == (304, b"")
    run(done=0, total=4)
    assert alices.get(URL, headers=JSON | {"If-None-Match": etag}).status_code == 200


def test_another_phase_is_a_change(alices, task):
    run(done=4, total=4)
    etag = alices.get(URL)["ETag"]
    Task.objects.update(phase="mailing")
    again = alices.get(URL, headers={"If-None-Match": etag})
    assert b"Sending the mail" in again.content


def test_html_and_json_are_not_taken_for_each_other(alices, task):
    html, json = alices.get(URL), alices.get(URL, headers=JSON)
    assert html["ETag"] != json["ETag"]
    assert "Accept" in html["Vary"]


def test_it_counts_what_is_unread(alices, alice, bob):
    before = alices.get(URL)
    assert before.content.decode().count(" hidden>0") == 2
    Message(sender=bob, recipient=alice, body="Hello").send()
    Notification.objects.tell(alice, kind="followed", actor=bob)
    said = alices.get(URL, headers=JSON).json()
    assert (said["unread_messages"], said["unread_notifications"]) == (1, 1)
    after = alices.get(URL, headers={"If-None-Match": before["ETag"]})
    assert after.status_code == 200
    assert 'id="badge-messages" hx-swap-oob="true">1<' in after.content.decode()
    assert 'id="badge-notifications" hx-swap-oob="true">1<' in after.content.decode()


def test_of_very_many_it_counts_a_hundred(alices, alice, bob):
    Message.objects.bulk_create(Message(sender=bob, recipient=alice, body="x") for _ in range(120))
    Notification.objects.bulk_create(
        Notification(recipient=alice, kind="mentioned", actor=bob) for _ in range(120)
    )
    said = alices.get(URL, headers=JSON).json()
    assert (said["unread_messages"], said["unread_notifications"]) == (100, 100)
    assert alices.get(URL).content.decode().count(">99+<") == 2


@pytest.mark.parametrize("table", ["blog_message", "blog_notification"])
def test_what_was_read_is_not_gone_through(table, alice, bob):
    """The count of what is unread is answered by an index that has nothing else."""
    read = timezone.now()
    Message.objects.bulk_create(
        Message(sender=bob, recipient=alice, body="x", read_at=read) for _ in range(500)
    )
    Notification.objects.bulk_create(
        Notification(recipient=alice, kind="mentioned", actor=bob, read_at=read) for _ in range(500)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        sql, parameters = SUMMARY._composed
        cursor.execute(f"EXPLAIN {_plan()} {sql}", _filled(parameters, {"reader": alice.pk}))
        assert f"{table}_unread" in str(cursor.fetchall())


def _plan():
    return "QUERY PLAN" if connection.vendor == "sqlite" else ""


def test_it_needs_few_queries_and_writes_nothing(alices, task, django_assert_num_queries):
    with django_assert_num_queries(4) as queries:
        alices.get(URL, headers=JSON)
    assert all(query["sql"].startswith("SELECT") for query in queries.captured_queries)
    with django_assert_num_queries(4):
        alices.get(URL)


def test_where_nothing_waits_it_needs_even_fewer(alices, django_assert_num_queries):
    with django_assert_num_queries(3):
        alices.get(URL)


def test_it_is_only_mine(client, task, bob):
    client.force_login(bob)
    assert client.get(URL, headers=JSON).json()["tasks"] == []


@pytest.mark.django_db
def test_visitors_get_401_and_nothing_to_swap(client):
    response = client.get(URL)
    assert (response.status_code, response.content) == (401, b"")


def test_it_rejects_post(alices):
    assert alices.post(URL).status_code == 405


def test_every_page_of_mine_shows_them(alices, task):
    for address in ("/", "/@alice/", "/exports/", "/nothing-here/"):
        assert f"task-{task.pk}" in alices.get(address).content.decode()


@pytest.mark.parametrize(
    ("done", "words"), [(0, "0%"), (24, "0%"), (25, "25%"), (74, "50%"), (99, "75%")]
)
def test_what_is_read_out_of_progress_are_quarters(alices, task, done, words):
    run(done=done, total=100)
    assert f'data-said="Export of your posts: {words}"' in one_line(alices.get(URL))


def test_how_it_ended_is_read_out(alices, task):
    assert 'data-said="Export of your posts: Waiting"' in one_line(alices.get(URL))
    Task.objects.update(state="failed", reason="not_mailed", ended_at=timezone.now())
    assert 'data-said="Export of your posts: Failed. ' in one_line(alices.get(URL))
    Task.objects.update(state="succeeded")
    assert 'data-said="Export of your posts: Done"' in one_line(alices.get(URL))


def test_nothing_else_of_it_is_read_out(alices, task):
    """Or a screen reader would say each percent."""
    run(done=30, total=100)
    fragment = alices.get(URL).content.decode()
    assert not re.search('role="(status|alert|log)"|aria-live', fragment)


def one_line(response):
    return re.sub(r"\s*\n\s*", "", response.content.decode())
