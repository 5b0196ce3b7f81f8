import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connections
from django.test import Client

from accounts.models import Follow
from blog import people
from blog.models import Notification
from conftest import make_person


def test_following_and_unfollowing_work_from_the_profile(alices, alice, bob):
    assert b"/@bob/follow/" in alices.get("/@bob/").content
    assert alices.post("/@BOB/follow/")["Location"] == "/@bob/"
    assert alice.follows.get() == bob
    assert b"/@bob/unfollow/" in alices.get("/@bob/").content
    alices.post("/@bob/unfollow/")
    assert not alice.follows.exists()


def test_twice_is_once(alices, alice, bob):
    for _ in range(2):
        assert alices.post("/@bob/follow/").status_code == 302
    assert Follow.objects.count() == 1


def test_nobody_follows_themselves(alices, alice):
    assert alices.post("/@alice/follow/").status_code == 302
    assert not Follow.objects.exists()
    assert b"follow/" not in alices.get("/@alice/").content


@pytest.mark.parametrize("verb", ["follow", "unfollow"])
def test_it_is_a_post_of_people_who_are_there(alices, client, bob, verb):
    assert alices.get(f"/@bob/{verb}/")["Location"] == "/@bob/"  # who comes from the sign-in
    assert not Follow.objects.exists()
    assert alices.post(f"/@nobody/{verb}/").status_code == 404
    client.logout()
    assert client.post(f"/@bob/{verb}/")["Location"].startswith("/accounts/login/")


def test_who_is_blocked_or_gone_is_not_followed(alice, bob):
    carol = make_person("carol")
    bob.block(alice)
    type(carol).objects.filter(pk=carol.pk).update(is_active=False)
    assert not any(alice.follow(other) for other in (alice, bob, carol))
    assert not Follow.objects.exists()


def at_once(*acts):
    """Do all of them, each in a thread of its own; what they returned."""
    together = threading.Barrier(len(acts))
    with ThreadPoolExecutor(len(acts)) as threads:

        def start(act):
            together.wait()
            try:
                return act()
            finally:
                connections.close_all()

        return list(threads.map(start, acts))


def client_of(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.django_db(transaction=True)
def test_ten_presses_at_once_are_one(alice, bob):
    clients = [client_of(alice) for _ in range(10)]
    answers = at_once(*(partial(client.post, "/@bob/follow/") for client in clients))
    assert {answer.status_code for answer in answers} == {302}
    assert Follow.objects.count() == Notification.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_a_block_and_a_follow_at_once_the_block_is_what_stays(alice, bob):
    for _ in range(10):
        at_once(partial(alice.follow, bob), partial(bob.block, alice))
        assert not Follow.objects.exists()
        bob.blocks.clear()


def test_who_can_not_be_told_is_not_followed(alice, bob, monkeypatch):
    def fail(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("blog.models.notifications.NotificationQuerySet.tell", fail)
    with pytest.raises(ZeroDivisionError):
        people.follow(alice, bob)
    assert not Follow.objects.exists()
