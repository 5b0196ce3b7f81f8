import os
import shutil
import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session as FormerSession
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts import keeping
from accounts.models import Session, Suspension, Token, avatar_storage


def test_sessions_that_are_over_go_and_others_stay(alices, client):
    mine = alices.session.session_key
    over = timezone.now() - timedelta(seconds=1)
    for number in range(3):
        Session.objects.create(session_key=f"old{number}", session_data="", expire_date=over)
    assert len(list(keeping.tidy())) == 1
    assert Session.objects.get().session_key == mine
    assert alices.get("/exports/").status_code == 200


def test_those_of_the_version_before_stay_until_they_are_over(db):
    for number in (1, -1):
        ends = timezone.now() + timedelta(days=number)
        FormerSession.objects.create(session_key=number, session_data="", expire_date=ends)
    assert len(list(keeping.tidy())) == 1
    assert FormerSession.objects.get().session_key == "1"


def test_tokens_that_expired_long_ago_go_and_others_stay(alice):
    days = [None, 1, -29, -31]
    for number in days:
        Token.objects.issue(alice, name=str(number), expires_in=number and timedelta(days=number))
    assert len(list(keeping.tidy())) == 1
    assert {token.name for token in Token.objects.all()} == {"None", "1", "-29"}


def test_suspensions_that_ended_long_ago_go_and_others_stay(alice, bob, admin_user):
    for days in (366, 364):
        alice.suspend(admin_user, reason=str(days))
        alice.restore(admin_user)
        ended = timezone.now() - timedelta(days=days)
        Suspension.objects.filter(reason=days).update(ended_at=ended)
    bob.suspend(admin_user, reason="still")
    Suspension.objects.update(began_at=timezone.now() - timedelta(days=1000))
    assert len(list(keeping.tidy())) == 1
    assert {each.reason for each in Suspension.objects.all()} == {"364", "still"}


class TestPictures:
    @pytest.fixture
    def store(self, db):
        """Without what other tests leave there."""
        store = avatar_storage()
        shutil.rmtree(store.location, ignore_errors=True)
        return store

    def put(self, store, name, days):
        store.save(name, ContentFile(b"picture"))
        moment = time.time() - days * 24 * 3600
        os.utime(store.path(name), (moment, moment))

    def test_what_no_row_names_goes_after_a_day(self, store, alice):
        alice.change_avatar(b"picture")
        self.put(store, f"{1:032x}.webp", days=2)
        self.put(store, f"{2:032x}.webp", days=0.5)
        mine = alice.avatar.name
        moment = time.time() - 1000 * 24 * 3600
        os.utime(store.path(mine), (moment, moment))
        assert len(list(keeping.remove_orphans())) == 1
        assert set(store.listdir("")[1]) == {mine, f"{2:032x}.webp"}

    def test_what_is_not_ours_is_left_alone(self, store):
        for name in ("README.txt", "picture.webp"):
            self.put(store, name, days=100)
        assert not list(keeping.remove_orphans())
        assert len(store.listdir("")[1]) == 2

    def test_it_goes_in_steps_of_one_query(self, store, monkeypatch, django_assert_num_queries):
        monkeypatch.setattr(keeping, "CHUNK", 2)
        for number in range(5):
            self.put(store, f"{number:032x}.webp", days=2)
        with django_assert_num_queries(3):
            assert len(list(keeping.remove_orphans())) == 3
        assert store.listdir("")[1] == []

    def test_where_there_never_was_one_there_is_nothing_to_do(self, store):
        assert not list(keeping.remove_orphans())
