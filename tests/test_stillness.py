"""Nothing moves of what is being read: not when the last parts of a page come late, as on a slow
line, and not when the page hears of something new."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from blog.models import Message, Post
from exports.models import Export
from tasks.models import Task

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = [{"width": 390, "height": 844}, {"width": 1280, "height": 800}]
ADDRESSES = ["/", "/explore/", "/@alice/", "/exports/", "/messages/@bob/", "/accounts/settings/"]
WATCH = """
    window.moved = [];
    const say = ({ node, previousRect: { x, y }, currentRect: to }) =>
        `${node?.outerHTML?.slice(0, 80) ?? node?.textContent} (${x}, ${y} to ${to.x}, ${to.y})`;
    new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries())
            if (!hadRecentInput) moved.push([value, sources.map(say).join("; ")]);
    }).observe({ type: "layout-shift", buffered: true });
"""
IS_PAINTED = "() => performance.getEntriesByName('first-contentful-paint').length"
IS_WHOLE = "() => document.readyState !== 'loading' || document.querySelector('main > :last-child')"
MOVED = """async () => {
    // What moved is told after the frame in which it did.
    const frame = () => new Promise(requestAnimationFrame);
    await frame();
    await frame();
    await new Promise((done) => setTimeout(done, 50));
    return moved;
}"""
DRAFT = """(person) => {
    const written = JSON.stringify(["", "So long\\n".repeat(20)]);
    localStorage.setItem(`draft:${person}:home`, written);
}"""
# Where the browser paints in the midst of reading the page, an icon moves when its word comes.
LITTLE = 0.003
# On a page that is there, a label with other words is at its place, narrower or wider.
HARDLY = 0.0003
AT_ONCE = ("theme.js", "times.js")  # the first paint waits for them, as for the styles


@pytest.fixture
def talk(alice, bob):
    alice.display_name, alice.about = "Alice Marsh", "Librarian by the harbour. " * 5
    alice.save()
    now = timezone.now()
    texts = [f"{number}: On the ferry a man sang to his bicycle. " * 3 for number in range(12)]
    Post.objects.bulk_create(Post(author=alice, body=text, timestamp=now) for text in texts)
    for text in texts[:5]:
        Message.objects.create(sender=bob, recipient=alice, body=text)


def is_still(moved, most=LITTLE):
    return sum(value for value, _ in moved) < most


def open_slowly(page, address):
    """With all scripts but two, and all pictures, only after the first paint."""
    held, released = [], []

    def hold(route):
        url, is_picture = route.request.url, route.request.resource_type == "image"
        is_late = is_picture or (url.endswith(".js") and not url.endswith(AT_ONCE))
        if is_late and not released:
            held.append(route)
        else:
            route.continue_()

    page.route("**/*", hold)
    page.goto(address, wait_until="commit")
    page.wait_for_function(IS_PAINTED)
    page.wait_for_function(IS_WHOLE)
    assert held
    released.append(True)
    for route in held:
        route.continue_()
    page.wait_for_load_state("load")
    page.unroute("**/*")


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desktop"])
def test_what_comes_late_moves_nothing(open_as, alice, talk, size):
    page = open_as(alice, viewport=size)
    page.add_init_script(WATCH)
    page.goto("/accounts/settings/")
    page.evaluate(DRAFT, alice.pk)
    for address in ADDRESSES:
        open_slowly(page, address)
        assert is_still(page.evaluate(MOVED)), address
    assert page.evaluate("localStorage.length") > 0


def hear(page, words):
    """Have the page ask how its tasks are, until it says this."""
    page.evaluate("htmx.trigger('#alerts', 'tasks:look')")
    expect(page.locator("#alerts")).to_contain_text(words, timeout=30_000)


def go_through(page, export):
    """What moved in the life of an export, once the page is there."""
    page.evaluate("() => { moved.length = 0; }")
    task, now = Task.objects.filter(pk=export.task_id), timezone.now()
    hear(page, "Waiting")
    lease = now + timedelta(minutes=5)
    task.update(state="running", phase="writing", total=30, claimed_at=now, lease_until=lease)
    hear(page, "0 / 30")
    task.update(done=15, checkpointed_at=now + timedelta(seconds=5))
    hear(page, "15 / 30")
    task.update(state="succeeded", done=30, ended_at=timezone.now())
    hear(page, "Done.")
    return page.evaluate(MOVED)


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desktop"])
@pytest.mark.parametrize("address", ["/", "/exports/"])
def test_an_export_that_begins_and_goes_on_moves_nothing(open_as, alice, talk, size, address):
    page = open_as(alice, viewport=size)
    page.add_init_script(WATCH)
    page.goto(address)
    export, _ = Export.objects.start(alice)
    assert is_still(go_through(page, export), HARDLY)
    late = page.locator(".task-alert").bounding_box()
    assert late["y"] > size["height"] / 2

    # And when the page has come with it.
    Task.objects.update(seen_at=timezone.now())
    export, _ = Export.objects.start(alice)
    page.goto(address)
    assert is_still(go_through(page, export), HARDLY)
    assert page.locator(".task-alert").bounding_box()["y"] < size["height"] / 2


def test_a_message_that_comes_leaves_where_they_write(open_as, alice, bob, talk):
    page = open_as(alice, viewport=SIZES[0])
    page.goto("/messages/@bob/")
    text = page.locator("#write textarea")
    text.focus()
    text.scroll_into_view_if_needed()
    before = text.bounding_box()["y"]
    Message.objects.create(sender=bob, recipient=alice, body="Are you there?\n" * 5)
    page.evaluate("htmx.trigger('#alerts', 'tasks:look')")
    expect(page.get_by_text("Are you there?")).to_be_visible(timeout=30_000)
    assert abs(text.bounding_box()["y"] - before) < 2
