import pytest

from accounts.models import Follow


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
