"""Exports that come by themselves, and those that can't begin now, as programs hear of them."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.formats import date_format

from exports import contents
from exports.models import Export, IdempotencyKey, Schedule
from tasks.models import Task

from .test_api import URL as EXPORTS
from .test_api import asking_for

URL = "/api/v2/exports/schedule"

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask(alice):
    return asking_for(alice)


@pytest.fixture
def schedule(alice):
    return Schedule.objects.plan(alice, every="week", contents="posts.json", attach=True)


class TestSchedule:
    def test_it_can_be_planned_and_seen(self, ask):
        wanted = {"every": "month", "contents": "archive", "attach": False}
        answer = ask("put", URL, wanted)
        assert answer.status_code == 200
        said = answer.json()
        assert {name: said[name] for name in wanted} == wanted
        assert said["paused_at"] is None
        assert said["next_at"] > said["created_at"]
        assert ask("get", URL).json() == said

    def test_what_is_not_said_is_the_default(self, ask):
        said = ask("put", URL, {"every": "week"}).json()
        assert (said["contents"], said["attach"]) == ("posts.json", True)

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "every"),
            ({"every": "day"}, "every"),
            ({"every": None}, "every"),
            ({"every": "week", "contents": "x"}, "contents"),
            ({"every": "week", "attach": "no"}, "attach"),
            ({"every": "week", "next_at": "2026-01-01T00:00:00Z"}, "next_at"),
        ],
    )
    def test_what_makes_no_sense_is_said_at_the_field(self, ask, body, field):
        answer = ask("put", URL, body)
        assert answer.status_code == 400
        assert field in answer.json()["errors"]
        assert not Schedule.objects.exists()

    def test_it_can_be_ended(self, ask, schedule):
        assert ask("delete", URL).status_code == 204
        assert [ask(method, URL).status_code for method in ("get", "delete")] == [404, 404]

    def test_a_pause_can_be_ended(self, ask, schedule):
        Schedule.objects.update(paused_at=timezone.now())
        said = ask("post", f"{URL}/resume").json()
        assert said["paused_at"] is None
        assert ask("post", f"{URL}/resume").json() == said  # it goes on already

    def test_who_may_not(self, client, schedule, alice, bob):
        for method, path in (("get", URL), ("delete", URL), ("post", f"{URL}/resume")):
            assert asking_for(bob)(method, path).status_code == 404
            assert asking_for(alice, ["read", "write"])(method, path).status_code == 403
            assert getattr(client, method)(path).status_code == 401
        assert ask_other_methods(alice) == [405, 405]


def ask_other_methods(person):
    ask = asking_for(person)
    return [ask("get", f"{URL}/resume").status_code, ask("post", URL).status_code]


class TestNotNow:
    def test_who_has_had_their_share_is_told_when_there_is_more(self, ask, alice, settings):
        settings.EXPORT_ALLOWANCE = 1
        alice.time_zone = "Asia/Taipei"
        alice.save()
        export, _ = Export.objects.start(alice)
        Task.objects.update(state="failed")
        published_at = timezone.now() - timedelta(hours=1)
        Export.objects.update(published_at=published_at)
        moment = date_format(
            (published_at + timedelta(days=1)).astimezone(alice.zone), "DATETIME_FORMAT"
        )
        for path in (EXPORTS, f"{EXPORTS}/{export.pk}/retry"):
            answer = ask("post", path, {}, Idempotency_Key="1")
            assert answer.status_code == 409
            assert f"next one is allowed from {moment}" in answer.json()["detail"]
        assert Task.objects.count() == 1
        assert not IdempotencyKey.objects.exists()

    def test_without_room_none_begins(self, ask, settings):
        settings.EXPORT_RESERVE_BYTES = 1 << 60
        answer = ask("post", EXPORTS, {})
        assert answer.status_code == 409
        assert "no room" in answer.json()["detail"]
        assert not Export.objects.exists()

    def test_what_was_answered_is_answered_again_also_without_room(self, ask, settings):
        first = ask("post", EXPORTS, {}, Idempotency_Key="1")
        settings.EXPORT_RESERVE_BYTES = 1 << 60
        assert ask("post", EXPORTS, {}, Idempotency_Key="1").content == first.content


def test_the_estimate_knows_all_contents(ask, alice):
    said = ask("get", f"{EXPORTS}/estimate").json()
    assert set(said["sizes"]) == {name for name, _ in contents.choices()}
