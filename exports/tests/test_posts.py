from datetime import UTC, datetime, timedelta

import pytest

from blog.models import Post
from exports import posts

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def read(author, last_id=10**9, size=2):
    return [item["body"] for chunk in posts.read(author.pk, last_id, size) for item in chunk]


def test_an_item_has_the_keys_of_the_original_file(alice):
    Post.objects.create(author=alice, body="b", timestamp=MOMENT)
    Post.objects.create(author=alice, body="b", title="t", timestamp=MOMENT)
    assert list(posts.read(alice.pk, 10**9, 10)) == [
        [
            {"body": "b", "timestamp": "2026-01-02T03:04:05Z"},
            {"body": "b", "timestamp": "2026-01-02T03:04:05Z", "title": "t"},
        ]
    ]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_all_come_oldest_first_also_when_moments_are_shared(alice, bob, size):
    seconds = [5, 1, 1, 1, 3, 0, 5]
    for number, second in enumerate(seconds):
        moment = MOMENT + timedelta(seconds=second)
        Post.objects.create(author=alice, body=str(number), timestamp=moment)
    Post.objects.create(author=bob, body="not hers")
    assert read(alice, size=size) == ["5", "1", "2", "3", "4", "0", "6"]


def test_what_is_newer_than_the_snapshot_is_left_out(alice):
    old = Post.objects.create(author=alice, body="old")
    Post.objects.create(author=alice, body="new", timestamp=MOMENT)
    assert read(alice, last_id=old.pk) == ["old"]


def test_what_is_deleted_meanwhile_is_passed_over(alice):
    for number in range(4):
        Post.objects.create(author=alice, body=str(number))
    reading = posts.read(alice.pk, 10**9, 2)
    first = next(reading)
    Post.objects.filter(body__in=["1", "2"]).delete()
    assert [item["body"] for item in first + next(reading)] == ["0", "1", "3"]


def test_a_chunk_is_one_query(alice, django_assert_num_queries):
    for number in range(4):
        Post.objects.create(author=alice, body=str(number))
    with django_assert_num_queries(3):  # two full chunks and an empty one
        read(alice, size=2)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 7, tzinfo=UTC), "2026-01-02T03:04:05.000007Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 120000, tzinfo=UTC), "2026-01-02T03:04:05.120000Z"),
        (datetime(987, 1, 2, tzinfo=UTC), "0987-01-02T00:00:00Z"),
    ],
)
def test_the_database_writes_times_as_python_would(alice, moment, text):
    Post.objects.create(author=alice, body="b", timestamp=moment)
    assert Post.objects.values_list(posts.Iso8601("timestamp"), flat=True).get() == text
    assert datetime.fromisoformat(text) == moment
