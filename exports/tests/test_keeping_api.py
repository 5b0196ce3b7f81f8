"""How long the file of an export stays, by a program."""

from datetime import timedelta

import pytest
from django.utils import timezone

from exports import archive, jobs, keeping
from exports.models import Delivery, Export, IdempotencyKey, Webhook
from tasks.models import Task

from .test_api import URL, asking_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(alice):
    return asking_for(alice)


@pytest.fixture
def done(export):
    jobs.export_posts(str(export.task.pk))
    return Export.objects.get()


def test_the_file_can_be_deleted(ask, done, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        assert ask("delete", f"{URL}/{done.pk}").status_code == 204
    assert not archive.storage().exists(done.file.name)
    said = ask("get", f"{URL}/{done.pk}").json()
    assert (said["download_url"], said["count"]) == (None, 3)
    assert said["removed_at"]
    assert ask("get", f"{URL}/{done.pk}/download").status_code == 404
    assert ask("delete", f"{URL}/{done.pk}").status_code == 204  # it is gone already


def test_not_while_it_is_worked_on(ask, export):
    assert ask("delete", f"{URL}/{export.pk}").status_code == 409


def test_it_can_be_kept_for_longer_once(ask, done):
    before = ask("get", f"{URL}/{done.pk}").json()["expires_at"]
    answer = ask("post", f"{URL}/{done.pk}/extend")
    assert (answer.status_code, answer.json()["expires_at"] > before) == (200, True)
    assert ask("post", f"{URL}/{done.pk}/extend").status_code == 409


def test_who_may_not(client, done, alice, bob):
    for method, path in (("delete", f"{URL}/{done.pk}"), ("post", f"{URL}/{done.pk}/extend")):
        assert asking_for(bob)(method, path).status_code == 404
        assert asking_for(alice, ["read", "write"])(method, path).status_code == 403
        assert getattr(client, method)(path).status_code == 401
    assert archive.storage().exists(done.file.name)


def test_what_nobody_asks_for_any_more_is_forgotten(ask, alice):
    ask("post", URL, {}, Idempotency_Key="old")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(days=2))
    webhook = Webhook.objects.register(alice, "https://example.org/", ["export.failed"])
    old = webhook.ping()
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=31))
    webhook.ping()
    Task.objects.update(state="succeeded")
    ask("post", URL, {}, Idempotency_Key="new")
    assert list(keeping.tidy())
    assert IdempotencyKey.objects.get().key == "new"
    assert Delivery.objects.exclude(pk=old.pk).count() == Delivery.objects.count() == 1
