"""What pages say of themselves and in which words, without a browser."""

import re
from urllib.robotparser import RobotFileParser

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from accounts.tests.photos import photo
from blog.models import Post
from conftest import PASSWORD

pytestmark = pytest.mark.django_db


def image_of(page):
    """Where the picture is that others draw beside a link to the page."""
    return re.search(r'property="og:image" content="([^"]+)"', page.content.decode())[1]


def test_a_drawn_picture_is_not_offered_to_those_who_draw_no_svg(client, alice):
    post = Post.objects.create(author=alice, body="Hello")
    for page in ("/@alice/", post.get_absolute_url()):
        assert image_of(client.get(page)).endswith("/static/icon-512.png")


def test_a_picture_of_one_s_own_is(client, alice):
    alice.change_avatar(photo())
    assert "/@alice/avatar/?v=" in image_of(client.get("/@alice/"))


def test_the_day_of_joining_is_a_time(client, alice):
    moment = alice.date_joined.isoformat()
    page = client.get("/@alice/").content.decode()
    assert re.search(rf'Here since\s+<time datetime="{re.escape(moment)}" data-day', page)


@pytest.mark.parametrize(
    ("language", "words"), [("en", "edited"), ("es", "editada"), ("zh-hant", "已編輯")]
)
def test_an_edited_post_says_so(alices, alice, language, words):
    alice.language = language
    alice.save()
    post = Post.objects.create(author=alice, body="Hello")
    post.revise("", "Hello!")
    page = alices.get(post.get_absolute_url()).content.decode()
    assert f'href="{post.get_absolute_url()}history/">{words}</a>' in page


@pytest.mark.parametrize("language", ["en", "es", "zh-hant"])
def test_languages_call_themselves_what_they_do(alices, alice, language):
    alice.language = language
    alice.save()
    page = alices.get("/accounts/settings/").content.decode()
    for name in ("English", "Español", "繁體中文"):
        assert re.search(rf"<option [^>]*>{name}</option>", page)


def test_in_spanish_the_page_for_who_is_too_fast_says_what_works_again(rf):
    with translation.override("es"):
        said = render_to_string("429.html", {"minutes": 2}, rf.get("/"))
    assert "podrás hacerlo otra vez" in said


@pytest.mark.parametrize("address", ["/", "/explore/", "/@alice/", "/accounts/login/", "/exports/"])
def test_a_page_says_what_it_is_about(client, alice, address):
    if address == "/exports/":
        client.force_login(alice)
    page = client.get(address).content.decode()
    (about,) = re.findall(r'<meta name="description" content="([^"]+)">', page)
    assert about.startswith("Write short posts")
    alice.about = "Librarian"
    alice.save()
    said = "Librarian" if address == "/@alice/" else about
    assert f'<meta name="description" content="{said}">' in client.get(address).content.decode()


def test_of_a_long_post_others_are_told_the_beginning(client, alice):
    post = Post.objects.create(author=alice, body="Hello " * 500)
    page = client.get(post.get_absolute_url()).content.decode()
    told = re.findall(r'(?:name="description"|og:description") content="([^"]+)"', page)
    assert [len(each) for each in told] == [300, 300]


def test_programs_that_read_are_kept_from_what_is_nothing_for_them(client):
    robots = RobotFileParser()
    robots.parse(client.get("/robots.txt").content.decode().splitlines())
    reading = {each for each in ("/", "/@alice/", "/exports/") if robots.can_fetch("x", each)}
    assert reading == {"/", "/@alice/", "/exports/"}
    for kept_from in ("/accounts/settings/", "/admin/", "/search/?q=x"):
        assert not robots.can_fetch("x", kept_from)


def title_of(response):
    return re.search("<title>(.*?)</title>", response.content.decode(), re.DOTALL)[1].strip()


def test_what_was_found_is_counted_in_the_title(client, alice):
    for body in ("lemons", "lemon"):
        Post.objects.create(author=alice, body=body)
    assert "2 posts found" in title_of(client.get("/search/?q=lemons"))
    assert "0 posts found" in title_of(client.get("/search/?q=limes"))


def test_a_form_says_above_itself_what_is_wrong_and_where(client, alice):
    given = {"username": "alice", "email": "a@example.com", "password1": PASSWORD}
    page = client.post("/accounts/register/", given).content.decode()
    summary = re.search(r'<div class="alert.*?</div>', page, re.DOTALL)[0]
    assert "autofocus" in summary
    assert page.index("autofocus") == page.index(summary) + summary.index("autofocus")
    assert re.findall(r'href="#(\w+)"', summary) == ["id_username", "id_password2"]
    for field in ("username", "password2"):
        widget = re.search(rf'<input[^>]*name="{field}"[^>]*>', page)[0]
        assert 'aria-invalid="true"' in widget
        described = re.search('aria-describedby="([^"]*)"', widget)[1].split()
        assert f"id_{field}_error" in described
        assert all(f'id="{part}"' in page for part in described)
    assert 'value="a@example.com"' in page


def test_a_group_of_boxes_is_led_to_as_well(alices):
    page = alices.post("/accounts/tokens/", {"name": "Phone", "password": PASSWORD})
    assert b'href="#id_scopes"' in page.content
    assert b'id="id_scopes" tabindex="-1"' in page.content


def test_browsers_can_fill_in_what_they_know_of_a_person(client, alices):
    known = {
        "/accounts/profile/": {"display_name": "nickname"},
        "/accounts/settings/": {"language": "language"},
        "/accounts/email/": {"email": "email", "password": "current-password"},
        "/accounts/password/": {
            "old_password": "current-password",
            "new_password1": "new-password",
        },
        "/accounts/login/": {"username": "username", "password": "current-password"},
        "/accounts/password-reset/": {"email": "email"},
    }
    for address, fields in known.items():
        page = alices.get(address).content.decode()
        for name, purpose in fields.items():
            widget = re.search(rf'<(?:input|select)[^>]*name="{name}"[^>]*>', page)[0]
            assert f'autocomplete="{purpose}"' in widget, address


def test_a_title_is_in_the_language_of_its_post(client, alice):
    post = Post.objects.create(
        author=alice, title="Hola a todos", body="Buenos días", language="es"
    )
    page = client.get(post.get_absolute_url()).content.decode()
    assert re.search(r'<h1 class="post-title" dir="auto" lang="es">', page)


@pytest.mark.parametrize(
    ("language", "number"), [("en", "12,345"), ("es", "12\xa0345"), ("zh-hant", "12,345")]
)
def test_numbers_are_grouped_as_in_the_language(language, number):
    with translation.override(language):
        tally = {"at_snapshot": 12345, "exported": 12345, "failed": 0}
        assert f" {number}\n" in render_to_string("exports/_tally.txt", {"tally": tally})


def test_numbers_that_name_something_are_not(alices, alice):
    post = Post.objects.create(pk=12345, author=alice, body="Hello")
    assert 'id="post-12345"' in alices.get(post.get_absolute_url()).content.decode()
