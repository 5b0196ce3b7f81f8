from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from blog import jobs, keyset
from blog.models import Message
from blog.views.messages import ON_A_PAGE
from tasks.models import Task

THREAD = "/messages/@bob/"


@pytest.fixture
def carol(django_user_model):
    return django_user_model.objects.create_user("carol", "carol@example.com")


def say(sender, recipient, body="Hello"):
    message = Message(sender=sender, recipient=recipient, body=body)
    message.send()
    return message


def shown(page):
    return [message.body for message in page.context["said"]]


class TestConversation:
    def test_what_is_sent_is_there_for_both(self, alices, client, alice, bob):
        sent = alices.post(THREAD, {"body": "Line\r\ntwo <b>"}, follow=True)
        assert sent.redirect_chain == [(f"{THREAD}#write", 302)]
        assert "Line\ntwo &lt;b&gt;" in sent.content.decode()
        client.force_login(bob)
        assert shown(client.get("/messages/@alice/")) == ["Line\ntwo <b>"]

    def test_nobody_else_sees_it(self, client, alice, bob, carol):
        say(alice, bob, "between us")
        client.force_login(carol)
        for address in (
            "/messages/",
            "/messages/@bob/",
            "/messages/@alice/",
            "/messages/received/",
            "/messages/sent/",
        ):
            response = client.get(address)
            assert response.status_code == 200
            assert b"between us" not in response.content

    def test_what_comes_while_it_is_drawn_is_not_read(self, alices, alice, bob, monkeypatch):
        say(bob, alice, "one")
        page = keyset.page

        def page_and_then(*args, **kwargs):
            found = page(*args, **kwargs)
            say(bob, alice, "two")
            return found

        monkeypatch.setattr(keyset, "page", page_and_then)
        assert shown(alices.get(THREAD)) == ["one"]
        assert [message.body for message in Message.objects.unread()] == ["two"]

    def test_what_was_typed_waits_for_the_sign_in(self, client, alice, bob):
        client.post(THREAD, {"body": "half a thought", "writer": alice.pk})
        client.force_login(alice)
        assert client.get(THREAD).context["form"]["body"].value() == "half a thought"

    def test_with_who_is_no_more_it_can_be_read_and_not_gone_on_with(self, alices, alice, bob):
        say(bob, alice, "farewell")
        type(bob).objects.filter(pk=bob.pk).update(is_active=False)
        assert THREAD in alices.get("/messages/").content.decode()
        page = alices.get(THREAD).content.decode()
        assert "farewell" in page
        assert "is not here any more" in page
        assert "<textarea" not in page
        page = alices.post(THREAD, {"body": "kept"}).content.decode()
        assert "gets no messages" in page
        assert "kept</textarea>" in page
        assert Message.objects.count() == 1

    def test_unread_ones_of_who_deleted_their_account_are_named(self, alices, alice, bob):
        say(bob, alice)
        bob.delete()
        page = alices.get("/messages/").content.decode()
        assert "1 unread message of somebody who is not here any more" in page
        alices.get("/messages/received/")
        assert alices.get("/messages/").context["waiting"].messages == 0

    def test_opening_it_is_reading_it(self, alices, alice, bob, carol):
        say(bob, alice)
        say(carol, alice)
        say(alice, bob)
        assert alices.get(THREAD).context["waiting"].messages == 1  # Carol's
        unread = Message.objects.unread().values_list("sender__username", "recipient__username")
        assert sorted(unread) == [("alice", "bob"), ("carol", "alice")]

    def test_the_newest_are_at_the_bottom_and_earlier_ones_a_click_away(self, alices, alice, bob):
        for number in range(ON_A_PAGE + 2):
            say(bob, alice, f"number {number}")
        page = alices.get(THREAD)
        assert shown(page) == [f"number {number}" for number in range(2, ON_A_PAGE + 2)]
        say(bob, alice, "meanwhile")
        assert shown(alices.get(THREAD, {"before": page.context["older"]})) == [
            "number 0",
            "number 1",
        ]
        assert not Message.objects.unread().filter(body="number 0").exists()

    @pytest.mark.parametrize("before", ["x", "-1", "0x1", "9" * 30, "٣", "\0"])
    def test_an_odd_place_is_the_newest_page(self, before, alices, alice, bob):
        say(bob, alice)
        assert shown(alices.get(THREAD, {"before": before})) == ["Hello"]

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ("", "Write something first."),
            (" \n", "Write something first."),
            ("x" * 1_001, "at most 1000 characters"),
            ("a\0b", "Null characters"),
        ],
    )
    def test_what_can_not_be_sent_is_kept_and_told(self, body, words, alices, bob):
        page = alices.post(THREAD, {"body": body})
        assert page.status_code == 200
        assert words in page.content.decode()
        assert page.context["form"]["body"].value() == body
        assert not Message.objects.exists()

    def test_a_thousand_characters_fit_whatever_the_line_ends(self, alices, bob):
        alices.post(THREAD, {"body": "🦜\r\n" * 500})
        assert len(Message.objects.get().body) == 1_000

    def test_nobody_writes_to_themselves(self, alices):
        page = alices.post("/messages/@alice/", {"body": "me"})
        assert "to yourself" in page.content.decode()
        assert page.context["form"]["body"].value() == "me"

    @pytest.mark.parametrize("blocks_first", ["alice", "bob"])
    def test_a_block_stops_both(self, blocks_first, client, alice, bob):
        first, second = (alice, bob) if blocks_first == "alice" else (bob, alice)
        first.block(second)
        for writer, other in ((alice, bob), (bob, alice)):
            client.force_login(writer)
            page = client.post(f"/messages/@{other.username}/", {"body": "kept"})
            assert "write to each other" in page.content.decode()
            assert "kept" in page.content.decode()
        assert not Message.objects.exists()

    def test_who_is_not_there_is_not_found(self, alices, bob):
        bob.is_active = False
        bob.save()
        for address in (THREAD, "/messages/@nobody/"):
            assert alices.get(address).status_code == 404
            assert alices.post(address, {"body": "x"}).status_code == 404

    @pytest.mark.parametrize("address", [THREAD, "/messages/", "/messages/received/"])
    def test_visitors_sign_in_first(self, address, client, bob):
        assert client.get(address)["Location"].startswith("/accounts/login/")

    @pytest.mark.parametrize("rows", [10, 20])
    def test_queries(self, rows, alices, alice, bob, django_assert_num_queries):
        for _ in range(rows):
            say(bob, alice)
        with django_assert_num_queries(6):  # with the one that marks them as read
            alices.get(THREAD)


class TestLists:
    def test_conversations_have_the_last_word_of_each(self, alices, alice, bob, carol):
        say(bob, alice, "first")
        say(bob, alice, "second")
        say(alice, carol, "mine")
        page = alices.get("/messages/")
        rows = [(row["message"].body, row["unread"]) for row in page.context["conversations"]]
        assert rows == [("mine", 0), ("second", 2)]
        assert 'href="/messages/@carol/#write"' in page.content.decode()

    def test_they_come_in_pages(self, alices, alice, django_user_model):
        people = django_user_model.objects.bulk_create(
            django_user_model(username=f"p{n}", email=f"p{n}@example.com")
            for n in range(keyset.PAGE_SIZE + 1)
        )
        for person in people:
            say(person, alice, person.username)
        page = alices.get("/messages/")
        assert len(page.context["conversations"]) == keyset.PAGE_SIZE
        older = alices.get("/messages/", {"before": page.context["older"]})
        assert [row["message"].body for row in older.context["conversations"]] == ["p0"]

    def test_received_and_sent(self, alices, alice, bob):
        say(bob, alice, "to me")
        say(alice, bob, "from me")
        assert shown(alices.get("/messages/sent/")) == ["from me"]
        assert Message.objects.unread().count() == 2
        assert shown(alices.get("/messages/received/")) == ["to me"]
        assert [message.body for message in Message.objects.unread()] == ["from me"]

    def test_what_people_wrote_who_are_no_more_stays(self, alices, alice, bob):
        say(bob, alice, "goodbye")
        bob.delete()
        assert b"A deleted account" in alices.get("/messages/received/").content
        assert alices.get("/messages/").status_code == 200

    @pytest.mark.parametrize("rows", [10, 20])
    @pytest.mark.parametrize(
        ("address", "count"),
        [("/messages/", 6), ("/messages/received/", 5), ("/messages/sent/", 4)],
    )
    def test_queries(
        self, address, count, rows, alices, alice, django_user_model, django_assert_num_queries
    ):
        for number in range(rows):
            person = django_user_model.objects.create_user(f"p{number}", f"p{number}@example.com")
            say(person, alice)
            say(alice, person)
        with django_assert_num_queries(count):
            alices.get(address)


class TestMail:
    @pytest.fixture(autouse=True)
    def wanted(self, bob):
        bob.mail_messages, bob.language = True, "es"
        bob.save()

    def work(self):
        for task in Task.objects.filter(state="queued"):
            jobs.mail_message(str(task.pk))

    def test_who_wants_to_know_gets_a_mail_that_does_not_tell_what_it_says(self, alice, bob):
        message = say(alice, bob, "our secret")
        self.work()
        (sent,) = mail.outbox
        assert sent.to == ["bob@example.com"]
        assert sent.subject == "@alice te ha escrito"
        assert "http://127.0.0.1:8000/messages/@alice/" in sent.body
        assert "our secret" not in sent.body + sent.alternatives[0][0]
        assert sent.extra_headers["Message-ID"] == f"<message-{message.pk}@127.0.0.1>"

    def test_one_mail_until_it_is_read(self, alice, bob):
        say(alice, bob)
        say(alice, bob)
        self.work()
        assert len(mail.outbox) == 1
        Message.objects.mark_read()
        say(alice, bob)
        self.work()
        assert len(mail.outbox) == 2

    def test_what_was_read_meanwhile_is_not_mailed(self, alice, bob):
        say(alice, bob)
        Message.objects.update(read_at=timezone.now() - timedelta(seconds=1))
        self.work()
        assert not mail.outbox

    @pytest.mark.parametrize("end", ["sender", "recipient"])
    @pytest.mark.parametrize("is_deleted", [True, False])
    def test_nobody_is_told_of_who_is_no_more(self, end, is_deleted, alice, bob):
        message = say(alice, bob)
        person = getattr(message, end)
        if is_deleted:
            person.delete()
        else:
            type(person).objects.filter(pk=person.pk).update(is_active=False)
        self.work()
        assert not mail.outbox

    @pytest.mark.parametrize(
        "part",
        [
            lambda bob, alice: bob.mutes.add(alice),
            lambda bob, alice: bob.block(alice),
            lambda bob, alice: alice.block(bob),
        ],
        ids=["muted", "blocked", "blocked by"],
    )
    def test_nobody_is_told_of_whom_they_have_left_meanwhile(self, part, alice, bob):
        say(alice, bob)
        part(bob, alice)
        self.work()
        assert not mail.outbox

    def test_what_the_muted_write_is_there_and_is_not_mailed(self, client, alice, bob):
        bob.mutes.add(alice)
        say(alice, bob, "quietly")
        assert not Task.objects.exists()
        client.force_login(bob)
        assert shown(client.get("/messages/@alice/")) == ["quietly"]

    def test_who_does_not_want_it_gets_none(self, alice, bob):
        say(bob, alice)
        assert not Task.objects.exists()

    def test_one_click_ends_it(self, client, alice, bob):
        say(alice, bob)
        self.work()
        url = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>")
        client.post(url.removeprefix("http://127.0.0.1:8000"), {"List-Unsubscribe": "One-Click"})
        bob.refresh_from_db()
        assert not bob.mail_messages
