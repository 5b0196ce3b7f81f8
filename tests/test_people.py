"""What people do with their account, in a browser, with JavaScript and without."""

import re

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import expect

from accounts.tests.photos import photo
from blog.models import Post
from conftest import PASSWORD

pytestmark = pytest.mark.browser

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


def follow_link(page, mail):
    """Open the link of a mail, on the site under test."""
    page.goto(re.search(r"http://127\.0\.0\.1:8000(/\S+)", mail.body)[1])


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
    expect(page.get_by_text("This is no picture that we know.")).to_be_visible()
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
