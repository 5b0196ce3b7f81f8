"""Webhooks, as programs register them and see what became of them."""

from types import SimpleNamespace

import pytest
from rest_framework.settings import api_settings

from exports import jobs
from exports.models import Delivery, Webhook
from exports.models.webhooks import Event
from microblog.valkey import Valkey
from tasks.models import Task

from .test_api import asking_for

URL = "/api/v2/webhooks"
NEW = {"url": "https://example.org/hook?key=1", "events": ["export.succeeded", "export.failed"]}

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(alice):
    return asking_for(alice)


@pytest.fixture
def webhook(alice):
    return Webhook.objects.register(alice, NEW["url"], [Event.SUCCEEDED])


@pytest.fixture
def delivery(webhook):
    return webhook.tell("export.succeeded", {"id": "1"})


def end(delivery, **fields):
    Task.objects.update(state="succeeded")
    Delivery.objects.filter(pk=delivery.pk).update(**fields)


class TestCreate:
    def test_the_secret_is_shown_once(self, ask, alice):
        answer = ask("post", URL, NEW)
        webhook = Webhook.objects.get()
        assert (answer.status_code, answer["Location"]) == (201, f"{URL}/{webhook.pk}")
        said = answer.json()
        assert (said["url"], said["events"]) == (NEW["url"], ["export.failed", "export.succeeded"])
        assert (said["active"], said["disabled_at"]) == (True, None)
        assert said["secret"] == webhook.secret
        for path in (URL, f"{URL}/{webhook.pk}"):
            assert webhook.secret not in ask("get", path).text

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "url"),
            ({"url": None}, "url"),
            ({"url": 1}, "url"),
            ({"url": ["https://example.org/"]}, "url"),
            ({"url": "http://example.org/"}, "url"),
            ({"url": "https://localhost/"}, "url"),
            ({"url": "https://[::ffff:7f00:1]/"}, "url"),
            ({"url": "https://user@example.org/"}, "url"),
            ({"url": "https://example.org/\0"}, "url"),
            ({"url": "https://example.org/\ud800"}, "url"),
            ({"url": "https://exam\ud800ple.org/"}, "url"),
            ({"url": "https://example.org/" + "a" * 500}, "url"),
            ({"events": []}, "events"),
            ({"events": ["ping"]}, "events"),
            ({"events": ["export.succeeded", 1]}, "events"),
            ({"events": "export.succeeded"}, "events"),
            ({"secret": "mine"}, "secret"),
        ],
    )
    def test_what_makes_no_sense_is_said_at_the_field(self, ask, body, field):
        answer = ask("post", URL, (NEW if body else {}) | body)
        assert answer.status_code == 400
        assert field in answer.json()["errors"]
        assert not Webhook.objects.exists()

    def test_ten_are_enough(self, ask):
        assert [ask("post", URL, NEW).status_code for _ in range(11)] == [201] * 10 + [409]

    def test_it_needs_few_queries(self, ask, django_assert_max_num_queries):
        with django_assert_max_num_queries(12):
            ask("post", URL, NEW)


class TestOne:
    def test_list_and_one(self, ask, webhook):
        (said,) = ask("get", URL).json()["results"]
        assert said["id"] == str(webhook.pk)
        assert ask("get", f"{URL}/{webhook.pk}").json() == said

    def test_it_can_be_changed(self, ask, webhook):
        secret = webhook.secret
        change = {"url": "https://other.example", "events": ["export.failed"], "active": False}
        said = ask("patch", f"{URL}/{webhook.pk}", change).json()
        assert (said["url"], said["events"]) == ("https://other.example/", ["export.failed"])
        assert said["active"] is False
        assert said["disabled_at"]
        again = ask("patch", f"{URL}/{webhook.pk}", {"active": True}).json()
        assert again == said | {"active": True, "disabled_at": None}
        webhook.refresh_from_db()
        assert webhook.secret == secret

    @pytest.mark.parametrize(
        "change",
        [
            {"url": "https://127.0.0.1/"},
            {"url": None},
            {"events": []},
            {"active": None},
            {"secret": ""},
        ],
    )
    def test_what_makes_no_sense_changes_nothing(self, ask, webhook, change):
        before = ask("get", f"{URL}/{webhook.pk}").json()
        assert ask("patch", f"{URL}/{webhook.pk}", change).status_code == 400
        assert ask("get", f"{URL}/{webhook.pk}").json() == before

    def test_nothing_changes_nothing(self, ask, webhook):
        assert ask("patch", f"{URL}/{webhook.pk}", {}).status_code == 200

    def test_of_one_that_is_deleted_meanwhile(self, ask, webhook, monkeypatch):
        change = Webhook.change

        def meanwhile(webhook, **changes):
            Webhook.objects.all().delete()
            return change(webhook, **changes)

        monkeypatch.setattr(Webhook, "change", meanwhile)
        assert ask("patch", f"{URL}/{webhook.pk}", {"active": False}).status_code == 404

    def test_it_can_be_deleted(self, ask, webhook, delivery):
        assert ask("delete", f"{URL}/{webhook.pk}").status_code == 204
        assert not Webhook.objects.exists()
        assert not Delivery.objects.exists()
        assert ask("get", f"{URL}/{webhook.pk}").status_code == 404

    def test_who_may_not(self, client, webhook, delivery, alice, bob):
        one = f"{URL}/{webhook.pk}"
        for method, path in [
            ("get", one),
            ("patch", one),
            ("delete", one),
            ("post", f"{one}/ping"),
            ("get", f"{one}/deliveries"),
            ("get", f"{one}/deliveries/{delivery.pk}"),
            ("post", f"{one}/deliveries/{delivery.pk}/redeliver"),
        ]:
            assert asking_for(bob)(method, path).status_code == 404, path
            assert asking_for(alice, ["read", "write"])(method, path).status_code == 403, path
            assert getattr(client, method)(path).status_code == 401, path
        assert asking_for(bob)("get", URL).json()["results"] == []
        assert Delivery.objects.count() == 1


class TestPing:
    def test_it_calls_and_says_where_to_see_what_came_of_it(self, ask, alice, receiver):
        webhook = Webhook.objects.register(alice, receiver.url, [Event.FAILED])
        answer = ask("post", f"{URL}/{webhook.pk}/ping")
        assert (answer.status_code, answer.json()["state"]) == (202, "pending")
        assert answer["Retry-After"] == "2"
        jobs.call_webhook(str(Delivery.objects.get().task_id))
        there = ask("get", answer["Location"])
        said = there.json()
        assert (said["state"], said["status"], said["error"]) == ("delivered", 200, None)
        assert (said["event"], said["attempts"]) == ("ping", 1)
        assert "Retry-After" not in there

    def test_not_one_that_is_disabled(self, ask, webhook):
        webhook.change(active=False)
        answer = ask("post", f"{URL}/{webhook.pk}/ping")
        assert answer.status_code == 409
        assert "disabled" in answer.json()["detail"]

    def test_not_too_often(self, ask, webhook, settings, monkeypatch):
        monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "webhook", "2/hour")
        monkeypatch.setattr("microblog.limits.time", SimpleNamespace(time=lambda: 7200.0))
        with Valkey() as server:
            own = {"LOCATION": server.url, "OPTIONS": {"socket_timeout": 10}}
            settings.CACHES = {"default": settings.CACHES["default"] | own}
            answers = [ask("post", f"{URL}/{webhook.pk}/ping") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [202, 202, 429]
        assert int(answers[-1]["Retry-After"]) == 3600


class TestDeliveries:
    def test_what_became_of_them(self, ask, webhook, delivery):
        end(delivery, attempts=2, status=500, error="status", duration_ms=12)
        webhook.ping()
        ping, failed = ask("get", f"{URL}/{webhook.pk}/deliveries").json()["results"]
        assert (ping["event"], ping["state"], ping["error"]) == ("ping", "pending", None)
        assert (failed["id"], failed["event"]) == (str(delivery.pk), "export.succeeded")
        assert (failed["state"], failed["status"], failed["attempts"]) == ("failed", 500, 2)
        assert failed["duration_ms"] == 12
        assert "status" in failed["error"]

    @pytest.mark.parametrize("rows", [3, 15])
    def test_it_needs_the_same_number_of_queries_for_more_rows(
        self, ask, webhook, rows, django_assert_num_queries
    ):
        for _ in range(rows):
            webhook.ping()
        with django_assert_num_queries(3):  # token, webhook, deliveries
            ask("get", f"{URL}/{webhook.pk}/deliveries")

    def test_they_can_be_made_again(self, ask, webhook, delivery):
        end(delivery, attempts=1, error="too_slow")
        path = f"{URL}/{webhook.pk}/deliveries/{delivery.pk}"
        answer = ask("post", f"{path}/redeliver")
        assert (answer.status_code, answer["Location"]) == (202, path)
        assert (answer.json()["id"], answer.json()["state"]) == (str(delivery.pk), "pending")
        again = ask("post", f"{path}/redeliver")
        assert (again.status_code, Task.objects.filter(state="queued").count()) == (409, 1)

    def test_one_of_another_webhook_is_not_there(self, ask, alice, delivery):
        other = Webhook.objects.register(alice, NEW["url"], [Event.FAILED])
        path = f"{URL}/{other.pk}/deliveries/{delivery.pk}"
        assert ask("get", path).status_code == 404
        assert ask("post", f"{path}/redeliver").status_code == 404
