"""What pages say of themselves and in which words, without a browser."""

import re

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from accounts.tests.photos import photo
from blog.models import Post

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
