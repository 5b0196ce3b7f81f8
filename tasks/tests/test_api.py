"""What programs get to know of tasks, and do with them."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Token
from tasks import lifecycle
from tasks.models import Task

from . import jobs_for_tests

LOSE = f"{jobs_for_tests.__name__}.lose"
COUNT = f"{jobs_for_tests.__name__}.count"
URL = "/api/v2/tasks"

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice_asks(client, alice):
    """`alice_asks(method, path)`: the answer to a program of Alice's."""
    return asking_for(client, alice)


def asking_for(client, person, scopes=("read", "write")):
    secret = Token.objects.issue(person, scopes)[1]
    Token.objects.update(used_at=timezone.now())

    def ask(method, path, headers=None, **more):
        headers = {"Authorization": f"Bearer {secret}"} | (headers or {})
        return getattr(client, method)(path, headers=headers, **more)

    return ask


@pytest.fixture
def task(alice):
    return lifecycle.launch(LOSE, key="1", owner=alice)[0]


class TestOne:
    def test_it_works(self, alice_asks, task):
        said = alice_asks("get", f"{URL}/{task.pk}").json()
        assert said["id"] == str(task.pk)
        assert (said["state"], said["position"], said["attempts"]) == ("queued", 1, [])
        assert (said["description"], said["progress"], said["error"]) == ("Losing", 0, None)

    def test_it_says_how_far_it_is(self, alice_asks, task):
        claimed = lifecycle.claim(LOSE, task.pk)
        ago = timezone.now() - timedelta(seconds=10)
        Task.objects.filter(pk=task.pk).update(claimed_at=ago)
        lifecycle.checkpoint(claimed, done=20, total=100)
        said = alice_asks("get", f"{URL}/{task.pk}").json()
        assert (said["state"], said["progress"], said["done"], said["total"]) == (
            "running",
            20,
            20,
            100,
        )
        assert said["rate"] == pytest.approx(2, abs=0.2)
        assert said["eta_seconds"] == pytest.approx(40, abs=4)
        (attempt,) = said["attempts"]
        assert set(attempt) == {"number", "started_at", "ended_at", "outcome", "resends"}
        assert (attempt["number"], attempt["outcome"], attempt["resends"]) == (1, "running", 0)

    def test_nothing_of_our_insides_is_told(self, alice_asks, task):
        jobs_for_tests.lose(str(task.pk))
        answer = alice_asks("get", f"{URL}/{task.pk}")
        said = answer.json()
        assert (said["state"], said["error"]) == ("queued", "All was lost.")
        assert said["retry_at"].endswith("Z")
        assert said["attempts"][0]["outcome"] == "failed"
        attempt = task.attempts.get()
        for inner in ("Traceback", attempt.worker, attempt.cluster or "cluster", "max_attempts"):
            assert inner not in answer.text

    def test_it_says_when_to_ask_again_while_it_is_under_way(self, alice_asks, task):
        assert alice_asks("get", f"{URL}/{task.pk}")["Retry-After"] == "2"
        Task.objects.update(state="succeeded")
        assert "Retry-After" not in alice_asks("get", f"{URL}/{task.pk}")

    def test_it_is_in_the_reader_s_language(self, alice_asks, task):
        Task.objects.update(state="failed", reason="worker_lost")
        spanish = alice_asks("get", f"{URL}/{task.pk}", {"Accept-Language": "es"}).json()
        assert spanish["error"] != alice_asks("get", f"{URL}/{task.pk}").json()["error"]

    def test_it_is_hidden_from_strangers(self, client, task, bob):
        ask = asking_for(client, bob)
        for method, path in (("get", ""), ("post", "/cancel"), ("post", "/retry")):
            assert ask(method, f"{URL}/{task.pk}{path}").status_code == 404
        assert Task.objects.get().state == "queued"

    def test_it_wants_a_token(self, client, task):
        assert client.get(f"{URL}/{task.pk}").status_code == 401

    @pytest.mark.parametrize("pk", ["1", "x", "00000000-0000-0000-0000-000000000000", "%00"])
    def test_what_is_none_is_not_found(self, alice_asks, pk):
        assert alice_asks("get", f"{URL}/{pk}").status_code == 404

    def test_it_needs_few_queries(self, alice_asks, task, django_assert_num_queries):
        for number in range(1, 20):
            task.attempts.create(number=number, worker="host:1")
        with django_assert_num_queries(3):  # token, task, attempts
            alice_asks("get", f"{URL}/{task.pk}")


class TestConditions:
    @pytest.mark.parametrize("path", ["", "/{pk}"])
    def test_what_is_known_is_not_said_again(self, alice_asks, task, path):
        url = URL + path.format(pk=task.pk)
        first = alice_asks("get", url)
        again = alice_asks("get", url, {"If-None-Match": first["ETag"]})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert again["Retry-After"] == "2"
        assert "private" in again["Cache-Control"]
        lifecycle.claim(LOSE, task.pk)
        after = alice_asks("get", url, {"If-None-Match": first["ETag"]})
        assert after.status_code == 200
        assert after["ETag"] != first["ETag"]

    def test_what_is_not_known_is_said(self, alice_asks, task):
        assert alice_asks("get", URL, {"If-None-Match": '"x"'}).status_code == 200

    def test_it_asks_the_database_no_more_than_a_whole_answer(
        self, alice_asks, task, django_assert_num_queries
    ):
        etag = alice_asks("get", f"{URL}/{task.pk}")["ETag"]
        with django_assert_num_queries(3):
            alice_asks("get", f"{URL}/{task.pk}", {"If-None-Match": etag})

    def test_each_language_has_its_own(self, alice_asks, task):
        Task.objects.update(state="failed", reason="worker_lost")
        etag = alice_asks("get", URL)["ETag"]
        spanish = {"If-None-Match": etag, "Accept-Language": "es"}
        assert alice_asks("get", URL, spanish).status_code == 200


class TestList:
    @pytest.fixture
    def tasks(self, alice, bob):
        """Five of Alice's, the first of them cancelled, and one of Bob's."""
        lifecycle.launch(COUNT, key="bob", owner=bob)
        tasks = [lifecycle.launch(COUNT, key=str(each), owner=alice)[0] for each in range(5)]
        lifecycle.cancel(tasks[0])
        return tasks

    def listed(self, answer):
        return [each["id"] for each in answer.json()["results"]]

    def test_it_shows_mine_and_the_latest_first(self, alice_asks, tasks):
        assert self.listed(alice_asks("get", URL)) == [str(task.pk) for task in reversed(tasks)]

    def test_it_comes_in_pages(self, alice_asks, tasks):
        url, found = f"{URL}?limit=2", []
        while url:
            answer = alice_asks("get", url)
            found += self.listed(answer)
            url = answer.json()["next"]
        assert found == [str(task.pk) for task in reversed(tasks)]

    def test_it_can_be_of_one_state(self, alice_asks, tasks):
        assert self.listed(alice_asks("get", f"{URL}?state=cancelled")) == [str(tasks[0].pk)]
        assert len(self.listed(alice_asks("get", f"{URL}?state=queued"))) == 4
        assert self.listed(alice_asks("get", f"{URL}?state=failed")) == []

    @pytest.mark.parametrize("state", ["", "x", "Queued", "%00"])
    def test_a_state_that_is_none_is_refused(self, alice_asks, state):
        answer = alice_asks("get", f"{URL}?state={state}")
        assert answer.status_code == 400
        assert "state" in answer.json()["errors"]

    @pytest.mark.parametrize("rows", [3, 15])
    def test_it_needs_the_same_number_of_queries_for_more_rows(
        self, alice_asks, alice, rows, django_assert_num_queries
    ):
        for each in range(rows):
            lifecycle.launch(COUNT, key=str(each), owner=alice)
        with django_assert_num_queries(2):  # token, tasks
            alice_asks("get", URL)


class TestCancel:
    def test_it_works(self, alice_asks, task):
        answer = alice_asks("post", f"{URL}/{task.pk}/cancel")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
        assert "Retry-After" not in answer

    @pytest.mark.parametrize("fields", [{"delivering": True}, {"state": "succeeded"}])
    def test_too_late_is_said(self, alice_asks, task, fields):
        Task.objects.update(**fields)
        answer = alice_asks("post", f"{URL}/{task.pk}/cancel")
        assert answer.status_code == 409
        assert "too late" in answer.json()["detail"]
        assert answer["Content-Type"] == "application/problem+json"

    def test_what_the_page_does_not_offer_is_not_to_be_had(self, alice_asks, alice):
        task, _ = lifecycle.launch(COUNT, key="1", owner=alice)
        assert alice_asks("post", f"{URL}/{task.pk}/cancel").status_code == 409
        assert Task.objects.get().state == "queued"

    def test_it_wants_the_scope(self, client, alice, task):
        ask = asking_for(client, alice, ["read"])
        assert ask("post", f"{URL}/{task.pk}/cancel").status_code == 403
        assert ask("get", f"{URL}/{task.pk}/cancel").status_code == 405


class TestRetry:
    def test_a_new_task_does_it(self, alice_asks, task):
        lifecycle.cancel(task)
        answer = alice_asks("post", f"{URL}/{task.pk}/retry")
        again = Task.objects.exclude(pk=task.pk).get()
        assert (answer.status_code, answer["Location"]) == (202, f"{URL}/{again.pk}")
        assert answer["Retry-After"]
        assert (answer.json()["id"], answer.json()["state"]) == (str(again.pk), "queued")

    @pytest.mark.parametrize("state", ["queued", "running", "succeeded"])
    def test_what_did_not_end_badly_is_refused(self, alice_asks, task, state):
        Task.objects.update(state=state)
        answer = alice_asks("post", f"{URL}/{task.pk}/retry")
        assert (answer.status_code, answer.json()["detail"]) == (
            409,
            "This task can't be tried again.",
        )
        assert Task.objects.count() == 1

    def test_what_its_job_refuses_is_said_in_its_words(self, alice_asks, task, alice):
        lifecycle.cancel(task)
        lifecycle.launch(LOSE, key="1", owner=alice)
        answer = alice_asks("post", f"{URL}/{task.pk}/retry")
        assert (answer.status_code, answer.json()["detail"]) == (409, "Another one is at it.")

    def test_a_job_that_does_not_offer_it(self, alice_asks, alice):
        task, _ = lifecycle.launch(COUNT, key="1", owner=alice)
        lifecycle.cancel(task)
        assert alice_asks("post", f"{URL}/{task.pk}/retry").status_code == 409
