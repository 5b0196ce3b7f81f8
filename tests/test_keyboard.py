"""What people come for, with a keyboard alone: the focus is always to be seen, and never lost."""

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from blog.models import Message, Post
from conftest import PASSWORD
from exports.jobs import export_posts
from exports.models import Export
from tasks import lifecycle
from tasks.models import Task

from .keyboard import Keyboard

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

ENLARGED = {"width": 640, "height": 400}  # 1280 by 800 at 200 %: both bars are there
HEARD = """() => {
    window.heard = [];
    const announcer = document.getElementById("announcer");
    if (announcer.textContent) heard.push(announcer.textContent);
    new MutationObserver(() => heard.push(announcer.textContent))
        .observe(announcer, { childList: true, characterData: true, subtree: true });
}"""
FOCUSED = """() => {
    window.focused = 0;
    document.addEventListener("focusin", () => focused++);
}"""


@pytest.fixture
def keys(page):
    return Keyboard(page)


def test_one_registers_signs_in_and_chooses_language_and_theme(page, live_server, keys):
    page.emulate_media(color_scheme="light")
    page.goto(f"{live_server.url}/accounts/login/")
    keys.to("Make an account")
    keys.follow()

    keys.is_at("User name")
    keys.type("susan")
    keys.to("E-mail address")
    keys.type("susan@example.com")
    keys.to("Password")
    keys.type(PASSWORD)
    keys.to("Password confirmation")
    keys.type("another")
    keys.follow()
    keys.is_at("Password confirmation · ")  # what is wrong, above the form
    keys.press("Tab")
    keys.press("Enter")
    keys.is_at("Password confirmation")
    keys.type(PASSWORD)
    keys.to("Password", "Shift+Tab")
    keys.type(PASSWORD)
    keys.follow()
    assert User.objects.get().email == "susan@example.com"

    keys.to("Theme")
    keys.press("Enter")
    keys.to("Dark")
    keys.press("Space")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    keys.press("Escape")
    keys.is_at("Theme")
    expect(page.get_by_role("button", name="Dark")).to_be_hidden()
    keys.to("Menu of susan")
    keys.press("Enter")
    keys.to("Settings")
    keys.follow()
    keys.to("Delete account")  # which is after the Language of the header
    keys.to("Language")
    keys.type("Esp")
    keys.to("Save")
    keys.follow()
    expect(page.get_by_role("heading", name="Preferencias")).to_be_visible()

    keys.to("Menú de susan", most=80)
    keys.press("Enter")
    keys.to("Cerrar sesión")
    keys.follow()
    page.goto(f"{live_server.url}/accounts/login/")
    keys.type("susan")  # it has the focus
    keys.press("Tab")
    keys.type(PASSWORD)
    keys.press("Tab")
    keys.press("Space")
    assert page.get_by_role("checkbox").is_checked()
    keys.follow()
    expect(page.locator("summary", has_text="susan")).to_be_visible()


def test_one_writes_finds_follows_and_talks(open_as, alice, bob):
    page = open_as(alice, viewport=ENLARGED, reduced_motion="reduce")
    keys = Keyboard(page)
    for number in range(5):
        Post.objects.create(author=bob, body=f"Lemons {number}")
    page.goto("/")
    keys.press("Tab")
    keys.press("Enter")  # the skip link
    keys.to("Text")
    keys.type("Hello wrld")
    keys.to("Post")
    keys.follow()
    keys.to("Edit")
    keys.follow()
    keys.to("Text")
    keys.press("Control+a")
    keys.type("Hello world")
    keys.to("Save")
    keys.follow()
    assert Post.objects.get(author=alice).body == "Hello world"
    keys.to("Delete")
    keys.follow()
    keys.to("Delete", most=30)
    keys.follow()
    keys.is_at("Your post is deleted.")
    keys.press("Tab")
    keys.is_at("Undo")
    keys.follow()
    assert Post.objects.get(author=alice).body == "Hello world"

    page.goto("/explore/")
    keys.to("bob")
    for _ in range(12):  # behind the bars at the edges nothing is hidden
        keys.press("Tab")
    for _ in range(12):
        keys.press("Shift+Tab")
    keys.to("Search", "Shift+Tab")
    keys.follow()
    keys.to("Words to look for")
    keys.type("bob")
    keys.follow()
    keys.to("Follow")
    keys.follow()
    assert alice.follows.get() == bob
    keys.to("More")
    keys.press("Enter")
    keys.to("Mute")
    keys.press("Escape")
    keys.is_at("More")
    keys.to("Message", "Shift+Tab")
    keys.follow()
    keys.to("Text")
    keys.type("Hello bob")
    keys.to("Send")
    keys.follow()
    assert Message.objects.get().body == "Hello bob"


def test_one_takes_ones_words_out(open_as, alice):
    for number in range(4):
        Post.objects.create(author=alice, body=f"Lemons {number}")
    page = open_as(alice)
    keys = Keyboard(page)
    page.goto("/exports/")
    keys.to("Export my posts")
    keys.follow()
    export = Export.objects.get()
    page.evaluate(HEARD)
    keys.to("Cancel")
    page.evaluate(FOCUSED)

    claimed = lifecycle.claim(export.task.job, export.task.pk)
    for done in range(0, 100, 10):
        Task.objects.update(phase="writing", done=done, total=100)
        page.evaluate("htmx.trigger('#alerts', 'tasks:look')")
        expect(page.locator(".task-percent")).to_have_text(f"{done}%")
        keys.is_at("Cancel")
    assert page.evaluate("focused") == 0  # or a screen reader said the button again each time
    Task.objects.filter(pk=claimed.pk).update(state="queued", token=None, done=0)
    export_posts(str(claimed.pk))
    expect(page.locator(".task-alert")).to_contain_text("Done.")
    keys.is_at("Open")  # there is nothing to be cancelled any more
    assert page.evaluate("heard") == [
        "Export of your posts: Waiting",
        *(f"Export of your posts: {quarter}%" for quarter in (0, 25, 50, 75)),
        "Export of your posts: Done",
    ]
    keys.to("Dismiss")
    keys.press("Enter")
    expect(page.locator(".task-alert")).to_have_count(0)
    keys.to("Download posts.json")
    with page.expect_download() as download:
        keys.press("Enter")
    assert download.value.suggested_filename == "posts.json"


def test_a_failure_is_read_out_once(open_as, alice):
    export, _ = Export.objects.start(alice)
    Task.objects.update(state="failed", reason="not_mailed", ended_at=timezone.now())
    page = open_as(alice)
    page.goto("/explore/")
    announcer = page.locator("#announcer")
    expect(announcer).to_contain_text("Failed. ")
    page.goto("/")
    page.evaluate("htmx.trigger('#alerts', 'tasks:look')")
    expect(page.locator(".task-alert")).to_have_count(1)
    expect(announcer).to_be_empty()


def test_without_javascript_what_is_wrong_has_the_focus_too(browser, live_server, alice):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{live_server.url}/accounts/login/")
    page.keyboard.type("alice")  # it has the focus
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    context.close()
