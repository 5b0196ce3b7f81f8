"""Two people talk, each in a browser of their own."""

import pytest
from playwright.sync_api import expect

from blog.models import Message, Notification, Post
from blog.views.messages import ON_A_PAGE

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def write(page, to, body):
    page.goto(f"/messages/@{to}/")
    page.get_by_label("Text").fill(body)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".message").last).to_contain_text(body)


def test_a_message_shows_on_an_open_page_and_in_an_open_conversation(open_as, alice, bob):
    alices, bobs = open_as(alice), open_as(bob)
    alices.clock.install()
    alices.goto("/")
    badge = alices.locator("#badge-messages")
    expect(badge).to_be_hidden()
    write(bobs, "alice", "Are you there?")
    alices.clock.run_for(61_000)  # as long as a page waits that has no task to look after
    expect(badge).to_contain_text("1")

    alices.goto("/messages/")
    alices.get_by_role("link", name="bob").click()
    expect(alices.get_by_text("Are you there?")).to_be_visible()
    alices.get_by_label("Text").fill("half a thought")
    write(bobs, "alice", "Hello?")
    alices.clock.run_for(61_000)
    expect(alices.get_by_text("Hello?")).to_be_visible()
    expect(alices.get_by_label("Text")).to_have_value("half a thought")


def test_without_javascript_it_takes_a_reload(open_as, alice, bob):
    alices = open_as(alice, java_script_enabled=False)
    bobs = open_as(bob, java_script_enabled=False)
    alices.goto("/")
    write(bobs, "alice", "Are you there?")
    alices.reload()
    expect(alices.locator("#badge-messages")).to_contain_text("1")
    alices.goto("/messages/")
    alices.get_by_role("link", name="bob").click()
    write(alices, "bob", "I am.")
    expect(alices.locator("#badge-messages")).to_be_hidden()


@pytest.mark.parametrize("javascript", [True, False])
def test_notifications_are_read_one_by_one_or_all_at_once(javascript, open_as, alice, bob):
    for kind in ("followed", "export_ready"):
        Notification.objects.tell(alice, kind=kind, actor=bob, url="/@bob/")
    page = open_as(alice, java_script_enabled=javascript)
    page.goto("/notifications/")
    expect(page.locator("#badge-notifications")).to_contain_text("2")
    page.get_by_role("link", name="bob follows you").click()
    expect(page).to_have_url(f"{page.url.partition('/@')[0]}/@bob/")
    expect(page.locator("#badge-notifications")).to_contain_text("1")
    page.goto("/notifications/")
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator("#badge-notifications")).to_be_hidden()
    expect(page.locator(".notification-unread")).to_have_count(0)


@pytest.fixture
def page(open_as, alice, javascript):
    return open_as(alice, java_script_enabled=javascript)


def said(page):
    return page.locator(".message .post-body")


def test_what_is_sent_is_among_the_sent_and_what_is_received_among_the_received(page, alice, bob):
    write(page, "bob", "Are you there?")
    Message.objects.create(sender=bob, recipient=alice, body="I am.")
    page.goto("/messages/")
    page.get_by_role("link", name="Sent").click()
    expect(said(page)).to_have_text(["Are you there?"])
    expect(page.locator(".message")).to_contain_text("To: bob")
    expect(page.locator("#badge-messages")).to_contain_text("1")
    page.get_by_role("link", name="Received").click()
    expect(said(page)).to_have_text(["I am."])
    page.get_by_role("link", name="Conversations").click()
    expect(page.locator("#badge-messages")).to_be_hidden()  # it was read by that


def test_older_messages_are_a_page_away(page, alice, bob):
    bodies = [f"message {number}" for number in range(ON_A_PAGE + 5)]
    Message.objects.bulk_create(Message(sender=bob, recipient=alice, body=body) for body in bodies)
    page.goto("/messages/@bob/")
    expect(said(page)).to_have_text(bodies[5:])
    page.get_by_role("link", name="Older").click()
    expect(said(page)).to_have_text(bodies[:5])
    expect(page.get_by_role("link", name="Older")).to_have_count(0)


def test_a_block_stops_messages_and_keeps_what_was_typed(page, open_as, alice, bob):
    page.goto("/messages/@bob/")
    page.get_by_label("Text").fill("Half a thought")
    bob.block(alice)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("You and @bob can't write to each other.")).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value("Half a thought")
    page.goto("/@bob/")
    expect(page.get_by_role("link", name="Message", exact=True)).to_have_count(0)
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("body", "words"), [("Ask @alice", "bob mentions you"), ("Yes!", "bob answers you")]
)
def test_who_is_spoken_to_is_told_and_led_there(page, open_as, alice, bob, body, words):
    question = Post.objects.create(author=alice, body="Who knows?")
    bobs = open_as(bob, java_script_enabled=False)
    if "answers" in words:
        bobs.goto(question.get_absolute_url())
        bobs.get_by_label("Text").fill(body)
        bobs.get_by_role("button", name="Answer").click()
    else:
        bobs.goto("/")
        bobs.get_by_label("Text").fill(body)
        bobs.get_by_role("main").get_by_role("button", name="Post").click()
    expect(bobs.get_by_text("is out.")).to_be_visible()

    page.goto("/")
    expect(page.locator("#badge-notifications")).to_contain_text("1")
    page.goto("/notifications/")
    page.get_by_role("link", name=words).click()
    spoken = Post.objects.get(author=bob)
    expect(page).to_have_url(f"{page.url.partition('/posts/')[0]}{spoken.get_absolute_url()}")
    expect(page.get_by_role("article").filter(has_text=body)).to_be_visible()
    expect(page.locator("#badge-notifications")).to_be_hidden()
