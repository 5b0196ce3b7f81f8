"""Messages and notifications."""

import pytest

from accounts.models import User
from blog.models import Message, Notification, Post

from .conftest import Program

MESSAGES, NOTIFICATIONS = "/api/v2/messages", "/api/v2/notifications"


def say(sender, recipient, body="Hello"):
    message = Message(sender=sender, recipient=recipient, body=body)
    message.send()
    return message


@pytest.fixture
def carol(django_user_model):
    return django_user_model.objects.create_user("carol", "carol@example.com")


def shown(response):
    assert response.status_code == 200
    return response.json()["results"]


class TestMessages:
    def test_one_is_sent(self, alices_program, bobs_program, alice, bob):
        response = alices_program.post(f"{MESSAGES}/BOB", {"body": "Line\r\ntwo"})
        assert response.status_code == 201
        (message,) = shown(bobs_program.get(f"{MESSAGES}/alice"))
        assert message == response.json()
        assert (message["body"], message["read_at"]) == ("Line\ntwo", None)
        assert (message["sender"]["username"], message["recipient"]["username"]) == ("alice", "bob")

    def test_conversations_have_the_last_word_of_each(self, alices_program, alice, bob, carol):
        say(bob, alice, "first")
        say(bob, alice, "second")
        say(alice, carol, "mine")
        rows = [
            (row["person"]["username"], row["latest"]["body"], row["unread"])
            for row in shown(alices_program.get(MESSAGES))
        ]
        assert rows == [("carol", "mine", 0), ("bob", "second", 2)]

    def test_they_come_in_pages(self, alices_program, alice, bob, carol):
        for person in (bob, carol):
            say(person, alice, person.username)
        first = alices_program.get(f"{MESSAGES}?limit=1")
        second = alices_program.get(first.json()["next"])
        texts = [row["latest"]["body"] for row in shown(first) + shown(second)]
        assert texts == ["carol", "bob"]

    def test_looking_is_not_reading(self, alices_program, alice, bob):
        messages = [say(bob, alice, str(number)) for number in range(3)]
        say(alice, bob, "mine")
        assert len(shown(alices_program.get(f"{MESSAGES}/bob"))) == 4
        assert Message.objects.unread().count() == 4
        response = alices_program.post(f"{MESSAGES}/bob/read", {"until": messages[1].pk})
        assert response.status_code == 204
        unread = [message.body for message in Message.objects.unread()]
        assert sorted(unread) == ["2", "mine"]

    def test_nobody_else_sees_them(self, alice, bob, carol):
        say(alice, bob, "between us")
        program = Program(carol)
        for path in ("", "/alice", "/bob"):
            assert shown(program.get(MESSAGES + path)) == []
        assert shown(program.get("/api/v2/me/received")) == []
        program.post(f"{MESSAGES}/alice/read", {"until": 2**63 - 1})
        assert Message.objects.unread().exists()

    def test_what_people_wrote_who_are_no_more_can_be_read(self, alices_program, alice, bob):
        message = say(bob, alice, "farewell")
        bob.delete()
        assert shown(alices_program.get(MESSAGES)) == []
        (received,) = shown(alices_program.get("/api/v2/me/received"))
        assert (received["body"], received["sender"]) == ("farewell", None)
        response = alices_program.post("/api/v2/me/received/read", {"until": message.pk})
        assert response.status_code == 204
        assert not Message.objects.unread().exists()

    def test_a_block_stops_both(self, alices_program, bobs_program, alice, bob):
        alice.block(bob)
        for program, other in ((alices_program, "bob"), (bobs_program, "alice")):
            response = program.post(f"{MESSAGES}/{other}", {"body": "x"})
            assert response.status_code == 403
            assert response.json()["detail"] == f"You and @{other} can't write to each other."
        assert not Message.objects.exists()

    def test_nobody_writes_to_themselves(self, alices_program):
        response = alices_program.post(f"{MESSAGES}/alice", {"body": "x"})
        assert (response.status_code, response.json()["detail"]) == (
            403,
            "You can't write a message to yourself.",
        )

    def test_with_who_is_not_there(self, alices_program, alice, bob):
        for ask in (alices_program.get, alices_program.post):
            assert ask(f"{MESSAGES}/nobody").status_code == 404
        say(bob, alice)
        User.objects.filter(pk=bob.pk).update(is_active=False)
        assert len(shown(alices_program.get(f"{MESSAGES}/bob"))) == 1
        assert alices_program.post(f"{MESSAGES}/bob", {"body": "x"}).status_code == 403

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("body", ""),
            ("body", " \n"),
            ("body", "x" * 1_001),
            ("body", "a\0b"),
            ("body", None),
            ("body", 1),
            ("to", "bob"),
        ],
    )
    def test_what_can_not_be_sent_is_told_by_name(self, alices_program, bob, name, value):
        response = alices_program.post(f"{MESSAGES}/bob", {"body": "x"} | {name: value})
        assert (response.status_code, list(response.json()["errors"])) == (400, [name])
        assert not Message.objects.exists()

    @pytest.mark.parametrize("value", [None, 0, -1, "1", 2**63, True, 1.5, []])
    @pytest.mark.parametrize(
        "path", [f"{MESSAGES}/bob/read", "/api/v2/me/received/read", f"{NOTIFICATIONS}/read"]
    )
    def test_up_to_what_is_none(self, alices_program, bob, path, value):
        response = alices_program.post(path, {"until": value})
        assert (response.status_code, list(response.json()["errors"])) == (400, ["until"])

    @pytest.mark.parametrize("rows", [10, 20])
    def test_queries(self, alices_program, alice, bob, rows, django_assert_num_queries):
        people = [User(username=f"p{n}", email=f"{n}@example.com") for n in range(rows)]
        for person in User.objects.bulk_create(people):
            say(person, alice)
            say(bob, alice)
        alices_program.get("/api/v2/me")
        for path, queries in {"messages": 3, "messages/bob": 3, "me/received": 2}.items():
            with django_assert_num_queries(queries):
                alices_program.get(f"/api/v2/{path}")

    def test_sending_is_cheap(self, alices_program, bob, django_assert_max_num_queries):
        User.objects.filter(pk=bob.pk).update(mail_messages=True)
        alices_program.get("/api/v2/me")
        with django_assert_max_num_queries(12):
            alices_program.post(f"{MESSAGES}/bob", {"body": "x"})


class TestNotifications:
    @pytest.fixture
    def told(self, alice, bob):
        """Two that Alice has: of a post, and of a follow."""
        Post(author=bob, body="Hello @alice").publish()
        Notification.objects.tell(alice, kind="followed", actor=bob)
        return list(alice.notifications.order_by("pk"))

    def test_the_latest_first(self, alices_program, bob, told):
        followed, mentioned = shown(alices_program.get(NOTIFICATIONS))
        post = Post.objects.get()
        assert (mentioned["kind"], mentioned["post"]) == ("mentioned", post.pk)
        assert mentioned["url"] == f"http://127.0.0.1:8000/posts/{post.pk}/"
        assert (followed["kind"], followed["post"]) == ("followed", None)
        assert followed["url"] == "http://127.0.0.1:8000/@bob/"
        assert followed["actor"]["username"] == "bob"

    def test_of_no_person(self, alices_program, alice):
        Notification.objects.tell(alice, kind="export_ready", url="/exports/x/")
        (one,) = shown(alices_program.get(NOTIFICATIONS))
        assert (one["actor"], one["url"]) == (None, "http://127.0.0.1:8000/exports/x/")

    def test_they_are_read_up_to_one(self, alices_program, told):
        assert shown(alices_program.get(NOTIFICATIONS))[0]["read_at"] is None
        response = alices_program.post(f"{NOTIFICATIONS}/read", {"until": told[0].pk})
        assert response.status_code == 204
        assert [one["read_at"] is None for one in shown(alices_program.get(NOTIFICATIONS))] == [
            True,
            False,
        ]

    def test_one(self, alices_program, bobs_program, told):
        address = f"{NOTIFICATIONS}/{told[0].pk}"
        assert alices_program.get(address).json()["kind"] == "mentioned"
        assert bobs_program.get(address).status_code == 404
        assert alices_program.get(f"{NOTIFICATIONS}/{10**40}").status_code == 404
        bobs_program.post(f"{NOTIFICATIONS}/read", {"until": 2**63 - 1})
        assert Notification.objects.unread().count() == 2

    def test_not_of_whom_one_has_muted(self, alices_program, alice, bob, told):
        alice.mutes.add(bob)
        assert shown(alices_program.get(NOTIFICATIONS)) == []
        assert alices_program.get(f"{NOTIFICATIONS}/{told[0].pk}").status_code == 404

    @pytest.mark.parametrize("rows", [10, 20])
    def test_queries(self, alices_program, alice, bob, rows, django_assert_num_queries):
        for _ in range(rows):
            Post(author=bob, body="Hello @alice").publish()
        alices_program.get("/api/v2/me")
        with django_assert_num_queries(2):
            alices_program.get(NOTIFICATIONS)


@pytest.mark.parametrize(
    "path",
    [MESSAGES, f"{MESSAGES}/bob", NOTIFICATIONS, f"{NOTIFICATIONS}/1", "/api/v2/me/received"],
)
def test_nothing_of_it_is_for_visitors(visitor, bob, path):
    assert visitor.get(path).status_code == 401
