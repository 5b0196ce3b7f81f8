"""No page keeps anybody out: axe finds nothing, in each language, in light and dark, on wide
screens and on phones; nothing is too wide, too small, cut or moving.

Which pages there are is found by tests/axe.py.
"""

from datetime import timedelta
from urllib.parse import urljoin

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode

from accounts import email_tokens
from accounts.models import Session, Token, User
from blog.models import Message, Notification, Post, Revision, Tag
from conftest import PASSWORD, sign_in
from exports.jobs import export_posts
from exports.models import Delivery, Export, Webhook
from tasks import lifecycle
from tasks.models import Task

from . import axe, layout

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
# Each language, theme and size with each other would say twelve times nearly the same.
LOOKS = {
    "en": ("light", WIDE, axe.ALL),
    "es": ("dark", PHONE, axe.ALL),
    "zh-hant": ("light", PHONE, axe.WORDS),
}
TEXT = "Hello @bob, see https://example.org/ about #lemons.\n\nשלום, 你好"


@pytest.fixture(autouse=True)
def all_pages(settings, tmp_path):
    """What a development site has, too; and a mail in its inbox."""
    settings.ROOT_URLCONF = "tests.urls_of_all_pages"
    settings.SECURITY_CONTACT = ["mailto:security@example.org"]
    settings.EMAIL_FILE_PATH = tmp_path
    (tmp_path / "1.log").write_text("Subject: Hello\nFrom: a@example.org\n\nText\n")


def found_by_axe(page, theme, size, options):
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    for rule, impact, nodes in axe.violations(page, options):
        yield f"{rule} ({impact}; {theme}, {size['width']}): {'; '.join(nodes[:3])}"


@pytest.mark.lasts(100)
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "who",
    [axe.VISITOR, axe.OWNER, axe.STRANGER, axe.NEWCOMER, axe.ADMIN],
    ids=lambda who: who or "visitor",
)
def test_every_page_is_for_everybody(page, live_server, tmp_path, who):
    there = axe.pages(tmp_path, people=[who])
    axe.come_in(page.context, who, live_server.url)
    wrong, titles = {}, {}
    for language, (theme, size, options) in LOOKS.items():
        User.objects.update(language=language)
        page.set_extra_http_headers({"Accept-Language": language})
        for name, path, _ in there:
            if path.startswith("file:") and language == "zh-hant":
                continue
            page.goto(urljoin(live_server.url, path))
            if path.startswith("/") and who != axe.ADMIN:
                titles.setdefault(page.title(), {})[name] = path
            is_mail = name.startswith("mail:")
            said = [*found_by_axe(page, theme, size, axe.IN_MAIL if is_mail else options)]
            if language == "es" and not is_mail:  # its words are the longest
                said += layout.wrong(page, who != axe.ADMIN)
            for words in said:
                wrong.setdefault(words, f"{name} {language}")
    # Who hears it, or has many tabs, knows by its title which page it is.
    wrong |= {title: f"The title of {names}" for title, names in titles.items() if len(names) > 1}
    assert not wrong, "\n".join(f"{where}: {words}" for words, where in wrong.items())


@pytest.fixture
def post(alice, bob):
    """One of Alice's, on a site in which there is something to see everywhere."""
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
    Session.objects.create(
        session_key="elsewhere", expire_date=timezone.now() + timedelta(1), owner=alice
    )
    Token.objects.issue(alice, name="Laptop")
    export, _ = Export.objects.start(alice)
    Task.objects.update(state="failed", reason="not_mailed", ended_at=export.created_at)
    delivery = Webhook.objects.register(alice, "https://example.org/hook", ["export.failed"]).ping()
    Task.objects.filter(pk=delivery.task_id).update(state="failed")
    Delivery.objects.update(attempts=1, status=500, error="status", duration_ms=12)
    return posts[0]


def violations(page):
    """What axe finds in both themes, a line each."""
    return [
        *found_by_axe(page, "light", WIDE, axe.ALL),
        *found_by_axe(page, "dark", PHONE, axe.COLOURS),
    ]


def look(page, live_server, client, address, expected="nothing of it"):
    """Open the page and let axe look. Nothing may go wrong but what `expected` is a part of."""
    if "sessionid" in client.cookies:
        sign_in(page.context, client, live_server.url)
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: said.type == "error" and problems.append(said.text))
    page.goto(live_server.url + address)
    assert not violations(page), address
    # No broken script, nothing against the Content-Security-Policy.
    assert not [problem for problem in problems if expected not in problem], address


def test_open_menus_are_for_everybody(page, live_server, alices):
    look(page, live_server, alices, "/")
    for menu in page.locator(".menu > summary").all():
        menu.click()
        assert not violations(page)


def test_what_keeps_people_out_would_be_found(page, live_server, alices):
    look(page, live_server, alices, "/")
    page.evaluate("document.querySelector('textarea').labels[0].remove()")
    page.evaluate("document.querySelector('textarea').removeAttribute('placeholder')")
    assert violations(page)[0].startswith("label (critical; light, 1280): #id_body")


def test_forms_that_say_what_is_wrong_are_for_everybody(page, live_server, alices):
    look(page, live_server, alices, "/")
    page.locator("form.composer").evaluate("(form) => { form.noValidate = true }")
    page.get_by_role("main").get_by_role("button", name="Post").click()
    page.locator(".is-invalid").wait_for()
    assert not violations(page)


# What has no address of its own, or answers otherwise than with 200


@pytest.fixture
def site(page, live_server, alices, post):
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


def test_where_only_a_button_leads_is_for_everybody(site, post):
    site(f"/posts/{post.pk}/undo/", expected="405")


def test_an_open_card_is_for_everybody(site):
    page = site("/explore/")
    page.locator(".post .post-author").first.focus()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    page.locator(".hover-card").wait_for()
    assert not violations(page)
    assert page.locator(".hover-card").is_visible()


def test_a_deletion_to_be_undone_is_for_everybody(site, post):
    page = site(f"/posts/{post.pk}/delete/")
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
    sign_in(page.context, alices, live_server.url)
    for address, button, values in FORMS:
        fill_in_wrongly(page, live_server.url + address, button, values)


def test_forms_of_visitors_that_were_filled_in_wrongly_are_for_everybody(page, live_server, alice):
    for address, button, values in FORMS_OF_VISITORS:
        fill_in_wrongly(page, live_server.url + address, button, values)


def test_exports_are_for_everybody_in_every_state(site, alice):
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


def test_webhooks_are_for_everybody_in_every_state(site):
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


def test_where_the_system_has_its_own_colours_nothing_is_lost(page, live_server, alices, post):
    """There are no backgrounds and no shadows there."""
    sign_in(page.context, alices, live_server.url)
    page.emulate_media(forced_colors="active")
    style = "(each, name) => getComputedStyle(each).getPropertyValue(name)"

    page.goto(f"{live_server.url}/accounts/settings/")
    assert page.get_by_role("checkbox").first.evaluate(style, "appearance") == "auto"
    for field in (page.get_by_label("Language"), page.get_by_role("button", name="Save")):
        field.focus()
        assert field.evaluate(style, "outline-style") == "solid"
    ground = page.locator("body").evaluate(style, "background-color")
    for icon in page.locator(".rooms .icon").all():
        assert icon.evaluate(style, "fill") != ground

    page.goto(f"{live_server.url}/notifications/")
    unread = page.locator(".notification-unread").first
    assert unread.evaluate(style, "border-inline-start-style") == "solid"
