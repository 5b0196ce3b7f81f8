"""What surrounds every page, in a browser: navigation, menus, the theme, times."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from blog.models import Post
from conftest import sign_in
from exports.models import Export
from tasks import lifecycle
from tasks.models import Task

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
]

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def as_alice(context, live_server, alices):
    """The browser, with Alice signed in."""
    sign_in(context, alices, live_server.url)


def theme_of(page):
    return page.evaluate("document.documentElement.dataset.bsTheme")


def switch(page, theme):
    page.locator("summary", has_text="Theme").click()
    page.get_by_role("button", name=theme).click()


def test_the_theme_follows_the_system_until_one_is_chosen(page, live_server):
    page.emulate_media(color_scheme="dark")
    page.goto(live_server.url)
    assert theme_of(page) == "dark"
    page.emulate_media(color_scheme="light")
    page.wait_for_function("() => document.documentElement.dataset.bsTheme === 'light'")
    switch(page, "Dark")
    assert theme_of(page) == "dark"
    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.goto(f"{live_server.url}/accounts/login/")
    assert theme_of(page) == "dark"
    switch(page, "Like the system")
    assert theme_of(page) == "light"


def test_the_theme_is_there_before_the_first_paint(page, live_server):
    page.emulate_media(color_scheme="light")
    page.goto(live_server.url)
    switch(page, "Dark")
    page.add_init_script(
        "new MutationObserver((_, observer) => {"
        "  if (!document.body) return;"
        "  window.themeAtBody = document.documentElement.dataset.bsTheme;"
        "  observer.disconnect();"
        "}).observe(document, { childList: true, subtree: true });"
    )
    page.reload()
    assert page.evaluate("window.themeAtBody") == "dark"


def test_the_theme_is_switched_by_keyboard(page, live_server):
    page.emulate_media(color_scheme="light")
    page.goto(live_server.url)
    page.locator("summary", has_text="Theme").focus()
    page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert theme_of(page) == "dark"
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Dark")).to_be_hidden()
    expect(page.locator("summary", has_text="Theme")).to_be_focused()


def test_another_tab_follows(context, live_server):
    one, other = context.new_page(), context.new_page()
    for page in (one, other):
        page.emulate_media(color_scheme="light")
        page.goto(live_server.url)
    switch(one, "Dark")
    other.wait_for_function("() => document.documentElement.dataset.bsTheme === 'dark'")


def test_without_javascript_there_is_no_switch_and_the_menu_works(open_as, alice):
    page = open_as(alice, java_script_enabled=False)
    page.goto("/")
    expect(page.locator("summary", has_text="Theme")).to_be_hidden()
    page.locator("summary", has_text="Menu of alice").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Make an account")).to_be_visible()


@pytest.fixture
def keeping(browser_type, browser_type_launch_args):
    """A browser that keeps pages for its back button, which Playwright's do not by default."""
    switch = "--disable-back-forward-cache"
    with browser_type.launch(**browser_type_launch_args, ignore_default_args=[switch]) as browser:
        yield browser


@pytest.mark.parametrize("address", ["/messages/", "/explore/"])
def test_the_back_button_shows_nothing_of_who_has_signed_out(keeping, live_server, alices, address):
    page = keeping.new_page(base_url=live_server.url)
    sign_in(page.context, alices, live_server.url)
    mine = page.locator("summary", has_text="Menu of alice")
    page.goto(address)
    mine.click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Make an account")).to_be_visible()
    with page.expect_request("**/alerts/"):  # that of a page which was kept
        page.evaluate("history.back()")
    expect(mine).to_have_count(0)
    expect(page.get_by_role("link", name="Register").first).to_be_visible()


def test_menus_close_when_one_looks_elsewhere(page, live_server, as_alice):
    page.goto(live_server.url)
    page.locator("summary", has_text="Menu of alice").click()
    expect(page.get_by_role("link", name="Settings")).to_be_visible()
    page.get_by_label("Text").click()
    expect(page.get_by_role("link", name="Settings")).to_be_hidden()


def test_the_first_tab_leads_to_the_content(page, live_server, as_alice):
    page.goto(live_server.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


@pytest.mark.parametrize("width", [320, 390, 820, 1280])
def test_every_width_has_its_navigation_and_nothing_to_scroll_sideways(
    page, live_server, as_alice, width
):
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(live_server.url)
    rooms = page.get_by_role("navigation", name="Site")
    for name in ("Home", "Explore", "Messages", "Notifications", "Profile"):
        expect(rooms.get_by_role("link", name=name)).to_be_in_viewport()
    search = (
        page.get_by_role("search") if width >= 1024 else rooms.get_by_role("link", name="Search")
    )
    expect(search).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_on_a_page_that_is_much_enlarged_the_bars_do_not_stay_in_the_way(open_as, alice):
    page = open_as(alice, viewport={"width": 320, "height": 200})  # 1280 by 800 at 400 %
    page.goto("/accounts/settings/")
    bar, rooms = page.get_by_role("banner"), page.get_by_role("navigation", name="Site")
    expect(bar).to_be_in_viewport()
    page.get_by_role("button", name="Save").scroll_into_view_if_needed()
    expect(bar).not_to_be_in_viewport()
    expect(rooms).not_to_be_in_viewport()


def test_new_post_leads_into_the_composer(page, live_server, as_alice):
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/exports/")
    page.get_by_role("link", name="New post").click()
    expect(page.get_by_label("Text")).to_be_focused()


# Times


def post(alice, **ago):
    return Post.objects.create(author=alice, body="x", timestamp=NOW - timedelta(**ago))


@pytest.fixture
def zone(alice):
    """Alice's zone, two hours ahead of UTC (before the change to summer time)."""
    alice.time_zone = "Europe/Athens"
    alice.save()


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        ({"seconds": 20}, "now"),
        ({"minutes": 5, "seconds": 30}, "5 min. ago"),
        ({"hours": 3}, "3 hr. ago"),
        ({"days": 1, "hours": 23}, "1 day ago"),  # not "yesterday"
        ({"days": 6}, "6 days ago"),
        ({"days": 20, "hours": -13}, "Feb 10"),  # in Athens; in UTC it is the 9th
        ({"days": 400}, "Jan 25, 2025"),
    ],
)
def test_times_are_said_as_people_say_them(page, live_server, as_alice, alice, zone, ago, words):
    shown = post(alice, **ago)
    page.clock.set_fixed_time(NOW)
    page.goto(live_server.url + shown.get_absolute_url())
    expect(page.locator(".post time")).to_have_text(words)


def test_the_exact_moment_is_in_the_reader_s_zone_and_language(open_as, alice, zone):
    shown = post(alice, hours=3)
    page = open_as(alice, timezone_id="Asia/Taipei", locale="es-ES")
    page.clock.set_fixed_time(NOW)
    page.goto(shown.get_absolute_url())
    moment = page.locator(".post time")
    assert "11:00" in moment.get_attribute("title")
    assert datetime.fromisoformat(moment.get_attribute("datetime")) == shown.timestamp


def test_visitors_have_their_browser_s_zone_and_language(browser, live_server, alice):
    shown = post(alice, hours=3)
    context = browser.new_context(timezone_id="Asia/Taipei", locale="es-ES")
    page = context.new_page()
    page.clock.set_fixed_time(NOW)
    page.goto(live_server.url + shown.get_absolute_url())
    moment = page.locator(".post time")
    expect(moment).to_have_text("hace 3 h")
    assert "domingo, 1 de marzo de 2026" in moment.get_attribute("title")
    assert "17:00:00" in moment.get_attribute("title")
    context.close()


def test_times_go_on_while_the_page_is_open(page, live_server, as_alice, alice):
    shown = post(alice, minutes=1)
    page.clock.install(time=NOW)
    page.goto(live_server.url + shown.get_absolute_url())
    expect(page.locator(".post time")).to_have_text("1 min. ago")
    page.clock.run_for(5 * 60_000)
    expect(page.locator(".post time")).to_have_text("6 min. ago")


def test_times_in_what_htmx_brings_are_said_too(page, live_server, as_alice, alice):
    shown = post(alice, hours=2)
    page.clock.set_fixed_time(NOW)
    page.goto(live_server.url)
    expect(page.locator(".post time")).to_have_text("2 hr. ago")
    address = shown.get_absolute_url()
    page.evaluate(
        "(url) => htmx.ajax('GET', url, { target: '.post', select: '.post', swap: 'outerHTML' })",
        address,
    )
    expect(page.locator("h1", has_text="x")).to_have_count(1)  # as a permalink has it
    expect(page.locator(".post time")).to_have_text("2 hr. ago")


def test_the_keyboard_gets_the_exact_moment_too(page, live_server, as_alice, alice):
    shown = post(alice, hours=2)
    page.clock.set_fixed_time(NOW)
    page.goto(live_server.url + shown.get_absolute_url())
    page.locator(".post-author").focus()
    page.keyboard.press("Tab")
    said = page.evaluate(
        "getComputedStyle(document.querySelector('.post time'), '::after').content"
    )
    assert "Sunday, March 1, 2026" in said


def test_without_javascript_times_are_exact(client, alice):
    shown = post(alice, hours=3)
    assert b">March 1, 2026, 9 a.m. UTC</time>" in client.get(shown.get_absolute_url()).content


def test_it_asks_often_only_while_something_goes_on(page, live_server, as_alice, alice):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.install()
    page.goto(live_server.url)
    asking = f"{live_server.url}/alerts/"

    def ask_after(milliseconds):
        with page.expect_response(asking):
            page.clock.run_for(milliseconds)

    page.clock.run_for(58_000)
    assert asking not in asked
    Export.objects.start(alice)
    ask_after(3_000)
    alert = page.locator(".task-alert")
    expect(alert).to_contain_text("Waiting")
    task = Task.objects.get()
    lifecycle.claim(task.job, task.pk)
    Task.objects.update(phase="writing", done=1, total=4)
    ask_after(2_500)
    expect(alert).to_contain_text("25%")
    Task.objects.update(state="failed", reason="crashed", ended_at=timezone.now())
    ask_after(2_500)
    expect(alert).to_contain_text("Failed.")
    asked.clear()
    page.clock.run_for(55_000)
    assert asking not in asked
    ask_after(6_000)


def test_it_has_nothing_fetched_before_a_task_has_moved_on(page, live_server, as_alice, alice):
    task = Export.objects.start(alice)[0].task
    page.clock.install()
    exports = f"{live_server.url}/exports/"
    page.goto(exports)
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    with page.expect_response(f"{live_server.url}/alerts/"):
        page.clock.run_for(2_500)
    lifecycle.claim(task.job, task.pk)
    Task.objects.update(phase="writing", done=1, total=4)
    with page.expect_response(exports):
        page.clock.run_for(2_500)
    expect(page.locator("#exports")).to_contain_text("1 / 4")
    assert fetched.count(exports) == 1
