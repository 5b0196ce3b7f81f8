from datetime import UTC, datetime, timedelta

import pytest

from blog.models import Message, Post
from exports import reading
from exports.models import Export

MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def read(author, size=2):
    return [item["body"] for chunk in reading.posts(author.posts, size) for item in chunk]


def test_an_item_has_the_keys_of_the_original_file(alice):
    Post.objects.create(author=alice, body="b", timestamp=MOMENT)
    Post.objects.create(author=alice, body="b", title="t", timestamp=MOMENT)
    (chunk,) = reading.posts(alice.posts)
    assert [{key: item[key] for key in ("body", "timestamp")} for item in chunk] == [
        {"body": "b", "timestamp": "2026-01-02T03:04:05Z"}
    ] * 2
    assert [item.get("title") for item in chunk] == [None, "t"]


def test_an_item_has_all_that_is_known_of_a_post(alice):
    first = Post.objects.create(author=alice, body="1", timestamp=MOMENT)
    Post.objects.create(
        author=alice,
        title="t",
        body="2",
        timestamp=MOMENT,
        edited_at=MOMENT + timedelta(hours=1),
        language="es",
        reply_to=first,
    )
    ((_, item),) = reading.posts(alice.posts)
    assert list(item.items()) == [
        ("body", "2"),
        ("timestamp", "2026-01-02T03:04:05Z"),
        ("id", first.pk + 1),
        ("url", f"http://127.0.0.1:8000/posts/{first.pk + 1}/"),
        ("title", "t"),
        ("edited", "2026-01-02T04:04:05Z"),
        ("language", "es"),
        ("reply_to", f"http://127.0.0.1:8000/posts/{first.pk}/"),
    ]


def test_messages_people_and_earlier_words_are_read_in_order(alice, bob, django_user_model):
    for number in range(3):
        sender, recipient = (alice, bob) if number % 2 else (bob, alice)
        Message.objects.create(sender=sender, recipient=recipient, body=str(number), sent_at=MOMENT)
    Message.objects.filter(body="0").update(read_at=MOMENT)
    Message.objects.filter(body="2").update(sender=None)
    alice.following.create(followed=bob)
    alice.followed_by.create(follower=bob)
    post = Post.objects.create(author=alice, body="now")
    post.revisions.create(title="", body="before", said_at=MOMENT)
    at = "2026-01-02T03:04:05Z"
    ((first, second, third),) = reading.messages(alice)
    assert first == {"from": "bob", "to": "alice", "sent": at, "body": "0", "read": at}
    assert second == {"from": "alice", "to": "bob", "sent": at, "body": "1"}
    assert third["from"] == ""
    for people in (reading.following(alice), reading.followers(alice)):
        ((person,),) = people
        assert (person["username"], person["url"]) == ("bob", "http://127.0.0.1:8000/@bob/")
    ((said,),) = reading.revisions(alice)
    assert said == {"post": post.pk, "said": at, "title": "", "body": "before"}


def test_the_account_names_who_is_muted_and_blocked(alice, bob, django_user_model):
    carol = django_user_model.objects.create_user("carol")
    alice.mutes.add(bob)
    alice.block(carol)
    account = reading.account(alice)
    assert (account["muted"], account["blocked"]) == (["bob"], ["carol"])


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
    export = Export(owner=alice, last_id=old.pk)
    assert [item["body"] for chunk in reading.posts(export.posts) for item in chunk] == ["old"]


def test_what_is_deleted_meanwhile_is_passed_over(alice):
    for number in range(4):
        Post.objects.create(author=alice, body=str(number))
    chunks = reading.posts(alice.posts, 2)
    first = next(chunks)
    Post.objects.filter(body__in=["1", "2"]).delete()
    assert [item["body"] for item in first + next(chunks)] == ["0", "1", "3"]


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
    assert Post.objects.values_list(reading.Iso8601("timestamp"), flat=True).get() == text
    assert datetime.fromisoformat(text) == moment
