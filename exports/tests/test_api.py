"""Taking out, by a program."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Token
from blog.models import Post
from exports import archive, contents, jobs
from exports.models import Export, IdempotencyKey
from tasks.models import Task

from .conftest import content, ending_meanwhile

URL = "/api/v2/exports"

pytestmark = pytest.mark.django_db


def asking_for(person, scopes=("export",)):
    """`ask(method, path, body)`: the answer to a program of this person's."""
    secret = Token.objects.issue(person, scopes)[1]
    Token.objects.update(used_at=timezone.now())
    client = Client()

    def ask(method, path, body=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers |= {"Authorization": f"Bearer {secret}"}
        more = (
            {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        )
        return getattr(client, method)(path, headers=headers, **more)

    return ask


@pytest.fixture
def ask(alice):
    return asking_for(alice)


@pytest.fixture
def done(export):
    jobs.export_posts(str(export.task.pk))
    return Export.objects.get()


class TestEstimate:
    def test_it_works(self, ask, export):
        said = ask("get", f"{URL}/estimate").json()
        assert said["posts"] == 3
        assert said["sizes"]["posts.json"] > 3 * len("post 0")
        assert said["sizes"]["archive"] > said["sizes"]["posts.json"]

    def test_it_wants_the_scope(self, alice):
        assert asking_for(alice, ["read", "write"])("get", f"{URL}/estimate").status_code == 403


class TestCreate:
    def test_it_works(self, ask, alice):
        answer = ask("post", URL, {})
        export = Export.objects.get()
        assert (answer.status_code, answer["Location"]) == (202, f"{URL}/{export.pk}")
        assert answer["Retry-After"] == "2"
        said = answer.json()
        assert (said["id"], said["state"]) == (str(export.pk), "queued")
        assert (said["contents"], said["since"], said["count"]) == ("posts.json", None, None)
        assert said["task"]["position"] == 1
        assert (export.owner, export.attach) == (alice, True)

    def test_what_is_chosen(self, ask, alice):
        alice.time_zone = "Asia/Taipei"
        alice.save()
        chosen = {"contents": "archive", "since": "2026-01-02", "until": "2026-01-02"}
        said = ask("post", URL, chosen | {"attach": False}).json()
        assert (said["since"], said["until"]) == ("2026-01-01T16:00:00Z", "2026-01-02T16:00:00Z")
        assert (said["contents"], said["attach"]) == ("archive", False)

    def test_moments(self, ask):
        chosen = {"since": "2026-01-02T03:04:05+08:00", "until": "2026-01-02T03:04:05.000001Z"}
        said = ask("post", URL, chosen).json()
        assert said["since"] == "2026-01-01T19:04:05Z"
        assert said["until"] == "2026-01-02T03:04:05.000001Z"

    def test_one_at_a_time(self, ask):
        first = ask("post", URL, {}).json()
        answer = ask("post", URL, {"contents": "archive"})
        assert answer.status_code == 409
        assert "under way" in answer.json()["detail"]
        assert [str(export.pk) for export in Export.objects.all()] == [first["id"]]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"contents": "everything"}, "contents"),
            ({"contents": None}, "contents"),
            ({"contents": ["archive"]}, "contents"),
            ({"since": "soon"}, "since"),
            ({"since": 20260101}, "since"),
            ({"since": ""}, "since"),
            ({"since": "\0"}, "since"),
            ({"since": "2026-02-30"}, "since"),
            ({"since": "2026-01-01T00:00:00"}, "since"),  # where?
            ({"since": "2026-01-01T24:00:00Z"}, "since"),
            ({"since": "0001-01-01T00:00:00+14:00"}, "since"),
            ({"until": "9999-12-31T23:59:59-12:00"}, "until"),
            ({"until": "9999-12-31"}, "until"),
            ({"since": "1969-12-31T23:59:59Z"}, "since"),
            ({"since": "0001-01-01"}, "since"),
            ({"until": "0001-01-01T00:00:00Z"}, "until"),
            ({"until": "9000-01-01T00:00:01Z"}, "until"),
            ({"until": "9999-12-31T23:59:59.999999Z"}, "until"),
            ({"since": "9999-12-30"}, "since"),
            ({"since": "9" * 1000}, "since"),
            ({"since": "2026-01-02", "until": "2026-01-01"}, "until"),
            ({"since": "2026-01-02T00:00:00Z", "until": "2026-01-02T00:00:00Z"}, "until"),
            ({"attach": "perhaps"}, "attach"),
            ({"attach": None}, "attach"),
            ({"compress": True}, "compress"),
        ],
    )
    def test_what_makes_no_sense_is_said_at_the_field_and_starts_nothing(self, ask, body, field):
        answer = ask("post", URL, body)
        assert answer.status_code == 400
        assert field in answer.json()["errors"]
        assert not Export.objects.exists()

    @pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "UTC", "Etc/GMT+12"])
    def test_the_first_and_the_last_day_there_are(self, ask, alices, alice, zone):
        alice.time_zone = zone
        alice.save()
        for days in ("1970-01-01", "9000-01-01"), ("1970-01-01T00:00:00Z", "9000-01-01T00:00:00Z"):
            Task.objects.all().delete()
            answer = ask("post", URL, dict(zip(("since", "until"), days, strict=True)))
            assert answer.status_code == 202
        assert alices.get("/exports/").status_code == 200

    @pytest.mark.parametrize("body", [[], "text", 1, None])
    def test_bodies_that_are_none(self, ask, body):
        assert ask("post", URL, [] if body is None else body).status_code == 400

    def test_it_needs_few_queries(self, ask, django_assert_max_num_queries):
        with django_assert_max_num_queries(12):
            ask("post", URL, {})
        Task.objects.update(state="succeeded")
        with CaptureQueriesContext(connection) as queries:
            assert ask("post", URL, {}, Idempotency_Key="1").status_code == 202
        points = "SAVEPOINT", "RELEASE SAVEPOINT"
        assert len([each for each in queries if not each["sql"].startswith(points)]) <= 12

    @pytest.mark.parametrize("name", [name for name, _ in contents.choices()])
    def test_each_can_be_had(self, ask, alice, name):
        Post.objects.create(author=alice, body="post")
        said = ask("post", URL, {"contents": name}).json()
        jobs.export_posts(str(Export.objects.get().task_id))
        said = ask("get", f"{URL}/{said['id']}").json()
        file = b"".join(ask("get", said["download_url"].removeprefix("http://127.0.0.1:8000")))
        assert hashlib.sha256(file).hexdigest() == said["sha256"]


class TestIdempotency:
    def test_the_same_again_is_answered_the_same(self, ask):
        answers = [ask("post", URL, {"attach": True}, Idempotency_Key="a") for _ in range(2)]
        first, second = answers
        assert (second.status_code, second.json()) == (202, first.json())
        assert second["Location"] == first["Location"]
        assert Export.objects.count() == 1

    def test_also_when_it_has_changed_since(self, ask):
        first = ask("post", URL, {}, Idempotency_Key="a")
        jobs.export_posts(str(Export.objects.get().task_id))
        assert ask("post", URL, {}, Idempotency_Key="a").json() == first.json()
        assert Export.objects.count() == 1

    def test_with_another_body_it_is_refused(self, ask):
        ask("post", URL, {}, Idempotency_Key="a")
        Task.objects.update(state="succeeded")
        answer = ask("post", URL, {"contents": "archive"}, Idempotency_Key="a")
        assert answer.status_code == 422
        assert Export.objects.count() == 1

    def test_another_key_is_another_request(self, ask):
        ask("post", URL, {}, Idempotency_Key="a")
        assert ask("post", URL, {}, Idempotency_Key="b").status_code == 409

    def test_everybody_has_their_own(self, ask, bob):
        ask("post", URL, {}, Idempotency_Key="a")
        assert asking_for(bob)("post", URL, {}, Idempotency_Key="a").status_code == 202
        assert Export.objects.count() == 2

    def test_what_was_refused_can_be_asked_for_again(self, ask):
        ask("post", URL, {})
        assert ask("post", URL, {}, Idempotency_Key="a").status_code == 409
        Task.objects.update(state="succeeded")
        assert ask("post", URL, {}, Idempotency_Key="a").status_code == 202

    def test_after_a_day_it_means_nothing(self, ask):
        for key in "ab":
            Task.objects.update(state="succeeded")
            ask("post", URL, {}, Idempotency_Key=key)
        ago = timezone.now() - timedelta(hours=24, seconds=1)
        IdempotencyKey.objects.update(created_at=ago)
        assert IdempotencyKey.objects.expired().count() == 2
        Task.objects.update(state="succeeded")
        assert ask("post", URL, {"attach": False}, Idempotency_Key="a").status_code == 202
        assert IdempotencyKey.objects.expired().get().key == "b"

    @pytest.mark.parametrize("key", ["", " ", "a b", "a" * 101, "ü", "\x7f"])
    def test_keys_that_are_none(self, ask, key):
        answer = ask("post", URL, {}, Idempotency_Key=key)
        assert answer.status_code == 400
        assert "Idempotency-Key" in answer.json()["errors"]

    @pytest.mark.django_db(transaction=True)
    def test_two_at_once_are_one(self, alice):
        asks = [asking_for(alice) for _ in range(4)]

        def post(ask):
            try:
                return ask("post", URL, {}, Idempotency_Key="a")
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(asks)) as pool:
            answers = list(pool.map(post, asks))
        assert {answer.status_code for answer in answers} == {202}
        assert len({answer.content for answer in answers}) == 1
        assert Export.objects.count() == Task.objects.count() == 1


class TestList:
    def test_it_shows_mine_and_the_latest_first(self, ask, alice, bob):
        Export.objects.start(bob)
        mine = []
        for _ in range(3):
            Task.objects.update(state="succeeded")
            mine.insert(0, str(Export.objects.start(alice)[0].pk))
        answer = ask("get", URL)
        assert [each["id"] for each in answer.json()["results"]] == mine
        assert answer["Retry-After"] == "2"

    @pytest.mark.parametrize("rows", [3, 15])
    def test_it_needs_the_same_number_of_queries_for_more_rows(
        self, ask, alice, rows, django_assert_num_queries
    ):
        for _ in range(rows):
            Task.objects.update(state="failed")
            Export.objects.start(alice)
        with django_assert_num_queries(3):  # token, exports, tasks
            ask("get", URL)

    def test_what_is_known_is_not_said_again(self, ask, export):
        etag = ask("get", URL)["ETag"]
        answer = ask("get", URL, If_None_Match=etag)
        assert (answer.status_code, answer.content, answer["Retry-After"]) == (304, b"", "2")
        export.cancel()
        assert ask("get", URL, If_None_Match=etag).status_code == 200


class TestOne:
    def test_it_works(self, ask, done):
        answer = ask("get", f"{URL}/{done.pk}")
        said = answer.json()
        assert (said["state"], said["task"]["progress"]) == ("succeeded", 100)
        assert (said["total"], said["count"], said["deleted"]) == (3, 3, 0)
        assert (said["size"], said["sha256"]) == (done.size, done.sha256)
        assert said["published_at"].endswith("Z")
        assert said["url"].endswith(f"/exports/{done.pk}/")
        assert "Retry-After" not in answer

    def test_it_says_how_far_it_is(self, ask, export, run):
        run.enter("writing", done=1, total=4)
        answer = ask("get", f"{URL}/{export.pk}")
        said = answer.json()
        assert (said["state"], said["task"]["progress"]) == ("running", 25)
        assert (said["count"], said["deleted"], said["download_url"]) == (None, None, None)
        assert answer["Retry-After"] == "2"

    def test_nothing_is_missing_of_what_its_task_has_done_meanwhile(self, ask, export):
        with ending_meanwhile(export):
            answer = ask("get", f"{URL}/{export.pk}")
        said = answer.json()
        assert said["download_url"]
        # It may seem to be under way still, but never to be done without its file.
        assert said["state"] == "succeeded" or answer["Retry-After"]
        assert ask("get", f"{URL}/{export.pk}").json()["state"] == "succeeded"

    def test_nothing_is_missing_in_the_list_either(self, ask, export):
        with ending_meanwhile(export):
            answer = ask("get", URL)
        (said,) = answer.json()["results"]
        assert said["download_url"] or (said["state"] != "succeeded" and answer["Retry-After"])
        (said,) = ask("get", URL).json()["results"]
        assert (said["state"], bool(said["download_url"])) == ("succeeded", True)

    def test_it_outlives_its_tasks(self, ask, done):
        Task.objects.all().delete()
        said = ask("get", f"{URL}/{done.pk}").json()
        assert (said["state"], said["task"], said["count"]) == (None, None, 3)

    def test_what_is_known_is_not_said_again(self, ask, export):
        etag = ask("get", f"{URL}/{export.pk}")["ETag"]
        answer = ask("get", f"{URL}/{export.pk}", If_None_Match=etag)
        assert (answer.status_code, answer["Retry-After"]) == (304, "2")
        jobs.export_posts(str(export.task_id))
        assert ask("get", f"{URL}/{export.pk}", If_None_Match=etag).status_code == 200

    def test_it_needs_few_queries(self, ask, done, django_assert_num_queries):
        etag = ask("get", f"{URL}/{done.pk}")["ETag"]
        for known in ("none", etag):
            with django_assert_num_queries(3):  # token, export, task
                ask("get", f"{URL}/{done.pk}", If_None_Match=known)

    @pytest.mark.parametrize(
        ("method", "path"),
        [("get", ""), ("get", "/download"), ("post", "/cancel"), ("post", "/retry")],
    )
    def test_who_may_not(self, client, done, alice, bob, method, path):
        url = f"{URL}/{done.pk}{path}"
        assert asking_for(bob)(method, url).status_code == 404
        assert asking_for(alice, ["read", "write"])(method, url).status_code == 403
        assert getattr(client, method)(url).status_code == 401
        client.force_login(alice)  # a browser's session is none
        assert getattr(client, method)(url).status_code == 401

    @pytest.mark.parametrize("pk", ["1", "x", "00000000-0000-0000-0000-000000000000"])
    def test_what_is_none_is_not_found(self, ask, pk):
        for path in ("", "/download"):
            assert ask("get", f"{URL}/{pk}{path}").status_code == 404


class TestCancel:
    def test_it_works(self, ask, export):
        answer = ask("post", f"{URL}/{export.pk}/cancel")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")

    def test_too_late_is_said(self, ask, done):
        answer = ask("post", f"{URL}/{done.pk}/cancel")
        assert (answer.status_code, Task.objects.get().state) == (409, "succeeded")
        assert "too late" in answer.json()["detail"]


class TestRetry:
    def test_it_goes_on(self, ask, export):
        export.cancel()
        answer = ask("post", f"{URL}/{export.pk}/retry")
        assert (answer.status_code, answer["Location"]) == (202, f"{URL}/{export.pk}")
        assert (answer.json()["state"], Task.objects.count()) == ("queued", 2)

    def test_not_what_is_done(self, ask, done):
        answer = ask("post", f"{URL}/{done.pk}/retry")
        assert (answer.status_code, Task.objects.count()) == (409, 1)

    def test_not_while_another_one_runs(self, ask, alice, export):
        export.cancel()
        Export.objects.start(alice)
        assert ask("post", f"{URL}/{export.pk}/retry").status_code == 409

    def test_not_by_its_task_without_the_scope(self, alice, export):
        ask = asking_for(alice, ["read", "write"])
        assert ask("post", f"/api/v2/tasks/{export.task_id}/cancel").status_code == 403
        export.cancel()
        assert ask("post", f"/api/v2/tasks/{export.task_id}/retry").status_code == 403
        assert Task.objects.count() == 1

    def test_also_by_its_task(self, alice, export):
        export.cancel()
        ask = asking_for(alice, ["read", "write", "export"])
        answer = ask("post", f"/api/v2/tasks/{export.task_id}/retry")
        assert answer.status_code == 202
        export.refresh_from_db()
        assert answer.json()["id"] == str(export.task_id)
        old = Task.objects.exclude(pk=export.task_id).get()
        assert ask("post", f"/api/v2/tasks/{old.pk}/retry").status_code == 409
        assert Task.objects.count() == 2


class TestDownload:
    def test_it_works(self, ask, done):
        answer = ask("get", f"{URL}/{done.pk}/download")
        assert answer["Content-Disposition"] == 'attachment; filename="posts.json"'
        assert answer["Content-Type"] == "application/json"
        assert b"".join(answer) == content(done)

    def test_without_a_file_there_is_nothing(self, ask, export):
        assert ask("get", f"{URL}/{export.pk}/download").status_code == 404

    def test_a_file_that_somebody_took_off_the_disk_is_not_found(self, ask, done):
        archive.remove(done.folder)
        assert ask("get", f"{URL}/{done.pk}/download").status_code == 404


def test_days_are_the_reader_s_and_both_are_included(ask, alice):
    alice.time_zone = "Asia/Taipei"
    alice.save()
    for hour, body in ((15, "the day before"), (16, "first"), (39, "last"), (40, "after")):
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        Post.objects.create(author=alice, body=body, timestamp=moment)
    ask("post", URL, {"since": "2026-01-02", "until": "2026-01-02"})
    jobs.export_posts(str(Export.objects.get().task_id))
    said = json.loads(content(Export.objects.get()))["posts"]
    assert [post["body"] for post in said] == ["first", "last"]
