"""Posts that an admin has hidden."""

import json

import pytest

from accounts.models import User
from blog import jobs, people
from blog.models import Notification, Post
from conftest import make_person
from exports import reading

WHY = "It shows an <address>."


@pytest.fixture
def post(alice, bob):
    """Of Bob, whom Alice follows; it mentions her, has a tag, and is an answer."""
    alice.follow(bob)
    first = Post(author=alice, body="First")
    first.publish()
    post = Post(author=bob, body="Sour @alice #lemons", reply_to=first)
    post.publish()
    return post


@pytest.fixture
def hidden(post):
    assert post.hide(WHY)
    return post


@pytest.fixture
def carol(db):
    return make_person("carol")


def addresses(post):
    """Where it is met."""
    return [
        "/",
        "/explore/",
        "/mentions/",
        "/tags/lemons/",
        "/@bob/",
        "/search/?q=sour",
        f"/posts/{post.reply_to_id}/",
        f"/posts/{post.pk}/",
        f"/posts/{post.pk}/history/",
        "/@bob/feed.atom",
        "/@bob/feed.json",
        "/notifications/",
        "/sitemap-posts.xml",
        "/api/v1/posts",
        f"/api/v1/posts/{post.pk}",
        "/api/v2/timelines/explore",
        "/api/v2/timelines/tags/lemons",
        "/api/v2/users/bob/posts",
        "/api/v2/search?q=sour",
        f"/api/v2/posts/{post.pk}",
        f"/api/v2/posts/{post.pk}/history",
        f"/api/v2/posts/{post.reply_to_id}/replies",
    ]


def shown(client, post):
    """The addresses that have it."""
    found = {address: client.get(address) for address in addresses(post)}
    place = f"/posts/{post.pk}/"
    return {
        address
        for address, answer in found.items()
        if answer.status_code == 200
        and ("Sour" in answer.text or place in answer.text or address.startswith("/api/v2/posts/"))
    }


def test_while_it_is_hidden_nobody_else_meets_it(alices, post):
    everywhere = shown(alices, post)
    # Nothing of these is about the post itself, and a history has words only when there is one.
    assert {*addresses(post)} - everywhere == set()
    post.hide(WHY)
    still_there = {f"/api/v2/posts/{post.reply_to_id}/replies"}
    assert shown(alices, post) == still_there
    assert alices.get(*still_there).json()["results"] == []
    assert post.show()
    assert shown(alices, post) == everywhere


@pytest.mark.parametrize("name", ["", "report/", "history/", "translation/"])
def test_its_pages_are_not_there_for_others(client, alices, hidden, name):
    assert alices.get(f"/posts/{hidden.pk}/{name}").status_code == 404


def test_nobody_answers_it(alices, alices_program, hidden):
    assert alices.post(f"/posts/{hidden.pk}/", {"body": "Yes"}).status_code == 404
    answer = alices_program.post("/api/v2/posts", {"body": "Yes", "reply_to": hidden.pk})
    assert answer.status_code == 400


def test_its_author_sees_it_and_why(client, hidden, bob):
    client.force_login(bob)
    for address in ("/", "/explore/", "/@bob/", f"/posts/{hidden.pk}/", "/search/?q=sour"):
        page = client.get(address)
        assert "Hidden by an admin." in page.text, address
        assert "It shows an &lt;address&gt;." in page.text, address


def test_programs_of_its_author_see_it_and_why(bobs_program, alices_program, hidden):
    said = bobs_program.get(f"/api/v2/posts/{hidden.pk}").json()
    assert said["hidden_why"] == WHY
    assert said["hidden_at"] == hidden.hidden_at.isoformat().replace("+00:00", "Z")
    hidden.show()
    said = alices_program.get(f"/api/v2/posts/{hidden.pk}").json()
    assert (said["hidden_at"], said["hidden_why"]) == (None, "")


def test_admins_see_it(client, admins_program, hidden):
    client.force_login(User.objects.get(username="root"))
    assert "Hidden by an admin." in client.get(f"/posts/{hidden.pk}/").text
    assert admins_program.get(f"/api/v2/posts/{hidden.pk}").status_code == 200


def test_of_a_block_an_admin_is_part_too(admins_program, hidden, bob):
    bob.block(User.objects.get(username="root"))
    assert admins_program.get(f"/api/v2/posts/{hidden.pk}").status_code == 404


def test_its_author_may_edit_and_delete_it_and_it_stays_hidden(client, alices_program, hidden, bob):
    client.force_login(bob)
    form = {"body": "Sweet @carol", "edited_at": ""}
    assert client.post(f"/posts/{hidden.pk}/edit/", form).status_code == 302
    hidden.refresh_from_db()
    assert (hidden.body, bool(hidden.hidden_at)) == ("Sweet @carol", True)
    assert alices_program.get(f"/api/v2/posts/{hidden.pk}").status_code == 404
    assert client.post(f"/posts/{hidden.pk}/delete/").status_code == 302


def test_who_is_mentioned_in_it_is_not_told(hidden, carol):
    hidden.revise("", "@carol")
    assert not Notification.objects.shown_to(carol).exists()
    hidden.show()
    assert Notification.objects.shown_to(carol).count() == 1


def test_its_author_is_told_each_time(post, bob, client):
    mine = Notification.objects.shown_to(bob).filter(kind="post_hidden")
    for _ in range(2):
        assert post.hide(WHY)
        assert mine.get().target_url == f"/posts/{post.pk}/"
        assert post.show()
        assert not mine.exists()
    post.hide(WHY)
    client.force_login(bob)
    assert "An admin has hidden a post of yours" in client.get("/notifications/").text


def test_it_is_not_counted(hidden, carol, bob):
    assert people.named(carol, "bob").get().posts_count == 0
    hidden.show()
    assert people.named(carol, "bob").get().posts_count == 1


def test_no_mail_goes_out_about_it(hidden, alice, make_run):
    User.objects.filter(pk=alice.pk).update(mail_new_posts=True)
    args = {"post": hidden.pk, "follower": alice.pk}
    assert jobs._post_of(make_run(args)) is None
    hidden.show()
    assert jobs._post_of(make_run(args)) == hidden


@pytest.fixture
def make_run():
    """What stands for a task that has these args."""

    class Named:
        def __init__(self, args):
            self.args = args

    return Named


def test_it_stays_in_the_exports_of_its_author(hidden, bob):
    (chunk,) = reading.posts(bob.posts.all())
    assert [item["body"] for item in chunk] == [hidden.body]


def test_twice_is_once(post):
    assert not post.show()
    assert post.hide(WHY)
    assert not post.hide("Another reason")
    post.refresh_from_db()
    assert post.hidden_why == WHY
    assert post.show()
    assert not post.show()
    post.refresh_from_db()
    assert (post.hidden_at, post.hidden_why) == (None, "")


def test_what_is_gone_can_not_be_hidden(post):
    post.remove()
    assert not post.hide(WHY)


def test_what_was_deleted_comes_back_as_hidden_as_it_was(hidden):
    hidden.remove()
    hidden.restore()
    hidden.refresh_from_db()
    assert hidden.hidden_why == WHY


def test_a_thread_goes_on_without_it(alices, hidden, bob):
    answer = Post(author=bob, body="Answer", reply_to=hidden)
    answer.publish()
    page = alices.get(f"/posts/{answer.pk}/")
    assert "What this answers is gone, or not for you to see." in page.text
    assert "Sour" not in page.text


def test_the_first_version_of_the_api_says_what_it_always_said(bobs_program, hidden):
    said = json.loads(bobs_program.get(f"/api/v1/posts/{hidden.pk}").text)
    assert "hidden_at" not in said
