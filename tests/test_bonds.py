"""What people do about one another, in a browser, with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from blog import people
from blog.models import Post

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(open_as, alice, javascript):
    return open_as(alice, java_script_enabled=javascript)


def press(page, name):
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def press_more(page, name):
    page.locator("summary", has_text="More").click()
    press(page, name)


def names(page):
    return page.locator(".person .post-author")


def test_following_shows_in_both_lists_and_on_the_home_page_and_ends(page, bob):
    Post.objects.create(author=bob, body="from Bob")
    page.goto("/@bob/")
    press(page, "Follow")
    expect(page.get_by_role("button", name="Unfollow")).to_be_visible()
    page.get_by_role("link", name="1 follower").click()
    expect(names(page)).to_have_text(["alice"])
    page.goto("/@alice/")
    page.get_by_role("link", name="follows 1").click()
    expect(names(page)).to_have_text(["bob"])
    page.goto("/")
    expect(page.get_by_text("from Bob")).to_be_visible()

    page.goto("/@alice/following/")
    press(page, "Unfollow")
    expect(page.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    page.goto("/")
    expect(page.get_by_text("from Bob")).to_have_count(0)
    expect(page.get_by_text("It is quiet here.")).to_be_visible()


def test_a_follower_can_be_removed(page, alice, bob):
    bob.follows.add(alice)
    page.goto("/@alice/followers/")
    press(page, "Remove")
    expect(page.get_by_text("Nobody follows you yet.")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Answer somebody").click()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
    assert not bob.follows.exists()


def test_who_is_muted_is_off_the_timelines_until_they_are_not(page, bob):
    Post.objects.create(author=bob, body="from Bob")
    page.goto("/@bob/")
    press_more(page, "Mute")
    expect(page.get_by_text("You have muted this person")).to_be_visible()
    expect(page.get_by_text("from Bob")).to_be_visible()  # here one asked for it
    page.goto("/explore/")
    expect(page.get_by_text("from Bob")).to_have_count(0)
    page.goto("/@bob/")
    press_more(page, "Unmute")
    expect(page.get_by_text("You have muted this person")).to_have_count(0)
    page.goto("/explore/")
    expect(page.get_by_text("from Bob")).to_be_visible()


def test_who_is_blocked_is_out_of_sight_for_both(page, open_as, alice, bob):
    Post.objects.create(author=bob, body="from Bob")
    Post.objects.create(author=alice, body="from Alice")
    bob.follows.add(alice)
    page.goto("/@bob/")
    press_more(page, "Block")
    expect(page.get_by_text("You have blocked this person")).to_be_visible()
    expect(page.get_by_text("from Bob")).to_have_count(0)
    expect(page.get_by_role("button", name="Follow", exact=True)).to_have_count(0)
    bobs = open_as(bob, java_script_enabled=False)
    bobs.goto("/@alice/")
    expect(bobs.get_by_text("You can't see what this person writes.")).to_be_visible()
    expect(bobs.get_by_text("from Alice")).to_have_count(0)
    assert not bob.follows.exists()

    page.goto("/people/hidden/")
    press(page, "Unblock")
    expect(page.get_by_role("button", name="Follow", exact=True)).to_be_visible()
    expect(page.get_by_text("from Bob")).to_be_visible()
    assert not people.with_bonds_to(alice).get(username="bob").is_blocked
