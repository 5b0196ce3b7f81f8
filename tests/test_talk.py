"""Two people talk, each in a browser of their own."""

import pytest
from playwright.sync_api import expect

from blog.models import Notification

pytestmark = pytest.mark.browser


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
