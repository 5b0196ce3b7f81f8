"""People, and what one does about another one."""

import pytest

from accounts.models import User
from blog import search
from blog.models import Post

USERS = "/api/v2/users"


@pytest.fixture
def carol(django_user_model):
    return django_user_model.objects.create_user("carol", "carol@example.com", about="Limes!")


def names(response):
    assert response.status_code == 200
    return [person["username"] for person in response.json()["results"]]


def test_people_are_listed_the_latest_first(visitor, alice, bob):
    assert names(visitor.get(USERS)) == ["bob", "alice"]
    page = visitor.get(f"{USERS}?limit=1")
    assert names(visitor.get(page.json()["next"])) == ["alice"]


def test_people_are_found(alices_program, carol):
    assert names(alices_program.get(f"{USERS}?q=lim")) == ["carol"]
    assert names(alices_program.get(f"{USERS}?q=nobody")) == []
    assert names(alices_program.get(f"{USERS}?q=lim&limit=1")) == ["carol"]
    assert alices_program.get(f"{USERS}?q=lim&limit=none").status_code == 400
    for query in ("x" * 201, ""):
        response = alices_program.get(f"{USERS}?q={query}")
        assert (response.status_code, list(response.json()["errors"])) == (400, ["q"])


def test_one_as_a_visitor_sees_them(visitor, carol):
    response = visitor.get(f"{USERS}/CAROL")
    assert response.status_code == 200
    assert response.json() == {
        "id": carol.pk,
        "username": "carol",
        "display_name": "",
        "url": "http://127.0.0.1:8000/@carol/",
        "avatar_url": "http://127.0.0.1:8000/@carol/avatar/?v=drawn",
        "about": "Limes!",
        "bonds": None,
        "counts": {"posts": 0, "followers": 0, "following": 0},
        "joined_at": carol.date_joined.isoformat().replace("+00:00", "Z"),
        "last_seen_at": None,
    }


def test_one_with_bonds(alices_program, alice, carol):
    alice.follow(carol)
    alice.mutes.add(carol)
    person = alices_program.get(f"{USERS}/carol").json()
    assert person["bonds"] == {
        "is_followed": True,
        "is_muted": True,
        "is_blocked": False,
        "blocks_you": False,
    }
    carol.block(alice)
    person = alices_program.get(f"{USERS}/carol").json()
    assert (person["bonds"]["blocks_you"], person["about"]) == (True, "")
    assert names(alices_program.get(USERS)) == ["alice"]


@pytest.mark.parametrize("name", ["nobody", "x" * 31, "%00", "a%0Ab", "a-b", "%F0%9F%8D%8B"])
@pytest.mark.parametrize("path", ["", "/followers", "/following", "/posts"])
def test_who_is_not_there(visitor, alice, name, path):
    response = visitor.get(f"{USERS}/{name}{path}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_who_is_no_more(alices_program, carol):
    User.objects.filter(pk=carol.pk).update(is_active=False)
    for path in ("", "/followers", "/following", "/posts"):
        assert alices_program.get(f"{USERS}/carol{path}").status_code == 404
    assert alices_program.put(f"{USERS}/carol/follow").status_code == 404


def test_following_twice_is_once_and_is_told_once(alices_program, alice, bob):
    for _ in range(2):
        assert alices_program.put(f"{USERS}/bob/follow").status_code == 204
    assert list(alice.follows.all()) == [bob]
    assert [told.kind for told in bob.notifications.all()] == ["followed"]
    assert names(alices_program.get(f"{USERS}/bob/followers")) == ["alice"]
    assert names(alices_program.get(f"{USERS}/alice/following")) == ["bob"]
    for _ in range(2):
        assert alices_program.delete(f"{USERS}/bob/follow").status_code == 204
    assert not alice.follows.exists()


def test_nobody_follows_whom_they_are_apart_from(alices_program, alice, bob):
    bob.block(alice)
    response = alices_program.put(f"{USERS}/bob/follow")
    assert (response.status_code, response.json()["detail"]) == (403, "You can't follow @bob.")


@pytest.mark.parametrize("act", ["follow", "mute", "block"])
def test_nobody_does_it_to_themselves(alices_program, act):
    for ask in (alices_program.put, alices_program.delete):
        response = ask(f"{USERS}/alice/{act}")
        assert response.status_code == 409
        assert "you are @alice" in response.json()["detail"]


@pytest.mark.parametrize(("act", "people"), [("mute", "mutes"), ("block", "blocks")])
def test_muting_and_blocking_twice_is_once(alices_program, alice, bob, act, people):
    for _ in range(2):
        assert alices_program.put(f"{USERS}/bob/{act}").status_code == 204
    assert list(getattr(alice, people).all()) == [bob]
    assert names(alices_program.get(f"/api/v2/me/{act.removesuffix('e')}ed")) == ["bob"]
    for _ in range(2):
        assert alices_program.delete(f"{USERS}/bob/{act}").status_code == 204
    assert not getattr(alice, people).exists()


def test_a_block_ends_what_is_between_two(alices_program, alice, bob):
    alice.follow(bob)
    bob.follow(alice)
    alices_program.put(f"{USERS}/bob/block")
    assert not alice.follows.exists()
    assert not bob.follows.exists()


@pytest.mark.parametrize("act", ["follow", "mute", "block"])
def test_acts_want_a_token_to_write(alice, visitor, bob, act):
    from .conftest import Program

    reader = Program(alice, ["read"])
    for method in ("PUT", "DELETE"):
        assert visitor.ask(method, f"{USERS}/bob/{act}").status_code == 401
        assert reader.ask(method, f"{USERS}/bob/{act}").status_code == 403


def test_a_follower_is_removed(alices_program, alice, bob):
    bob.follow(alice)
    assert alices_program.delete("/api/v2/me/followers/bob").status_code == 204
    assert not alice.followers.exists()
    assert alices_program.delete("/api/v2/me/followers/nobody").status_code == 404


def test_followers_come_in_pages_the_latest_first(visitor, alice, bob, carol):
    for person in (carol, bob):
        person.follow(alice)
    first = visitor.get(f"{USERS}/alice/followers?limit=1")
    assert names(first) == ["bob"]
    second = visitor.get(first.json()["next"])
    assert names(second) == ["carol"]
    assert second.json()["next"] is None
    assert names(visitor.get(second.json()["previous"])) == ["bob"]


def test_oneself(alices_program, alice):
    Post.objects.create(author=alice, body="x")
    person = alices_program.get("/api/v2/me").json()
    assert (person["username"], person["email"]) == ("alice", "alice@example.com")
    assert (person["counts"]["posts"], person["is_admin"]) == (1, False)


def test_one_says_something_else_of_oneself(alices_program, alice):
    response = alices_program.patch("/api/v2/me", {"display_name": "Alice", "about": "a\r\nb"})
    assert (response.status_code, response.json()["about"]) == (200, "a\nb")
    response = alices_program.patch("/api/v2/me", {"about": ""})
    assert (response.json()["display_name"], response.json()["about"]) == ("Alice", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("about", "x" * 281),
        ("about", "a\0"),
        ("about", None),
        ("display_name", "x" * 51),
        ("display_name", "\u200b"),
        ("display_name", 1),
        ("email", "new@example.com"),
        ("is_admin", True),
    ],
)
def test_what_can_not_be_is_told_by_name(alices_program, alice, name, value):
    response = alices_program.patch("/api/v2/me", {name: value})
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [name]
    alice.refresh_from_db()
    assert (alice.about, alice.display_name) == ("", "")


@pytest.mark.parametrize("path", ["", "/muted", "/blocked"])
def test_what_is_mine_is_not_for_visitors(visitor, path):
    assert visitor.get(f"/api/v2/me{path}").status_code == 401


@pytest.mark.parametrize("rows", [10, 20])
def test_queries(alices_program, alice, bob, rows, django_assert_num_queries):
    people = [User(username=f"p{n}", email=f"{n}@example.com") for n in range(rows)]
    for person in User.objects.bulk_create(people):
        person.follow(bob)
        alice.mutes.add(person)
        search.index_people([person])
    alices_program.get("/api/v2/me")
    for path, queries in {
        "users": 2,
        "users?q=p1": 3,
        "users/bob": 2,
        "users/bob/followers": 3,
        "me": 2,
        "me/muted": 2,
    }.items():
        with django_assert_num_queries(queries):
            alices_program.get(f"/api/v2/{path}")
