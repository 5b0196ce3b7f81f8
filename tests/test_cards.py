"""The card of a person, for who lingers on their name."""

import pytest
from playwright.sync_api import expect

from blog.models import Message, Notification, Post

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def bob(bob):
    bob.about = "Mends bicycles"
    bob.save()
    return bob


@pytest.fixture
def page(open_as, alice):
    return open_as(alice)


@pytest.fixture
def card(page):
    return page.locator(".hover-card")


def test_it_shows_for_the_mouse_and_stays_while_one_is_on_it(page, card, bob):
    Post.objects.create(author=bob, body="hello")
    page.goto("/explore/")
    page.locator(".post [data-card]").hover()
    expect(card).to_contain_text("Mends bicycles")
    card.get_by_role("button", name="Follow").hover()
    page.wait_for_function("() => document.querySelector('.hover-card button:hover')")
    page.mouse.move(0, 0)
    expect(card).to_be_hidden()
    page.locator(".post [data-card]").hover()
    expect(card).to_be_visible()
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_the_keyboard_gets_into_it_and_out_of_it(page, card, alice, bob):
    post = Post.objects.create(author=bob, body="hello")
    page.goto("/explore/")
    name = page.locator(".post [data-card]")
    page.get_by_role("link", name="Skip to the content").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(name).to_be_focused()
    expect(card).to_contain_text("Mends bicycles")
    for link in ("0 followers", "follows 0"):
        page.keyboard.press("Tab")
        expect(card.get_by_role("link", name=link)).to_be_focused()
    page.keyboard.press("Tab")
    expect(card.get_by_role("button", name="Follow")).to_be_focused()

    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(name).to_be_focused()  # and it does not come back by that
    page.keyboard.press("Tab")
    expect(page.locator(f"a.post-time[href='{post.get_absolute_url()}']")).to_be_focused()

    page.keyboard.press("Shift+Tab")
    expect(card).to_be_visible()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("/@bob/")
    assert alice.follows.get() == bob


def test_who_goes_past_it_by_keyboard_leaves_it_behind(page, card, bob):
    Post.objects.create(author=bob, body="hello")
    page.goto("/explore/")
    page.locator(".post [data-card]").focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(card).to_be_visible()
    for _ in range(4):
        page.keyboard.press("Tab")
    expect(page.locator(".post .post-time")).to_be_focused()
    expect(card).to_be_hidden()


@pytest.fixture
def everywhere(alice, bob):
    alice.follows.add(bob)
    bob.follows.add(alice)
    post = Post(author=alice, body="Ask @BOB, he knows")
    post.publish()
    Notification.objects.tell(alice, kind="followed", actor=bob)
    Message.objects.create(sender=bob, recipient=alice, body="Hello")
    return post


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/@alice/followers/", ".person [data-card]"),
        ("/@alice/following/", ".person [data-card]"),
        ("/search/?q=bob", ".person [data-card]"),
        ("/explore/", ".post-body > a"),
        ("/messages/", ".conversation .post-author"),
        ("/messages/received/", ".message .post-author"),
        ("/messages/@bob/", ".message .post-author"),
        ("/messages/@bob/", "h1 > a"),
        ("/notifications/", ".notification strong"),
    ],
)
def test_it_shows_wherever_a_name_is(page, card, everywhere, address, name):
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 700})
        page.goto(address)
        named = page.locator(name)
        named.hover()
        expect(card).to_contain_text("Mends bicycles")
        expect(card).to_be_in_viewport(ratio=1)
        assert card.bounding_box()["width"] > 250
        assert page.evaluate("document.documentElement.scrollWidth") == width
        below = card.bounding_box()["y"] - named.bounding_box()["y"]
        assert 0 < below < 80  # it is at the name


def test_at_the_lower_edge_it_is_above_the_name(page, card, alice, bob):
    for number in range(12):
        Post.objects.create(author=bob, body=f"hello {number}")
    page.goto("/explore/")
    name = page.locator(".post [data-card]").last
    name.evaluate("(name) => name.scrollIntoView({ block: 'end' })")
    name.hover()
    expect(card).to_be_in_viewport(ratio=1)
    box = card.bounding_box()
    assert abs(box["y"] + box["height"] - name.bounding_box()["y"]) < 3


def test_a_mention_of_nobody_has_none(open_as, alice, bob):
    page = open_as(alice, expected=["404"])
    Post.objects.create(author=bob, body="Ask @nobody")
    page.goto("/explore/")
    with page.expect_response("**/@nobody/card/") as answer:
        page.get_by_role("link", name="@nobody").hover()
    assert answer.value.status == 404
    expect(page.locator(".hover-card")).to_have_count(0)


def test_without_javascript_a_name_is_a_link(open_as, alice, everywhere):
    page = open_as(alice, java_script_enabled=False)
    page.goto("/explore/")
    page.get_by_role("link", name="@BOB").click()
    expect(page.get_by_role("heading", name="bob")).to_be_visible()
