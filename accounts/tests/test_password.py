import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.test import Client

from conftest import PASSWORD

CHANGE = "/accounts/password/"
RESET = "/accounts/password-reset/"
SENT = "/accounts/password-reset/sent/"
NEW = "another-horse-battery"
TWICE = {"new_password1": NEW, "new_password2": NEW}


class TestChange:
    def test_it_works_and_keeps_this_session_only(self, alices, alice):
        elsewhere = Client()
        elsewhere.force_login(alice)
        form = {"old_password": PASSWORD} | TWICE
        response = alices.post(CHANGE, form, follow=True)
        assert b"Your password is changed." in response.content
        assert response.context["user"] == alice
        alice.refresh_from_db()
        assert alice.check_password(NEW)
        assert elsewhere.get(CHANGE).status_code == 302

    def test_who_wanted_to_be_remembered_still_is(self, client, alice):
        sign_in = {"username": "alice", "password": PASSWORD, "remember": "on"}
        client.post("/accounts/login/", sign_in)
        client.post(CHANGE, {"old_password": PASSWORD} | TWICE)
        assert not client.session.get_expire_at_browser_close()

    @pytest.mark.parametrize(
        ("form", "field"),
        [
            ({"old_password": "wrong"} | TWICE, "old_password"),
            ({"old_password": PASSWORD, "new_password1": NEW, "new_password2": "x"}, None),
            ({"old_password": PASSWORD, "new_password1": "123", "new_password2": "123"}, None),
            ({}, "old_password"),
        ],
    )
    def test_bad_input_is_told_at_its_field(self, alices, alice, form, field):
        errors = alices.post(CHANGE, form).context["form"].errors
        assert field in errors if field else "new_password2" in errors
        alice.refresh_from_db()
        assert alice.check_password(PASSWORD)

    def test_it_asks_visitors_to_sign_in(self, client, db):
        assert client.get(CHANGE)["Location"].startswith("/accounts/login/")


@pytest.fixture
def link(client, alice, mailoutbox):
    """The path of the link that was mailed."""
    client.post(RESET, {"email": "ALICE@example.com"})
    return path_in(mailoutbox[0])


def path_in(mail):
    return re.search(r"http://127\.0\.0\.1:8000(/accounts/password-reset/\S+)", mail.body)[1]


class TestReset:
    def test_it_works(self, client, alice, link):
        form = client.get(link, follow=True)
        assert form.context["validlink"]
        (address, _) = form.redirect_chain[-1]
        response = client.post(address, TWICE, follow=True)
        assert b"Your password is changed." in response.content
        alice.refresh_from_db()
        assert alice.check_password(NEW)

    def test_the_link_works_once(self, client, alice, link):
        (address, _) = client.get(link, follow=True).redirect_chain[-1]
        client.post(address, TWICE)
        again = Client().get(link, follow=True)
        assert not again.context["validlink"]
        assert b"no longer works" in again.content

    def test_the_link_holds_for_an_hour(self, client, alice, link, monkeypatch):
        for minutes, holds in ((59, True), (61, False)):
            later = datetime.now() + timedelta(minutes=minutes)
            monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self, now=later: now)
            assert Client().get(link, follow=True).context["validlink"] is holds

    @pytest.mark.parametrize("link", ["x/y/", "MQ/set-password/", "MQ/c-0/"])
    def test_a_forged_link_gets_words(self, client, db, link):
        assert b"no longer works" in client.get(RESET + link, follow=True).content

    def test_the_mail_is_in_the_language_of_its_reader_in_text_and_html(
        self, client, alice, mailoutbox
    ):
        alice.language = "es"
        alice.save()
        client.post(RESET, {"email": alice.email})
        (mail,) = mailoutbox
        assert mail.to == [alice.email]
        ((html, kind),) = [(part.content, part.mimetype) for part in mail.alternatives]
        assert kind == "text/html"
        assert '<html lang="es">' in html
        assert path_in(mail) in html

    @pytest.mark.parametrize("email", ["nobody@example.com", "alice@example.com"])
    def test_the_answer_is_the_same_whether_or_not_there_is_such_an_address(
        self, client, alice, email
    ):
        assert client.post(RESET, {"email": email})["Location"] == SENT
        assert b"If an account has this address" in client.get(SENT).content

    @pytest.mark.parametrize("email", ["nobody@example.com", "alice@example.com"])
    def test_a_mail_server_that_is_away_gets_words_and_keeps_what_was_typed(
        self, client, alice, nobody_answers, email
    ):
        response = client.post(RESET, {"email": email})
        assert response.status_code == 503
        assert b"does not answer" in response.content
        assert response.context["form"]["email"].value() == email

    def test_a_refusal_says_nothing_of_who_is_there(self, client, alice, smtp):
        smtp.refusal = "550 no such box"
        assert client.post(RESET, {"email": alice.email})["Location"] == SENT

    @pytest.mark.parametrize("email", ["", "not an address", "nul\0@example.com"])
    def test_bad_input_is_told_at_its_field(self, client, db, email):
        response = client.post(RESET, {"email": email})
        assert response.context["form"].errors["email"]

    def test_the_pages_lead_there(self, client, db):
        assert RESET.encode() in client.get("/accounts/login/").content
