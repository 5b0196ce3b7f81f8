import pytest

from blog import people
from blog.keyset import PAGE_SIZE
from blog.templatetags import posts
from conftest import make_person


def names(response):
    return [person.username for person in response.context["people"]]


def test_the_profile_says_who_somebody_is(alices, alice, bob):
    bob.display_name, bob.about = "Bob B.", "See #lemons <b>"
    bob.save()
    alice.follows.add(bob)
    page = alices.get("/@bob/").content.decode()
    assert "Bob B." in page
    assert '<a href="/tags/lemons/">#lemons</a> &lt;b&gt;' in page
    assert "<strong>1</strong> follower<" in page
    assert "/messages/@bob/" in page


def test_of_very_much_it_is_said_that_there_is_more(client, alice, bob, monkeypatch):
    for person in (bob, make_person("carol")):
        person.follows.add(alice)
    assert "<strong>2</strong> followers<" in client.get("/@alice/").content.decode()
    monkeypatch.setattr(people, "COUNTED", 1)
    monkeypatch.setattr(posts, "COUNTED", 1)
    for address in ("/@alice/", "/@alice/card/"):
        page = client.get(address).content.decode()
        assert "<strong>1+</strong> followers<" in page
        assert "<strong>0</strong> posts<" in page
    monkeypatch.undo()
    assert posts.counted(10_001) == "10,000+"
    assert posts.counted(10_000) == 10_000


def test_who_is_blocked_can_not_follow_and_is_told(alices, alice, bob):
    bob.block(alice)
    page = alices.post("/@bob/follow/", follow=True).content.decode()
    assert "You can&#x27;t follow @bob." in page
    assert "You can't see what this person writes" in page
    assert not alice.follows.exists()


def test_blocking_ends_the_follows_of_both_and_can_be_undone(alices, alice, bob):
    alice.follows.add(bob)
    bob.follows.add(alice)
    page = alices.post("/@bob/block/", follow=True).content.decode()
    assert "You have blocked this person" in page
    assert not alice.follows.exists()
    assert not bob.follows.exists()
    assert b"bob" in alices.get("/people/hidden/").content
    alices.post("/@bob/unblock/")
    assert not alice.blocks.exists()


def test_muting_and_unmuting(alices, alice, bob):
    assert b"You have muted" in alices.post("/@bob/mute/", follow=True).content
    assert b"bob" in alices.get("/people/hidden/").content
    alices.post("/@bob/unmute/")
    assert not alice.mutes.exists()


@pytest.fixture
def apart(alice):
    """(Whom Alice has blocked, who has blocked her), who follow and are followed by Carol."""
    carol = make_person("carol")
    people = [make_person("blocked"), make_person("blocker")]
    for person in people:
        person.about = "Keeps parrots"
        person.save()
        person.follows.add(carol)
        carol.follows.add(person)
    alice.block(people[0])
    people[1].block(alice)
    return people


@pytest.mark.parametrize(
    "address", ["/@carol/followers/", "/@carol/following/", "/search/?q=parrots"]
)
def test_who_is_apart_is_not_met(address, alices, client, apart):
    assert names(alices.get(address)) == []
    client.logout()
    assert len(names(client.get(address))) == 2


@pytest.mark.parametrize("address", ["/@{}/", "/@{}/card/"])
def test_of_who_is_apart_one_does_not_see_what_they_write_of_themselves(
    address, alices, client, apart
):
    for person in apart:
        page = alices.get(address.format(person.username)).content.decode()
        assert person.username in page
        assert "parrots" not in page
    client.logout()
    assert "parrots" in client.get(address.format("blocked")).content.decode()


class TestHidden:
    def shown(self, response, name):
        return [row.to_user.username for row in response.context[name]]

    def test_each_list_has_pages_of_its_own(self, alices, alice):
        people = [make_person(f"p{n}") for n in range(PAGE_SIZE + 1)]
        for person in people:
            alice.blocks.add(person)
            alice.mutes.add(make_person(f"m_{person.username}"))
        first = alices.get("/people/hidden/")
        assert self.shown(first, "blocked") == [person.username for person in people[:0:-1]]
        assert f"?muted={first.context['muted_older']}" in first.content.decode()
        second = alices.get(f"/people/hidden/?blocked={first.context['blocked_older']}")
        assert self.shown(second, "blocked") == ["p0"]
        assert len(self.shown(second, "muted")) == PAGE_SIZE

    def test_who_is_muted_and_blocked_is_named_once_and_who_is_gone_not_at_all(
        self, alices, alice, bob
    ):
        gone = make_person("gone")
        for person in (bob, gone):
            alice.mutes.add(person)
            alice.blocks.add(person)
        type(gone).objects.filter(pk=gone.pk).update(is_active=False)
        page = alices.get("/people/hidden/")
        assert (self.shown(page, "muted"), self.shown(page, "blocked")) == ([], ["bob"])

    @pytest.mark.parametrize("rows", [10, 20])
    def test_queries(self, rows, alices, alice, django_assert_num_queries):
        for n in range(rows):
            alice.mutes.add(make_person(f"m{n}"))
            alice.blocks.add(make_person(f"b{n}"))
        with django_assert_num_queries(5):
            alices.get("/people/hidden/")


BONDS = {  # the verb: (what there is before, what there is when it was done, twice)
    "block": (set(), {"blocks"}),
    "unblock": ({"blocks"}, set()),
    "mute": (set(), {"mutes"}),
    "unmute": ({"mutes"}, set()),
    "unfollow": ({"follows"}, set()),
    "remove": ({"followers"}, set()),
}


@pytest.mark.parametrize("verb", BONDS)
def test_nothing_happens_to_oneself_and_twice_is_once(verb, alices, alice, bob):
    before, after = BONDS[verb]
    for name in before:
        getattr(alice, name).add(bob)
    for address in (f"/@alice/{verb}/", f"/@bob/{verb}/", f"/@bob/{verb}/"):
        assert alices.post(address).status_code == 302
    bonds = {
        name: set(getattr(alice, name).all())
        for name in ("blocks", "mutes", "follows", "followers")
    }
    assert {name for name, people in bonds.items() if people == {bob}} == after
    assert not any(alice in people for people in bonds.values())


@pytest.mark.parametrize("verb", ["block", "mute", "unblock", "unmute", "remove"])
def test_they_are_posts_of_people_who_are_there(verb, alices, client, bob):
    assert alices.get(f"/@bob/{verb}/").status_code == (405 if verb == "remove" else 302)
    assert not bob.blocked_by.exists() and not bob.muted_by.exists()
    assert alices.post(f"/@nobody/{verb}/").status_code == 404
    client.logout()
    assert client.post(f"/@bob/{verb}/")["Location"].startswith("/accounts/login/")


class TestLists:
    def test_the_latest_come_first_in_pages(self, client, alice):
        people = [make_person(f"p{n}") for n in range(PAGE_SIZE + 1)]
        for person in people:
            person.follows.add(alice)
        first = client.get("/@alice/followers/")
        assert names(first) == [person.username for person in people[:0:-1]]
        assert names(client.get(f"/@alice/followers/?before={first.context['older']}")) == ["p0"]
        assert names(client.get("/@p0/following/")) == ["alice"]

    def test_one_can_remove_a_follower(self, alices, alice, bob):
        bob.follows.add(alice)
        assert b"/@bob/remove/" in alices.get("/@alice/followers/").content
        assert b"/remove/" not in alices.get("/@bob/following/").content
        alices.post("/@bob/remove/")
        assert not alice.followers.exists()

    @pytest.mark.parametrize("rows", [2, 20])
    @pytest.mark.parametrize("address", ["/@alice/followers/", "/@alice/following/"])
    def test_queries(self, address, rows, alices, alice, django_assert_max_num_queries):
        for n in range(rows):
            person = make_person(f"p{n}")
            person.follows.add(alice)
            alice.follows.add(person)
        with django_assert_max_num_queries(7):
            assert len(names(alices.get(address))) == rows


class TestCard:
    def test_it_is_a_fragment_with_the_person(self, alices, bob, django_assert_max_num_queries):
        with django_assert_max_num_queries(3):
            card = alices.get("/@BOB/card/").content.decode()
        assert "bob" in card
        assert "/@bob/follow/" in card
        assert "<html" not in card

    def test_nobody_has_none(self, client, bob):
        bob.is_active = False
        bob.save()
        assert client.get("/@bob/card/").status_code == 404
