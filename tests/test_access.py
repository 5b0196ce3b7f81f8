"""No page keeps anybody out: axe finds nothing, in light and dark, on wide screens and on phones.

The pages are all that have a name and show a whole HTML page to a GET. What names them in their
addresses is made by `parts`: a new page with a new kind of part needs it there, else it fails here.
"""

import re
import uuid

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from blog.models import Message, Notification, Post, Revision, Tag
from exports.models import Export
from tasks.models import Task

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = [{"width": 1280, "height": 800}, {"width": 390, "height": 844}]
NOT_OURS = {"admin", "letter-part"}  # Django's, and what came by mail
NOT_THERE = {"exports:download"}  # of an export that failed
TEXT = "Hello @bob, see https://example.org/ about #lemons.\n\nשלום, 你好"


def pages(resolver=None, space=""):
    """(name, the parts of its address) of all that has a name, but what is not ours."""
    for entry in (resolver or get_resolver("tests.urls_in_debug")).url_patterns:
        if not isinstance(entry, URLPattern):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            if entry.namespace not in NOT_OURS:
                yield from pages(entry, inner)
        elif entry.name and entry.name not in NOT_OURS:
            yield (
                f"{space}{entry.name}",
                tuple(entry.pattern.converters) or tuple(entry.pattern.regex.groupindex),
            )


PAGES = dict(pages())


@pytest.fixture
def parts(alice, bob, settings, tmp_path):
    """What stands in the addresses, by its name there or, where that is not enough, by the page's:
    a site in which there is something to see everywhere."""
    alice.follows.add(bob)
    bob.follows.add(alice)
    posts = [Post.objects.create(author=who, body=TEXT, title="Lemons") for who in (alice, bob)]
    Post.objects.create(author=bob, body="Yes", reply_to=posts[0], thread=posts[0].pk)
    Tag.objects.create(post=posts[0], name="lemons")
    Revision.objects.create(post=posts[0], body="Hullo", said_at=posts[0].timestamp)
    Message.objects.create(sender=bob, recipient=alice, body=TEXT)
    Message.objects.create(sender=alice, recipient=bob, body=TEXT)
    Notification.objects.create(recipient=alice, kind="followed", actor=bob)
    Notification.objects.create(recipient=alice, kind="mentioned", actor=bob, post=posts[1])
    export, _ = Export.objects.start(alice)
    Task.objects.update(state="failed", reason="not_mailed", ended_at=export.created_at)
    settings.EMAIL_FILE_PATH = tmp_path
    (tmp_path / "1.log").write_text("Subject: Hello\nFrom: a@example.org\n\nText\n")
    return {
        "username": "bob",
        "name": "lemons",
        "section": "people",
        "blog": posts[0].pk,
        "blog:notification": Notification.objects.first().pk,
        "exports": export.pk,
        "tasks": export.task.pk,
        "accounts:unsubscribe": alice.unsubscribe_url("mail_new_posts")
        .rstrip("/")
        .rpartition("/")[2],
        "letter": "1.0",
        "uidb64": "MQ",
        "token": "none",
        "uuid": uuid.uuid4(),
    }


def address_of(name, parts):
    app = name.partition(":")[0]
    values = {}
    for part in PAGES[name]:
        keys = [key for key in (name, part, app) if key in parts]
        assert keys, f"{name}: tests/test_access.py does not know a {part} to look at."
        values[part] = parts[keys[0]]
    return reverse(name, urlconf="tests.urls_in_debug", kwargs=values)


def is_page(response):
    """A whole page; not a fragment, a file, or what leads to another page or takes only POST."""
    is_html = response.headers.get("Content-Type", "").startswith("text/html")
    return response.status_code == 200 and is_html and b"</html>" in response.content


def violations(page):
    """What axe finds in both themes and sizes, a line each."""
    found = {}
    for size in SIZES:
        page.set_viewport_size(size)
        for theme in ("light", "dark"):
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            page.wait_for_function(
                "(t) => document.documentElement.dataset.bsTheme === t", arg=theme
            )
            for violation in Axe().run(page).response["violations"]:
                where = "; ".join(node["html"][:200] for node in violation["nodes"][:3])
                found[f"{violation['id']}: {where}"] = f"{theme}, {size['width']}"
    return [f"{what} ({where})" for what, where in found.items()]


def look(page, live_server, client, address):
    if "sessionid" in client.cookies:
        session = client.cookies["sessionid"].value
        page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    problems = []
    page.on("pageerror", lambda error: problems.append(error))
    page.on("console", lambda said: said.type == "error" and problems.append(said.text))
    page.goto(live_server.url + address)
    assert not violations(page), address
    assert not problems, address  # no broken script, nothing against the Content-Security-Policy


@pytest.fixture(autouse=True)
def in_debug(settings):
    settings.ROOT_URLCONF = "tests.urls_in_debug"


@pytest.mark.parametrize("name", sorted(PAGES))
def test_pages_of_mine_are_for_everybody(page, live_server, alices, parts, name):
    address = address_of(name, parts)
    response = alices.get(address)
    assert (response.status_code == 404) == (name in NOT_THERE), f"Nothing to see at {address}"
    if is_page(response):
        look(page, live_server, alices, address)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_pages_for_visitors_are_for_everybody(page, live_server, parts, name):
    address = address_of(name, parts)
    visitor = Client()
    if is_page(visitor.get(address)):
        look(page, live_server, visitor, address)


@pytest.mark.parametrize("name", sorted(name for name, needed in PAGES.items() if not needed))
def test_empty_pages_are_for_everybody(page, live_server, alices, name):
    address = reverse(name, urlconf="tests.urls_in_debug")
    if is_page(alices.get(address)):
        look(page, live_server, alices, address)


@pytest.mark.parametrize("number", ["400", "403", "403_csrf", "404", "413", "429", "500"])
def test_error_pages_are_for_everybody(page, live_server, alices, settings, number):
    settings.ROOT_URLCONF = "tests.urls_of_mishaps"
    look(page, live_server, alices, f"/mishap/show/{number}/")


def test_open_menus_are_for_everybody(page, live_server, alices):
    look(page, live_server, alices, "/")
    for menu in page.locator(".menu > summary").all():
        menu.click()
        assert not violations(page)


def test_what_keeps_people_out_would_be_found(page, live_server, alices):
    look(page, live_server, alices, "/")
    page.evaluate("document.querySelector('textarea').labels[0].remove()")
    page.evaluate("document.querySelector('textarea').removeAttribute('placeholder')")
    assert re.match("label: <textarea", violations(page)[0])


def test_forms_that_say_what_is_wrong_are_for_everybody(page, live_server, alices):
    look(page, live_server, alices, "/")
    page.locator("form.composer").evaluate("(form) => { form.noValidate = true }")
    page.get_by_role("main").get_by_role("button", name="Post").click()
    page.locator(".is-invalid").wait_for()
    assert not violations(page)
