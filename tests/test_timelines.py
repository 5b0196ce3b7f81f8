"""Pages of many posts, in a browser, with JavaScript and without."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from blog.models import Message, Post
from blog.timelines import PAGE_SIZE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(open_as, alice, javascript):
    return open_as(alice, java_script_enabled=javascript)


def write(author, count, body="post"):
    """So many posts, the first one oldest, a minute between them."""
    start = timezone.now() - timedelta(minutes=count)
    Post.objects.add(
        [
            Post(author=author, body=f"{body} {n}", timestamp=start + timedelta(minutes=n))
            for n in range(count)
        ]
    )


def say(author, body):
    Post(author=author, body=body).publish()


def bodies(page):
    return page.locator(".post-body").all_inner_texts()


def go(page, name):
    before = bodies(page)
    page.get_by_role("link", name=name).click()
    expect(page.locator(".post-body").first).not_to_have_text(before[0])


@pytest.mark.parametrize(
    ("address", "javascript"),
    [("/", True), ("/explore/", False), ("/@alice/", False), ("/tags/tea/", False)],
    indirect=["javascript"],
)
def test_three_pages_and_back_while_somebody_posts(page, alice, address):
    count = 3 * PAGE_SIZE
    write(alice, count, "#tea")
    expected = [f"#tea {n}" for n in reversed(range(count))]
    page.goto(address)
    seen = bodies(page)
    for _ in range(2):
        say(alice, "#tea, while it is read")
        go(page, "Older posts")
        seen += bodies(page)
    assert seen == expected
    expect(page.get_by_role("link", name="Older posts")).to_have_count(0)

    say(alice, "#tea, once more")
    go(page, "Newer posts")
    assert bodies(page) == expected[PAGE_SIZE : 2 * PAGE_SIZE]
    go(page, "Newer posts")
    assert bodies(page) == expected[:PAGE_SIZE]
    go(page, "Newer posts")
    assert bodies(page)[:3] == ["#tea, once more", *["#tea, while it is read"] * 2]
    expect(page.get_by_role("link", name="Newer posts")).to_have_count(0)


def test_who_is_mentioned_finds_it(page, alice, bob):
    say(bob, "Ask @Alice about it")
    say(bob, "or alice@example.org")
    page.goto("/notifications/")
    page.get_by_role("link", name="Posts that mention you").click()
    expect(page.locator(".post-body")).to_have_text(["Ask @Alice about it"])
    page.get_by_role("link", name="@Alice").click()
    expect(page.get_by_role("heading", name="alice")).to_be_visible()


def test_a_tag_leads_to_what_has_it(page, bob):
    say(bob, "#Café at the harbour")
    say(bob, "first one #café")
    say(bob, "without")
    page.goto("/explore/")
    page.get_by_role("link", name="#Café", exact=True).click()
    expect(page.get_by_role("heading", name="#café")).to_be_visible()
    expect(page.locator(".post-body")).to_have_text(["first one #café", "#Café at the harbour"])


EMPTY = [
    ("/", "It is quiet here.", "Look around", "Explore"),
    ("/explore/", "Be the first!", "Write a post", "Home"),
    ("/tags/lemons/", "Write one, and it is here.", "Write a post", "Home"),
    ("/mentions/", "Nobody has mentioned you yet.", "Answer somebody", "Explore"),
    ("/@alice/", "Say hello!", "Write a post", "Home"),
    ("/@bob/", "bob has not written anything yet.", "Look around", "Explore"),
    ("/@alice/followers/", "Nobody follows you yet.", "Answer somebody", "Explore"),
    ("/@alice/following/", "You follow nobody yet.", "Look around", "Explore"),
    ("/@bob/followers/", "Nobody follows bob yet.", "To the profile", "bob"),
    ("/@bob/following/", "bob follows nobody yet.", "Explore", "Explore"),
    ("/messages/", "No messages yet.", "Find people", "Search"),
    ("/messages/received/", "Nobody has written to you yet.", "Find people", "Search"),
    ("/messages/sent/", "You have not written to anybody yet.", "Find people", "Search"),
    ("/notifications/", "Nothing yet.", "Look around", "Explore"),
    ("/search/?q=nothing", "Nothing has all of these words.", "Look around", "Explore"),
]


def test_empty_pages_say_what_to_do_next_and_lead_there(page, bob):
    for address, words, action, heading in EMPTY:
        page.goto(address)
        expect(page.get_by_text(words)).to_be_visible()
        page.locator(".empty").get_by_role("link", name=action).click()
        expect(page.get_by_role("heading", level=1, name=heading)).to_be_attached()
    page.goto("/people/hidden/")
    for words in ("You have muted nobody.", "You have blocked nobody."):
        expect(page.get_by_text(words)).to_contain_text("The menu of a profile has a button")
    assert not Post.objects.exists()
    assert not Message.objects.exists()


def test_visitors_are_asked_in_where_there_is_nothing_to_read(browser, live_server, db):
    page = browser.new_page(base_url=live_server.url)
    page.goto("/explore/")
    page.locator(".empty").get_by_role("link", name="Make an account").click()
    expect(page.get_by_role("heading", name="Make an account")).to_be_visible()
    page.close()
