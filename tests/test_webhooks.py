"""Webhooks with all that is real: workers, the engine's sweeper, a web server with TLS."""

import json

import pytest

from exports.models import Delivery, Export, Webhook
from exports.models.webhooks import Event
from exports.tests.receiver import OK, Receiver, make_certificate

from .conftest import wait_for

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
