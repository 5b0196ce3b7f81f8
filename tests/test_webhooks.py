"""Webhooks with all that is real: workers, the engine's sweeper, a web server with TLS."""

import json

import pytest
from playwright.sync_api import expect

from exports.models import Delivery, Export, Webhook
from exports.models.webhooks import Event
from exports.tests.receiver import OK, Receiver, make_certificate

from .waiting import wait_for

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return make_certificate(tmp_path_factory.mktemp("receiver"))


def test_who_asked_for_it_is_told_until_they_have_taken_it(
    posts, alice, certificate, settings, start_qcluster, smtp
):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    told = {"WEBHOOK_ALLOW_PRIVATE": "1", "WEBHOOK_CA_FILE": certificate, "TASKS_RETRY_SECONDS": 1}
    with Receiver(certificate) as receiver:
        receiver.answer = [b"HTTP/1.1 503 Not now\r\n\r\n"]
        url = f"https://127.0.0.1:{receiver.port}/"
        Webhook.objects.register(alice, url, [Event.SUCCEEDED])
        with start_qcluster(TASKS_SWEEP_SECONDS=0.5, **told):
            export, _ = Export.objects.start(alice)
            wait_for(lambda: receiver.requests)
            receiver.answer = [OK]
            taken = Delivery.objects.filter(status=200, task__state="succeeded")
            delivery = wait_for(taken.first)
        export.refresh_from_db()
        bodies = {body for _, body in receiver.requests}
    assert len(bodies) == 1
    assert len(receiver.requests) == delivery.attempts >= 2
    said = json.loads(bodies.pop())
    assert (said["id"], said["event"]) == (str(delivery.pk), "export.succeeded")
    assert (said["data"]["id"], said["data"]["sha256"]) == (str(export.pk), export.sha256)


@pytest.mark.browser
def test_people_register_one_try_it_out_and_see_what_came_of_it(
    open_as, javascript, alice, certificate, settings, start_qcluster
):
    settings.WEBHOOK_ALLOW_PRIVATE = True
    told = {"WEBHOOK_ALLOW_PRIVATE": "1", "WEBHOOK_CA_FILE": certificate}
    page = open_as(alice, java_script_enabled=javascript)
    with Receiver(certificate) as receiver:
        page.goto("/exports/")
        page.get_by_role("link", name="webhooks").click()
        page.get_by_label("Address").fill(f"http://127.0.0.1:{receiver.port}/")
        page.get_by_role("button", name="Register it").click()
        expect(page.get_by_text("It has to begin with https://").last).to_be_visible()
        page.get_by_label("Address").fill(f"https://127.0.0.1:{receiver.port}/")
        page.get_by_label("An export has failed.").uncheck()
        page.get_by_role("button", name="Register it").click()
        webhook = Webhook.objects.get()
        assert (webhook.owner, webhook.events) == (alice, "export.succeeded")
        expect(page.get_by_text(webhook.secret)).to_be_visible()
        with start_qcluster(TASKS_SWEEP_SECONDS=0.5, **told):
            page.get_by_role("button", name="Try it out").click()
            expect(page.get_by_text("Pending")).to_be_visible()
            wait_for(Delivery.objects.filter(task__state="succeeded").first)
            if not javascript:
                page.reload()
            expect(page.get_by_text("answered with 200")).to_be_visible(timeout=15_000)
        ((head, _),) = receiver.requests
        assert "Microblog-Signature: t=" in head
        page.get_by_role("link", name="Delete it").click()
        page.get_by_role("button", name="Delete the webhook").click()
        expect(page.get_by_text("The webhook is deleted.")).to_be_visible()
        assert not Webhook.objects.exists()
