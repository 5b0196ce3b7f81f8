from datetime import timedelta

import pytest
from django.utils import timezone

from blog import timelines
from blog.models import Post
from blog.timelines import PAGE_SIZE
from conftest import make_person


def write(author, count=1, body="post"):
    """So many posts, oldest first, a minute between them."""
    start = timezone.now() - timedelta(minutes=count)
    posts = [
        Post(author=author, body=f"{body} {n}", timestamp=start + timedelta(minutes=n))
        for n in range(count)
    ]
    Post.objects.add(posts)
    return posts


def bodies(response):
    return [post.body for post in response.context["page"].posts]


class TestPages:
    def test_going_down_and_up_again_shows_each_post_once_while_people_post(self, alice):
        posts = write(alice, 3 * PAGE_SIZE)
        everything = Post.objects.all()
        first = timelines.page(everything)
        Post.objects.create(author=alice, body="meanwhile")
        second = timelines.page(everything, before=first.older)
        third = timelines.page(everything, before=second.older)
        down = first.posts + second.posts + third.posts
        assert down == posts[::-1]
        assert (first.newer, third.older) == ("", "")
        up = timelines.page(everything, after=third.newer)
        assert up.posts == second.posts
        top = timelines.page(everything, after=up.newer)
        assert top.posts == first.posts
        newest = timelines.page(everything, after=top.newer)
        assert [post.body for post in newest.posts] == ["meanwhile"]
        assert newest.newer == ""
        assert timelines.page(everything, before=newest.older).posts == first.posts

    def test_posts_of_the_same_moment_are_neither_repeated_nor_skipped(self, alice):
        now = timezone.now()
        Post.objects.add([Post(author=alice, body=str(n), timestamp=now) for n in range(60)])
        seen, cursor = [], ""
        while True:
            page = timelines.page(Post.objects.all(), before=cursor)
            seen += [post.pk for post in page.posts]
            if not (cursor := page.older):
                break
        assert seen == sorted(seen, reverse=True)
        assert len(seen) == 60

    def test_past_the_end_is_the_last_page(self, alice):
        posts = write(alice, PAGE_SIZE + 5)
        page = timelines.page(Post.objects.all(), before="2000-01-01T00:00:00+00:00_1")
        assert page.posts == posts[:PAGE_SIZE][::-1]
        assert page.newer
        assert not page.older

    def test_past_the_beginning_is_the_first_page(self, alice):
        posts = write(alice, 3)
        page = timelines.page(Post.objects.all(), after="2999-01-01T00:00:00+00:00_1")
        assert page.posts == posts[::-1]

    def test_the_last_page_of_nothing_is_empty(self, db):
        page = timelines.page(Post.objects.all(), before="2000-01-01T00:00:00+00:00_1")
        assert (page.posts, page.newer, page.older) == ([], "", "")


class TestHome:
    def test_it_has_ones_own_and_those_of_whom_one_follows(self, alices, alice, bob):
        carol = make_person("carol")
        for person in (alice, bob, carol):
            write(person, body=person.username)
        alice.follows.add(bob)
        assert sorted(bodies(alices.get("/"))) == ["alice 0", "bob 0"]

    def test_it_is_the_same_for_who_follows_very_many(self, alices, alice, bob, monkeypatch):
        write(bob)
        write(make_person("carol"))
        alice.follows.add(bob)
        monkeypatch.setattr(timelines, "FOLLOWS_LISTED", 0)
        assert bodies(alices.get("/")) == ["post 0"]

    def test_an_empty_one_says_what_to_do_and_whom_to_follow(
        self, alices, alice, bob, django_assert_max_num_queries
    ):
        carol = make_person("carol")
        for person in (bob, carol):
            write(person)
        alice.mutes.add(carol)
        with django_assert_max_num_queries(8):
            page = alices.get("/").content.decode()
        assert 'href="/explore/"' in page
        assert "/@bob/follow/" in page
        assert "/@carol/" not in page


class TestWhoSeesWhat:
    @pytest.fixture
    def addresses(self, alice, bob):
        """Where Alice meets what Bob wrote."""
        write(bob, body="@alice #tag")
        alice.follows.add(bob)
        return {"/", "/explore/", "/mentions/", "/tags/tag/", "/@bob/"}

    def shown(self, alices, addresses):
        return {address for address in addresses if b"post-body" in alices.get(address).content}

    def test_usually_all(self, alices, addresses):
        assert self.shown(alices, addresses) == addresses

    def test_muted_people_only_on_their_own_page(self, alices, alice, bob, addresses):
        alice.mutes.add(bob)
        assert self.shown(alices, addresses) == {"/@bob/"}

    @pytest.mark.parametrize("by", ["alice", "bob"])
    def test_blocked_people_nowhere(self, by, alices, alice, bob, addresses):
        (alice if by == "alice" else bob).block(bob if by == "alice" else alice)
        assert self.shown(alices, addresses) == set()

    def test_inactive_people_nowhere(self, alices, bob, addresses):
        bob.is_active = False
        bob.save()
        assert self.shown(alices, addresses - {"/@bob/"}) == set()
        assert alices.get("/@bob/").status_code == 404

    def test_visitors_see_explore_tags_and_profiles(self, client, addresses):
        assert self.shown(client, {"/explore/", "/tags/tag/", "/@bob/"}) == {
            "/explore/",
            "/tags/tag/",
            "/@bob/",
        }
        assert client.get("/mentions/")["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("tag", ["TAG", "%C3%89t%C3%A9", "%E4%BB%8A%E5%A4%A9"])
def test_tags_are_found_in_any_case(tag, client, alice):
    write(alice, body="#tag #été #今天 ")
    assert len(bodies(client.get(f"/tags/{tag}/"))) == 1
    assert bodies(client.get("/tags/nothing/")) == []


@pytest.mark.parametrize("rows", [3, PAGE_SIZE])
@pytest.mark.parametrize("address", ["/", "/explore/", "/mentions/", "/tags/tag/", "/@bob/"])
def test_queries(address, rows, alices, alice, bob, django_assert_max_num_queries):
    alice.follows.add(bob)
    for n in range(rows):
        person = make_person(f"p{n}")
        alice.follows.add(person)
        write(person, body="@alice #tag")
    with django_assert_max_num_queries(6):
        page = alices.get(address)
    assert address == "/@bob/" or len(bodies(page)) == rows


class TestNewer:
    def test_it_counts_what_has_come_since(self, alices, alice):
        write(alice)
        newest = alices.get("/").context["page"].newest
        assert alices.get("/", {"newer": newest}).json()["newer"] == 0
        Post.objects.create(author=alice, body="more")
        assert alices.get("/", {"newer": newest}).json()["newer"] == 1

    @pytest.mark.parametrize(
        ("language", "words"),
        [
            ("en", ["1 new post", "2 new posts", f"{PAGE_SIZE}+ new posts"]),
            (
                "es",
                [
                    "1 publicación nueva",
                    "2 publicaciones nuevas",
                    f"{PAGE_SIZE}+ publicaciones nuevas",
                ],
            ),
            ("zh-hant", ["1 則新貼文", "2 則新貼文", f"{PAGE_SIZE}+ 則新貼文"]),
        ],
    )
    def test_it_is_said_in_the_reader_s_language(self, alices, alice, language, words):
        alice.language = language
        alice.save()
        write(alice)
        newest = alices.get("/").context["page"].newest
        said = []
        for more in (1, 1, 30):
            for _ in range(more):
                Post.objects.create(author=alice, body="more")
            said.append(alices.get("/", {"newer": newest}).json()["words"])
        assert said == words

    @pytest.mark.parametrize("cursor", ["", "x", "2026-01-01_1", "\0"])
    def test_an_odd_place_has_nothing_newer(self, cursor, alices, alice):
        write(alice)
        assert alices.get("/", {"newer": cursor}).json()["newer"] == 0

    def test_it_takes_few_queries(self, alices, alice, django_assert_max_num_queries):
        write(alice, 3)
        with django_assert_max_num_queries(4):
            alices.get("/", {"newer": "2000-01-01T00:00:00+00:00_1"})
