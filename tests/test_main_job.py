"""What the project is for, on real parts: a person exports their posts in a browser."""

import json
import re

import pytest
from playwright.sync_api import expect

from conftest import PASSWORD
from exports.models import Export
from tasks.models import Task

pytestmark = pytest.mark.browser


@pytest.fixture
def sign_in(page, live_server, alice):
    def sign_in():
        page.goto(f"{live_server.url}/accounts/login/")
        page.get_by_label("User name").fill("alice")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        expect(page.locator("summary", has_text="Menu of alice")).to_be_visible()

    return sign_in


def attached(mail):
    (attachment,) = mail.iter_attachments()
    assert attachment.get_filename() == "posts.json"
    return json.loads(attachment.get_content())["posts"]


def percentages(page, until):
    """The different percentages that the alert shows, one after the other, until `until()`."""
    seen = []
    while not until():
        # Not the inner text, which has the white space of the source while htmx is swapping it.
        for shown in page.locator(".task-percent").all_text_contents():
            percent = int(shown.strip().removesuffix("%"))
            if percent not in seen[-1:]:
                seen.append(percent)
        page.wait_for_timeout(100)
    return seen


def test_a_person_exports_their_posts(page, live_server, sign_in, posts, start_qcluster, smtp):
    problems = []
    page.on("pageerror", lambda error: problems.append(error))
    page.on("console", lambda message: message.type == "error" and problems.append(message.text))
    with start_qcluster(EXPORT_POSTS_PER_SECOND=5):
        sign_in()
        page.goto(f"{live_server.url}/@alice/")
        page.get_by_role("button", name="Export my posts").click()
        expect(page.get_by_text("Export of your posts", exact=True)).to_be_visible()

        # It moves on whatever page they are on, and the button is disabled meanwhile.
        page.goto(f"{live_server.url}/@alice/")
        expect(page.get_by_role("button", name="Export is running")).to_be_disabled()
        page.get_by_role("link", name="Home").click()
        done = page.get_by_text("Done.")
        moved = percentages(page, until=done.is_visible)
        assert len(set(moved)) >= 2
        assert moved == sorted(moved)
        assert all(percent < 100 for percent in moved)

        mail = smtp.mails.get(timeout=10)
        assert [post["body"] for post in attached(mail)] == [post.body for post in posts]
        export = Export.objects.get()
        assert export.sha256 in mail.get_body(("plain",)).get_content()
        assert mail["Message-ID"] == f"<export-{export.pk}@127.0.0.1>"

        page.get_by_role("link", name="Open").click()
        expect(page.get_by_text(export.sha256)).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("link", name="Download posts.json").click()
        with open(download.value.path()) as file:
            assert json.load(file)["posts"] == attached(mail)
    assert smtp.mails.empty()
    assert not problems


@pytest.mark.slow
def test_the_profile_frees_its_button_when_the_export_ends(
    page, live_server, sign_in, posts, start_qcluster
):
    with start_qcluster(EXPORT_POSTS_PER_SECOND=15):
        sign_in()
        page.goto(f"{live_server.url}/exports/")
        page.get_by_role("button", name="Export my posts").click()
        expect(page.get_by_role("button", name="Export is running")).to_be_disabled()
        page.goto(f"{live_server.url}/@alice/")
        expect(page.get_by_role("button", name="Export my posts")).to_be_enabled(timeout=15_000)


def test_without_javascript_a_reload_tells_the_truth(
    browser, live_server, alice, posts, start_qcluster
):
    page = browser.new_context(java_script_enabled=False).new_page()
    with start_qcluster():
        page.goto(f"{live_server.url}/accounts/login/?next=/@alice/")
        page.get_by_label("User name").fill("alice")
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("main").get_by_role("button", name="Sign in").click()
        page.get_by_role("button", name="Export my posts").click()
        for _ in range(100):
            if page.get_by_text("Done.").is_visible():
                break
            page.wait_for_timeout(100)
            page.reload()
        page.get_by_role("button", name="Dismiss").click()
        expect(page.get_by_text("Done.")).to_have_count(0)
        expect(page.get_by_role("link", name="Download posts.json")).to_be_visible()


def test_dismissing_loses_nothing_that_was_typed(page, live_server, sign_in, alice):
    export, _ = Export.objects.start(alice)
    Task.objects.update(state="failed", reason="not_mailed", ended_at=export.created_at)
    sign_in()
    page.get_by_label("Text").fill("half a thought")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.locator(".task-alert")).to_have_count(0)
    expect(page.get_by_label("Text")).to_have_value("half a thought")


def test_hidden_tabs_do_not_poll(page, live_server, sign_in, alice):
    Export.objects.start(alice)
    page.clock.install()
    sign_in()
    polls = []
    page.on("request", lambda request: "/alerts/" in request.url and polls.append(request))
    hide = "() => Object.defineProperty(document, 'hidden', { configurable: true, value: %s })"
    page.evaluate(hide % "true")
    page.clock.run_for(10_000)
    assert not polls
    page.evaluate(hide % "false")
    with page.expect_response(re.compile("/alerts/")):
        page.evaluate("() => document.dispatchEvent(new Event('visibilitychange'))")
    with page.expect_response(re.compile("/alerts/")):
        page.clock.run_for(2_000)
    assert len(polls) == 2
