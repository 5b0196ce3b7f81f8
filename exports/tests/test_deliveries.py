"""Who is told of exports, of what, and how often."""

import json
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from exports import jobs, webhooks
from exports.models import Delivery, Export, Webhook
from exports.models.webhooks import Event
from tasks import lifecycle
from tasks.models import Task
from tasks.registry import Refused

from .receiver import OK

JOB = "exports.jobs.call_webhook"
YES, NO, GONE = OK, b"HTTP/1.1 500 No\r\n\r\n", b"HTTP/1.1 410 Gone\r\n\r\n"


@pytest.fixture
def webhook(alice, receiver):
    """One that listens to everything, and that our receiver answers."""
    return Webhook.objects.register(alice, receiver.url, Event.values)


@pytest.fixture
def delivery(webhook):
    return webhook.tell("export.succeeded", {"id": "1"})


def work(delivery):
    """Let a worker get a message for the delivery's task, whenever it is due."""
    Task.objects.filter(state="queued").update(not_before=None)
    jobs.call_webhook(str(delivery.task_id))
    return Delivery.objects.select_related("webhook", "task").get(pk=delivery.pk)


def export_posts(export):
    jobs.export_posts(str(export.task_id))
    export.refresh_from_db()
    return export


def fail(export):
    Task.objects.filter(pk=export.task_id).update(max_attempts=1)
    lifecycle.fail(lifecycle.claim(export.task.job, export.task_id), "crashed")


class TestAnnounce:
    def test_what_is_published_is_told(self, webhook, export):
        done = export_posts(export)
        delivery = Delivery.objects.get()
        said = json.loads(delivery.body)
        assert (said["id"], said["event"]) == (str(delivery.pk), "export.succeeded")
        assert said["created"].endswith("Z")
        data = said["data"]
        assert (data["id"], data["count"], data["size"]) == (str(done.pk), 3, done.size)
        assert data["sha256"] == done.sha256
        assert data["url"] == f"http://127.0.0.1:8000/exports/{done.pk}/"
        assert data["download_url"].endswith(f"/api/v2/exports/{done.pk}/download")
        task = delivery.task
        assert (task.job, task.owner, task.background) == (JOB, None, True)
        assert delivery.state == "pending"

    def test_all_that_listen_are_told_and_nobody_else(self, webhook, export, alice, bob, receiver):
        listening = Webhook.objects.register(alice, receiver.url, [Event.SUCCEEDED])
        Webhook.objects.register(alice, receiver.url, [Event.FAILED])
        Webhook.objects.register(alice, receiver.url, Event.values).change(active=False)
        Webhook.objects.register(bob, receiver.url, Event.values)
        export_posts(export)
        assert {each.webhook for each in Delivery.objects.all()} == {webhook, listening}

    def test_what_is_not_published_in_the_end_is_not_told(self, webhook, export, run, monkeypatch):
        def stumble(*args):
            raise ZeroDivisionError

        monkeypatch.setattr(Delivery.objects, "announce", stumble)
        checked = jobs.archive.Checked(3, 3, "0" * 64)
        jobs.take_snapshot(export, run)
        with pytest.raises(ZeroDivisionError):
            jobs.publish(export, run, "a/1", checked)
        export.refresh_from_db()
        assert not export.file
        assert not Delivery.objects.exists()

    def test_what_has_failed_for_good_is_told_with_the_reason(self, webhook, export):
        fail(export)
        said = json.loads(Delivery.objects.get().body)
        assert said["event"] == "export.failed"
        assert said["data"]["id"] == str(export.pk)
        assert said["data"]["download_url"] is None
        assert "our side" in said["data"]["error"]

    def test_in_its_owner_s_language(self, webhook, export, alice):
        alice.language = "es"
        alice.save()
        fail(export)
        assert "our side" not in Delivery.objects.get().data["error"]

    def test_what_the_sweeper_finds_has_failed_too(self, webhook, export, monkeypatch):
        monkeypatch.setattr(lifecycle.Doorbell, "queue_size", lambda doorbell: 1_000)
        lifecycle.claim(export.task.job, export.task_id)
        ago = timezone.now() - timedelta(minutes=1)
        Task.objects.filter(pk=export.task_id).update(max_attempts=1, lease_until=ago)
        for _ in range(2):
            lifecycle.sweep()
        assert Delivery.objects.get().event == "export.failed"

    def test_what_is_tried_again_by_itself_has_not_failed(self, webhook, export, monkeypatch):
        monkeypatch.setattr(jobs.archive, "check", lambda *args: 1 / 0)
        assert export_posts(export).task.state == "queued"
        assert not Delivery.objects.exists()

    def test_a_mail_that_is_refused_is_no_failure_of_what_is_there(
        self, webhook, export, monkeypatch
    ):
        monkeypatch.setattr(jobs.delivery, "mail", lambda *args: 1 / 0)
        Task.objects.update(max_attempts=1)
        assert export_posts(export).task.state == "failed"
        assert Delivery.objects.get().event == "export.succeeded"

    def test_a_cancellation_is_none_either(self, webhook, export):
        assert export.cancel()
        assert not Delivery.objects.exists()

    def test_it_costs_one_query_where_nobody_listens(
        self, export, run, alice, django_assert_num_queries
    ):
        with django_assert_num_queries(1):
            Delivery.objects.announce(alice, Event.SUCCEEDED, {})


class TestCall:
    def test_what_is_taken_is_done(self, delivery, receiver):
        done = work(delivery)
        assert (done.state, done.attempts, done.status) == ("delivered", 1, 200)
        assert (done.error_label, done.task.state) == ("", "succeeded")
        assert done.attempted_at
        assert done.duration_ms is not None
        ((_, body),) = receiver.requests
        assert body == done.body

    def test_what_is_not_taken_is_tried_again_and_stays_the_same(self, delivery, receiver):
        receiver.answer = [NO]
        again = work(delivery)
        assert (again.state, again.attempts, again.status) == ("pending", 1, 500)
        assert "status" in again.error_label
        assert again.task.retry_at > timezone.now()
        receiver.answer = [YES]
        assert work(delivery).state == "delivered"
        assert len({body for _, body in receiver.requests}) == 1
        assert len(receiver.requests) == 2

    def test_in_the_end_it_has_failed_and_no_admin_is_told(
        self, delivery, receiver, settings, mailoutbox, caplog
    ):
        settings.ADMINS = [("Admin", "admin@example.com")]
        settings.DEBUG = False
        receiver.answer = [NO]
        for _ in range(5):
            done = work(delivery)
        assert (done.state, done.attempts, done.task.state) == ("failed", 5, "failed")
        assert not mailoutbox
        for secret in (done.webhook.secret, "hook?a=1", receiver.url):
            assert secret not in caplog.text
            for attempt in done.task.attempts.all():
                assert secret not in attempt.traceback

    def test_errors_of_the_network_tell_nothing_of_the_url(self, delivery, receiver, caplog):
        receiver.answer = [b"nonsense\r\n\r\n"]
        done = work(delivery)
        assert (done.status, done.error) == (None, "no_http")
        assert "hook?a=1" not in caplog.text + done.task.attempts.get().traceback

    def test_who_is_gone_is_not_called_any_more(self, delivery, receiver, webhook):
        receiver.answer = [GONE]
        done = work(delivery)
        assert (done.state, done.status, done.task.state) == ("failed", 410, "failed")
        assert "410" in done.error_label
        assert not done.webhook.active
        with pytest.raises(Refused):
            done.webhook.ping()

    def test_why_nobody_calls_it_any_more_is_known(self, delivery, receiver, webhook, alice):
        def is_gone():
            return alice.webhooks.with_standing().get().is_gone

        assert not is_gone()
        webhook.change(active=False)
        assert not is_gone()
        webhook.change(active=True)
        receiver.answer = [GONE]
        done = work(delivery)
        assert done.webhook.disabled_at == done.attempted_at
        assert is_gone()
        done.webhook.change(active=True)
        assert not is_gone()
        done.webhook.change(active=False)
        assert not is_gone()

    def test_who_moved_meanwhile_is_not_gone(self, delivery, receiver, webhook, monkeypatch):
        call = webhooks.call

        def and_move(*args):
            webhook.change(url=receiver.url.replace("hook", "new"))
            return call(*args)

        monkeypatch.setattr(webhooks, "call", and_move)
        receiver.answer = [GONE]
        assert work(delivery).webhook.active

    def test_what_is_not_public_is_not_tried_again(self, delivery, settings):
        settings.WEBHOOK_ALLOW_PRIVATE = False
        done = work(delivery)
        assert (done.state, done.error, done.attempts) == ("failed", "not_public", 1)

    def test_a_ping_is_not_tried_again(self, webhook, receiver):
        receiver.answer = [NO]
        done = work(webhook.ping())
        assert (done.event, done.state, done.attempts) == ("ping", "failed", 1)

    @pytest.mark.parametrize("end", ["disable", "deactivate", "delete"])
    def test_what_nobody_wants_any_more_is_not_sent(self, delivery, receiver, webhook, alice, end):
        if end == "disable":
            webhook.change(active=False)
        elif end == "deactivate":
            alice.is_active = False
            alice.save()
        else:
            webhook.delete()
        jobs.call_webhook(str(delivery.task_id))
        assert not receiver.connections
        assert Task.objects.get(pk=delivery.task_id).state == "succeeded"
        for left in Delivery.objects.all():
            assert (left.state, left.attempts) == ("failed", 0)
            assert "not called" in left.error_label

    def test_a_worker_that_dies_leaves_a_trace(self, delivery, monkeypatch):
        def die(*args):
            raise SystemExit

        monkeypatch.setattr(webhooks, "call", die)
        with pytest.raises(SystemExit):
            work(delivery)
        delivery = Delivery.objects.get()
        assert (delivery.attempts, delivery.status, delivery.state) == (1, None, "failed")
        assert "interrupted" in delivery.error_label

    def test_while_it_is_called_nothing_is_wrong(self, delivery, receiver, monkeypatch):
        call, seen = webhooks.call, []

        def and_look(*args):
            seen.append(Delivery.objects.select_related("task").get(pk=delivery.pk))
            return call(*args)

        monkeypatch.setattr(webhooks, "call", and_look)
        work(delivery)
        assert [(each.state, each.error_label) for each in seen] == [("pending", "")]

    def test_a_worker_that_was_replaced_notes_nothing(self, delivery, receiver, monkeypatch):
        call = webhooks.call

        def and_lose(*args):
            Task.objects.update(token=None)
            return call(*args)

        monkeypatch.setattr(webhooks, "call", and_lose)
        assert work(delivery).error == "interrupted"

    def test_it_is_made_again_when_that_is_asked_for(self, delivery, receiver):
        done = work(delivery)
        first = done.body
        done.redeliver()
        assert done.state == "pending"
        again = work(done)
        assert (again.state, again.attempts, again.body) == ("delivered", 2, first)
        assert [body for _, body in receiver.requests] == [first] * 2

    def test_not_while_it_is_under_way(self, delivery):
        with pytest.raises(Refused):
            delivery.redeliver()


class TestPage:
    def test_each_is_on_one_page(self, webhook, monkeypatch):
        monkeypatch.setattr("exports.models.webhooks.PAGE_SIZE", 3)
        made = [webhook.ping() for _ in range(7)]
        moment = made[2].created_at
        Delivery.objects.filter(pk__in=[each.pk for each in made[1:5]]).update(created_at=moment)
        before, pages = "", []
        while before or not pages:
            shown, before = webhook.deliveries.page(before)
            pages.append(shown)
        assert [len(shown) for shown in pages] == [3, 3, 1]
        found = [each.pk for shown in pages for each in shown]
        assert found == list(webhook.deliveries.values_list("pk", flat=True))

    def test_a_full_page_is_the_last_one_when_nothing_is_left(self, webhook, monkeypatch):
        monkeypatch.setattr("exports.models.webhooks.PAGE_SIZE", 3)
        for _ in range(3):
            webhook.ping()
        assert webhook.deliveries.page()[1] == ""

    def test_of_another_webhook_none_is_a_page(self, webhook, delivery, alice):
        other = Webhook.objects.register(alice, "https://example.org/", [Event.FAILED]).ping()
        assert webhook.deliveries.page(str(other.pk)) == ([delivery], "")


class TestRegister:
    def test_ten_are_enough(self, alice, bob):
        for number in range(10):
            Webhook.objects.register(alice, f"https://example.org/{number}", [Event.FAILED])
        with pytest.raises(Refused):
            Webhook.objects.register(alice, "https://example.org/", [Event.FAILED])
        assert Webhook.objects.register(bob, "https://example.org/", [Event.FAILED])

    def test_each_has_a_secret_of_its_own(self, alice):
        secrets = {
            Webhook.objects.register(alice, "https://example.org/", [Event.FAILED]).secret
            for _ in range(2)
        }
        assert len(secrets) == 2
        assert all(len(secret) > 40 for secret in secrets)

    def test_what_may_not_be_called_is_not_taken(self, alice):
        for url in ("https://localhost/", "http://example.org/"):
            with pytest.raises(ValidationError):
                Webhook.objects.register(alice, url, [Event.FAILED])
        webhook = Webhook.objects.register(alice, "https://example.org/", [Event.FAILED])
        with pytest.raises(ValidationError):
            webhook.change(url="https://localhost/")
        webhook.refresh_from_db()
        assert webhook.url == "https://example.org/"

    def test_the_longest_that_is_taken_is_called(self, alice, receiver):
        url = f"https://127.0.0.1:{receiver.port}?"
        url += "a" * (webhooks.URL_MAX - len(url) - 1)
        webhook = Webhook.objects.register(alice, url, [Event.FAILED])
        assert len(webhook.url) == webhooks.URL_MAX
        assert work(webhook.ping()).state == "delivered"


def test_what_is_old_is_to_be_forgotten(delivery):
    assert not Delivery.objects.to_forget()
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert not Delivery.objects.to_forget()  # for it is under way
    Task.objects.update(state="failed")
    assert list(Delivery.objects.to_forget()) == [delivery]


def test_a_person_takes_them_along(delivery, alice):
    alice.delete()
    assert not Webhook.objects.exists()
    assert not Export.objects.exists()
