from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError

from blog.models import Post


def invalid(**fields):
    """The messages that a post with these fields is refused with."""
    with pytest.raises(ValidationError) as refused:
        Post(**fields).clean_fields(exclude=["author"])
    return refused.value.message_dict


@pytest.mark.parametrize(
    "body",
    [
        "a",
        "x" * 500,
        "🏳️‍🌈 e\u0301 \u202e مرحبا 你好",
        "\x1b[32m kept, like \x07 and \x7f",
        "  two spaces\n\tand a tab  ",
    ],
)
def test_any_text_is_kept_to_the_letter(alice, body):
    post = Post(author=alice, body=body)
    post.full_clean()
    post.save()
    assert Post.objects.get().body == body


def test_line_ends_become_newlines_before_they_are_counted(alice):
    post = Post(author=alice, body="ab\r\n" * 125 + "\r" * 125)
    post.full_clean()
    assert post.body == "ab\n" * 125 + "\n" * 125


def test_length_is_counted_in_code_points(alice):
    Post(author=alice, body="🦜" * 500).full_clean()
    assert "500" in invalid(body="🦜" * 501)["body"][0]


@pytest.mark.parametrize("body", ["", " ", "\r\n", "\u3000\u2003"])
def test_blank_is_refused(body):
    assert invalid(body=body)["body"] == ["Write something first."]


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_what_no_database_can_hold_is_refused(text):
    assert set(invalid(body=text, title=text)) == {"body", "title"}


def test_a_title_has_at_most_140_characters():
    assert "140" in invalid(title="t" * 141, body="b")["title"][0]


def test_after_and_before_split_posts_of_the_same_moment_by_id(alice):
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    posts = [
        Post.objects.create(author=alice, body="b", timestamp=moment + timedelta(seconds=second))
        for second in (0, 1, 1, 1, 2)
    ]
    middle = posts[2]
    assert list(Post.objects.after(middle.timestamp, middle.pk).oldest_first()) == posts[3:]
    assert list(Post.objects.before(middle.timestamp, middle.pk).oldest_first()) == posts[:2]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"title": "A title", "body": "b"}, "A title"),
        ({"body": "\n\n  first line\nsecond"}, "first line second"),
        ({"body": "x" * 100}, "x" * 59 + "…"),
    ],
)
def test_a_post_is_named_by_its_first_words(fields, words):
    assert str(Post(**fields)) == words
