"""What people do with their account, in a browser, with JavaScript and without."""

import re
import time
from datetime import UTC, datetime

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from playwright.sync_api import expect

from accounts.models import Session
from accounts.tests.photos import photo
from blog.jobs import compose_message
from blog.models import Message, Post
from conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NEW = "another-horse-battery"


@pytest.fixture(params=["with JavaScript", "without JavaScript"])
def context(request, browser, live_server):
    """A browser of somebody in Taipei, in both ways, in which nothing may go wrong."""
    with_javascript = request.param == "with JavaScript"
    context = browser.new_context(
        base_url=live_server.url, java_script_enabled=with_javascript, timezone_id="Asia/Taipei"
    )
    context.problems = problems = []
    context.on("weberror", lambda error: problems.append(error.error))
    context.on("console", lambda message: message.type == "error" and problems.append(message.text))
    context.with_javascript = with_javascript
    yield context
    context.close()
    assert not problems


@pytest.fixture
def page(context):
    return context.new_page()


@pytest.fixture
def sign_in(page, alice):
    def sign_in(username="alice", password=PASSWORD):
        page.goto("/accounts/login/")
        page.get_by_label("User name").fill(username)
        page.get_by_label("Password").fill(password)
        press(page, "Sign in")
        expect(page.locator("summary", has_text="Menu of alice")).to_be_visible()

    return sign_in


def press(page, name):
    page.get_by_role("main").get_by_role("button", name=name).click()


def follow_link(page, mail, to=""):
    """Open the link of a mail, on the site under test: the first one whose path begins so."""
    page.goto(re.search(rf"http://127\.0\.0\.1:8000({to}/\S+)", mail.body)[1])


def sign_out(page):
    page.locator("summary", has_text="Menu of alice").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Make an account")).to_be_visible()


def test_registering_takes_the_time_zone_of_the_browser(page, context, transactional_db):
    page.goto("/accounts/register/")
    page.get_by_label("User name").fill("zoe")
    page.get_by_label("E-mail address").fill("zoe@example.com")
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_label("Password confirmation").fill(NEW)
    press(page, "Register")
    expect(page.get_by_text("Welcome, zoe!")).to_be_visible()
    page.goto("/accounts/settings/")
    zone = "Asia/Taipei" if context.with_javascript else "UTC"
    expect(page.get_by_label("Time zone")).to_have_value(zone)


def test_what_is_wrong_with_a_registration_is_told_and_what_was_typed_is_kept(page, alice):
    page.goto("/accounts/register/")
    page.get_by_label("User name").fill("Alice")
    page.get_by_label("E-mail address").fill("zoe@example.com")
    page.get_by_label("Password", exact=True).fill(NEW)
    page.get_by_label("Password confirmation").fill("another one")
    press(page, "Register")
    expect(page.get_by_text("This user name is taken.").last).to_be_visible()
    expect(page.locator("#id_password2_error")).to_contain_text("match")
    expect(page.get_by_label("User name")).to_have_value("Alice")
    expect(page.get_by_label("User name")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("E-mail address")).to_have_value("zoe@example.com")
    expect(page.get_by_label("Password", exact=True)).to_have_value("")


def test_the_cookie_of_who_is_remembered_outlives_the_browser(page, context, sign_in):
    def expiry():
        (cookie,) = (each for each in context.cookies() if each["name"] == "sessionid")
        return cookie["expires"]

    sign_in()
    assert expiry() == -1
    sign_out(page)
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Remember me").check()
    press(page, "Sign in")
    expect(page.locator("summary", has_text="Menu of alice")).to_be_visible()
    assert 29 < (expiry() - time.time()) / (24 * 3600) <= 30


def test_changing_the_password(page, sign_in, alice):
    sign_in()
    elsewhere = Client()
    elsewhere.force_login(alice)
    page.goto("/accounts/password/")
    page.get_by_label("Old password").fill("not it")
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password confirmation").fill(NEW)
    press(page, "Change my password")
    expect(page.locator("#id_old_password_error")).to_be_visible()
    page.get_by_label("Old password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password confirmation").fill(NEW)
    press(page, "Change my password")
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    assert elsewhere.get("/accounts/password/").status_code == 302  # signed out
    sign_out(page)
    sign_in(password=NEW)


def test_the_language_and_the_time_zone_change_the_pages(page, context, sign_in, alice):
    moment = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    post = Post.objects.create(author=alice, body="hello", timestamp=moment)
    sign_in()
    page.goto("/accounts/settings/")
    page.get_by_label("Language").select_option("Español")
    page.get_by_label("Time zone").select_option("Europe/Athens")
    press(page, "Save")
    expect(page.get_by_role("heading", name="Preferencias")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "es")
    page.goto(post.get_absolute_url())
    expect(page.get_by_role("main").get_by_role("button", name="Responder")).to_be_visible()
    shown = page.locator(".post time")
    said = shown.get_attribute("title") if context.with_javascript else shown.text_content()
    assert "marzo" in said
    assert "14:00" in said
    page.goto("/accounts/settings/")
    page.get_by_label("Idioma").select_option("繁體中文")
    press(page, "Guardar")
    expect(page.get_by_role("heading", name="偏好設定")).to_be_visible()


def test_a_mail_leads_to_its_own_end(page, alice, bob):
    alice.mail_messages = True
    alice.save()
    message = Message.objects.create(sender=bob, recipient=alice, body="Hello")
    follow_link(page, compose_message(message), to="/accounts/unsubscribe")
    expect(page.get_by_text("Shall @alice get no more mails about messages?")).to_be_visible()
    press(page, "No more mails")
    expect(page.get_by_text("@alice gets no mails about messages.")).to_be_visible()
    alice.refresh_from_db()
    assert not alice.mail_messages


def test_what_is_written_outlives_the_session(page, sign_in, alice):
    sign_in()
    page.get_by_label("Text").fill("a thought, half\nand half")
    Session.objects.all().delete()
    press(page, "Post")
    expect(page.get_by_text("You were signed out.")).to_be_visible()
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Password").fill(PASSWORD)
    press(page, "Sign in")
    expect(page.get_by_label("Text")).to_have_value("a thought, half\nand half")
    press(page, "Post")
    expect(page.get_by_text("Your post is out.")).to_be_visible()
    assert Post.objects.get().body == "a thought, half\nand half"


def test_a_profile_with_a_picture(page, sign_in, tmp_path):
    sign_in()
    page.goto("/accounts/profile/")
    picture = page.get_by_role("main").locator("img.avatar")
    drawn = picture.get_attribute("src")
    page.get_by_label("Name", exact=True).fill("Alicia 愛麗絲")
    page.get_by_label("About me").fill("Small things.")
    page.get_by_label("New picture").set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": photo(size=(800, 600))}
    )
    press(page, "Save")
    expect(page.get_by_text("Your profile is saved.")).to_be_visible()
    expect(page.get_by_role("main").get_by_text("Alicia 愛麗絲", exact=True)).to_be_visible()
    assert picture.get_attribute("src") != drawn
    shown = page.request.get(picture.get_attribute("src"))
    assert shown.headers["content-type"] == "image/webp"

    page.get_by_label("Remove my picture").check()
    press(page, "Save")
    expect(picture).to_have_attribute("src", drawn)


def test_a_picture_of_fifty_megabytes_gets_a_page_with_words(page, context, sign_in, tmp_path):
    file = tmp_path / "huge.jpg"
    with file.open("wb") as huge:
        huge.truncate(50 << 20)
    sign_in()
    page.goto("/accounts/profile/")
    page.get_by_label("New picture").set_input_files(file)
    with page.expect_navigation():
        press(page, "Save")
    expect(page.get_by_role("heading", name="This is too large")).to_be_visible()
    assert "413" in context.problems.pop()


def test_what_is_no_picture_is_told_at_its_field(page, sign_in):
    sign_in()
    page.goto("/accounts/profile/")
    page.get_by_label("About me").fill("Kept.")
    page.get_by_label("New picture").set_input_files(
        {"name": "me.jpg", "mimeType": "image/jpeg", "buffer": b"MZ"}
    )
    press(page, "Save")
    expect(page.get_by_text("This is no picture that we know.").last).to_be_visible()
    expect(page.get_by_label("About me")).to_have_value("Kept.")


def test_changing_the_address(page, sign_in, mailoutbox):
    sign_in()
    page.goto("/accounts/email/")
    page.get_by_label("New e-mail address").fill("new@example.com")
    page.get_by_label("Your password").fill(PASSWORD)
    press(page, "Mail me the link")
    expect(page.get_by_text("A mail is on its way to new@example.com.")).to_be_visible()
    follow_link(page, mailoutbox[0])
    press(page, "Yes, change it")
    expect(page.get_by_text("go to new@example.com from now on")).to_be_visible()
    page.goto("/accounts/email/")
    expect(page.get_by_text("Your mails go to new@example.com.")).to_be_visible()


def test_a_forgotten_password(page, sign_in, mailoutbox):
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail address").fill("alice@example.com")
    press(page, "Mail me the link")
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    follow_link(page, mailoutbox[0])
    page.get_by_label("New password", exact=True).fill(NEW)
    page.get_by_label("New password confirmation").fill(NEW)
    press(page, "Change my password")
    expect(page.get_by_text("Your password is changed.")).to_be_visible()
    sign_in(password=NEW)


def test_deleting_the_account(page, sign_in, alice):
    Post.objects.create(author=alice, body="gone with the wind")
    sign_in()
    page.goto("/accounts/settings/")
    page.get_by_role("link", name="Delete account").click()
    expect(page.get_by_role("main").get_by_role("link", name="Export my posts")).to_be_visible()
    page.get_by_label("Your password").fill(PASSWORD)
    press(page, "Delete my account")
    expect(page.get_by_text("Your account is deleted.")).to_be_visible()
    expect(page.get_by_role("button", name="Sign out")).to_have_count(0)
    assert not get_user_model().objects.exists()
    assert not Post.objects.exists()
