"""No page keeps anybody out: axe finds nothing, in light and dark, on wide screens and on phones.

The pages are all that have a name and show a whole HTML page to a GET. What names them in their
addresses is made by `parts`: a new page with a new kind of part needs it there, else it fails here.
"""

import re
import uuid
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode

from accounts import email_tokens
from accounts.models import Session, Token
from blog.models import Message, Notification, Post, Revision, Tag
from conftest import PASSWORD
from exports.jobs import export_posts
from exports.models import Delivery, Export, Webhook
from tasks import lifecycle
from tasks.models import Task

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SIZES = [{"width": 1280, "height": 800}, {"width": 390, "height": 844}]
NOT_OURS = {"admin", "letter-part"}  # Django's, and what came by mail
NOT_THERE = {"exports:download", "exports:file"}  # of an export that failed
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
    elsewhere = Session.objects.create(
        session_key="elsewhere", expire_date=timezone.now() + timedelta(1), owner=alice
    )
    token, _ = Token.objects.issue(alice, name="Laptop")
    Token.objects.issue(alice)
    export, _ = Export.objects.start(alice)
    Task.objects.update(state="failed", reason="not_mailed", ended_at=export.created_at)
    webhook = Webhook.objects.register(alice, "https://example.org/hook", ["export.failed"])
    delivery = webhook.ping()
    Task.objects.filter(pk=delivery.task_id).update(state="failed")
    Delivery.objects.update(attempts=1, status=500, error="status", duration_ms=12)
    settings.EMAIL_FILE_PATH = tmp_path
    (tmp_path / "1.log").write_text("Subject: Hello\nFrom: a@example.org\n\nText\n")
    return {
        "username": "bob",
        "name": "lemons",
        "section": "people",
        "blog": posts[0].pk,
        "blog:notification": Notification.objects.first().pk,
        "blog:report_post": posts[1].pk,
        "exports": export.pk,
        "hook": webhook.pk,
        "delivery": delivery.pk,
        "tasks": export.task.pk,
        "accounts:unsubscribe": alice.unsubscribe_url("mail_new_posts")
        .rstrip("/")
        .rpartition("/")[2],
        "accounts:end_session": elsewhere.public_id,
        "accounts:revoke_token": token.pk,
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


def come_in(page, live_server, client):
    session = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])


def look(page, live_server, client, address, expected="nothing of it"):
    """Open the page and let axe look. Nothing may go wrong but what `expected` is a part of."""
    if "sessionid" in client.cookies:
        come_in(page, live_server, client)
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: said.type == "error" and problems.append(said.text))
    page.goto(live_server.url + address)
    assert not violations(page), address
    # No broken script, nothing against the Content-Security-Policy.
    assert not [problem for problem in problems if expected not in problem], address


@pytest.fixture(autouse=True)
def in_debug(settings):
    settings.ROOT_URLCONF = "tests.urls_in_debug"
    settings.SECURITY_CONTACT = ["mailto:security@example.org"]


# A dozen pages a test: making the site and a browser takes as long as looking at a page.
SHOWN = sorted(name for name in PAGES if not name.startswith("api:"))
SOME_PAGES = pytest.mark.parametrize(
    "names", [SHOWN[start : start + 12] for start in range(0, len(SHOWN), 12)]
)


@SOME_PAGES
def test_pages_of_mine_are_for_everybody(page, live_server, alices, parts, names):
    for name in names:
        address = address_of(name, parts)
        response = alices.get(address)
        assert (response.status_code == 404) == (name in NOT_THERE), f"Nothing at {address}"
        if is_page(response):
            look(page, live_server, alices, address)


@SOME_PAGES
def test_pages_for_visitors_are_for_everybody(page, live_server, parts, names):
    visitor = Client()
    for address in (address_of(name, parts) for name in names):
        if is_page(visitor.get(address)):
            look(page, live_server, visitor, address)


@SOME_PAGES
def test_empty_pages_are_for_everybody(page, live_server, alices, names):
    for name in names:
        address = "" if PAGES[name] else reverse(name, urlconf="tests.urls_in_debug")
        if address and is_page(alices.get(address)):
            look(page, live_server, alices, address)


@pytest.mark.parametrize("number", ["400", "403", "403_csrf", "404", "413", "429", "500", "503"])
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


# What has no address of its own, or answers otherwise than with 200


@pytest.fixture
def site(page, live_server, alices, parts):
    """`site(address)`: the page, opened by Alice on a site with something to see, and looked at."""

    def site(address, **options):
        look(page, live_server, alices, address, **options)
        return page

    return site


def test_what_is_found_is_for_everybody(site):
    for query in ("lemons", "bob"):
        assert site(f"/search/?q={query}").locator("mark").count()


def test_links_of_mails_are_for_everybody(site, alice):
    site("/accounts/email/forged/", expected="410")
    page = site(f"/accounts/email/{email_tokens.make(alice, 'new@example.com')}/")
    page.get_by_role("button", name="Yes, change it").click()
    page.get_by_text("Done.").wait_for()
    assert not violations(page)
    alice.refresh_from_db()  # the token covers the address
    uid = urlsafe_base64_encode(str(alice.pk).encode())
    page = site(f"/accounts/password-reset/{uid}/{default_token_generator.make_token(alice)}/")
    assert page.get_by_role("heading", name="Choose a new password").is_visible()


def test_a_new_token_is_for_everybody(site):
    page = site("/accounts/tokens/")
    page.get_by_label("Name").fill("Phone")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Make a token").click()
    page.get_by_role("heading", name="Your new token").wait_for()
    assert not violations(page)


def test_translations_are_for_everybody(site, service, bob):
    post = Post.objects.create(author=bob, body="Buenos días a todos", language="es")
    page = site("/explore/")
    page.locator(f"#translation-{post.pk}").get_by_role("link").click()
    page.get_by_text("Good morning to all").wait_for()
    assert not violations(page)
    site(f"/posts/{post.pk}/translation/")
    other = Post.objects.create(author=bob, body="Buenas noches a todos", language="es")
    service.answer = 500, [b""]
    page = site(f"/posts/{other.pk}/translation/", expected="503")
    assert page.get_by_role("alert").is_visible()


def test_what_is_between_people_is_for_everybody(site, alice, django_user_model):
    muted, blocked, blocking = (
        django_user_model.objects.create_user(name, about=TEXT)
        for name in ("muted", "blocked", "blocking")
    )
    alice.mutes.add(muted)
    alice.block(blocked)
    blocking.block(alice)
    for person in ("alice", "muted", "blocked", "blocking"):
        site(f"/@{person}/")
    for address in ("/@alice/followers/", "/@alice/following/", "/people/hidden/"):
        assert site(address).locator(".person").count(), address
    page = site("/@bob/")
    page.locator(".more > summary").click()
    page.get_by_role("button", name="Block").wait_for()
    assert not violations(page)


def test_where_only_a_button_leads_is_for_everybody(site, parts):
    site(f"/posts/{parts['blog']}/undo/", expected="405")


def test_an_open_card_is_for_everybody(site):
    page = site("/explore/")
    page.locator(".post .post-author").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.locator(".hover-card").wait_for()
    assert not violations(page)
    assert page.locator(".hover-card").is_visible()


def test_a_deletion_to_be_undone_is_for_everybody(site, parts):
    page = site(f"/posts/{parts['blog']}/delete/")
    page.get_by_role("main").get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Undo").wait_for()
    assert not violations(page)


def test_the_offer_of_new_posts_is_for_everybody(page, site, bob):
    page.clock.install()
    site("/explore/")
    Post.objects.create(author=bob, body="brand new")
    page.clock.run_for(31_000)
    page.get_by_role("link", name="1 new post").wait_for()
    assert not violations(page)


FORMS = [
    ("/accounts/profile/", "Save", {"display_name": "\u202e"}),
    ("/accounts/email/", "Mail me the link", {"email": "none", "password": "wrong"}),
    ("/accounts/password/", "Change my password", {"old_password": "wrong"}),
    ("/accounts/delete/", "Delete my account", {"password": "wrong"}),
    ("/accounts/tokens/", "Make a token", {"name": "\u202e", "password": "wrong"}),
    ("/messages/@bob/", "Send", {"body": " "}),
    ("/exports/webhooks/", "Register it", {"url": "http://localhost/"}),
]
FORMS_OF_VISITORS = [
    ("/accounts/login/", "Sign in", {"username": "alice", "password": "wrong"}),
    ("/accounts/register/", "Register", {"username": "alice", "email": "none"}),
    ("/accounts/password-reset/", "Mail me the link", {"email": "none"}),
]


def fill_in_wrongly(page, address, button, values):
    page.goto(address)
    form = page.locator("main form:has(input:not([type=hidden]), textarea)")
    form.evaluate("(form) => { form.noValidate = true }")
    for name, value in values.items():
        form.locator(f"[name={name}]").fill(value)
    page.get_by_role("main").get_by_role("button", name=button).click()
    page.locator(".is-invalid, .alert-danger").first.wait_for()
    assert not violations(page)


def test_forms_of_mine_that_were_filled_in_wrongly_are_for_everybody(
    page, live_server, alices, bob
):
    come_in(page, live_server, alices)
    for address, button, values in FORMS:
        fill_in_wrongly(page, live_server.url + address, button, values)


def test_forms_of_visitors_that_were_filled_in_wrongly_are_for_everybody(page, live_server, alice):
    for address, button, values in FORMS_OF_VISITORS:
        fill_in_wrongly(page, live_server.url + address, button, values)


def test_exports_are_for_everybody_in_every_state(site, alice, parts):
    """The fixture's one has failed; another one waits, runs and is done."""
    site("/exports/")
    export, created = Export.objects.start(alice)
    assert created
    addresses = ("/exports/", export.get_absolute_url())
    for address in addresses:
        assert site(address).locator(".state-queued").count()
    claimed = lifecycle.claim(export.task.job, export.task.pk)
    Task.objects.filter(pk=claimed.pk).update(phase="writing", done=3, total=10)
    for address in addresses:
        page = site(address)
        assert page.locator("progress[value='30']").count()
        assert page.locator(".state-running").count()
    Task.objects.filter(pk=claimed.pk).update(state="queued", token=None)
    export_posts(str(claimed.pk))
    for address in addresses:
        page = site(address)
        assert page.locator(".state-succeeded").count()
        assert page.get_by_role("link", name="Download").count()
    page.get_by_role("link", name="Delete the file").click()
    page.get_by_role("heading", name="Delete this file?").wait_for()
    assert not violations(page)
    export.refresh_from_db()
    assert export.remove_file()
    for address in addresses:
        assert site(address).get_by_text("Its file was removed:").count()


def test_webhooks_are_for_everybody_in_every_state(site, parts):
    webhook = Webhook.objects.get()
    ping = webhook.ping()
    addresses = ("/exports/webhooks/", f"/exports/webhooks/{webhook.pk}/")
    for address in addresses:
        assert site(address).locator(".state-pending").count()
    Task.objects.filter(pk=ping.task_id).update(state="succeeded")
    Delivery.objects.filter(pk=ping.pk).update(attempts=1, status=200, duration_ms=12)
    for address in addresses:
        assert site(address).locator(".state-delivered").count()
    webhook.change(active=False)
    for address in addresses:
        assert site(address).get_by_text("It is not called").count()


def test_a_secret_is_for_everybody_who_registers_for_it(site):
    page = site("/exports/webhooks/")
    page.get_by_label("Address").fill("https://example.org/hook")
    page.get_by_role("button", name="Register it").click()
    page.get_by_text("whsec_").wait_for()
    assert not violations(page)
