import re

import pytest
from django.core import signing

from accounts.models import User
from conftest import PASSWORD

URL = "/accounts/email/"
FORM = {"email": "new@example.com", "password": PASSWORD}


def path_in(mail):
    return re.search(r"http://127\.0\.0\.1:8000(/accounts/email/\S+/)", mail.body)[1]


@pytest.fixture
def link(alices, mailoutbox):
    """The path of the link that was mailed to the new address."""
    alices.post(URL, FORM)
    return path_in(mailoutbox[0])


def test_it_mails_a_link_there_and_a_notice_here(alices, alice, mailoutbox):
    response = alices.post(URL, FORM, follow=True)
    assert b"on its way to new@example.com" in response.content
    link, notice = mailoutbox
    assert (link.to, notice.to) == (["new@example.com"], ["alice@example.com"])
    assert path_in(link) in link.alternatives[0].content
    assert "new@example.com" in notice.body
    assert path_in(link) not in notice.body
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


def test_following_the_link_asks_and_then_changes(client, alice, link):
    client.logout()  # who can read the mail need not be signed in
    assert b"new@example.com" in client.get(link).content
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    assert b"Done." in client.post(link).content
    alice.refresh_from_db()
    assert alice.email == "new@example.com"


def test_the_link_works_once(client, alice, link):
    client.post(link)
    for method in (client.get, client.post):
        response = method(link)
        assert response.status_code == 410
        assert b"has been used" in response.content


def test_a_new_password_ends_the_link(client, alice, link):
    """Who is told of a change that is not theirs takes another password, and that is enough."""
    alice.set_password("another-horse-battery")
    alice.save()
    assert client.post(link).status_code == 410
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


@pytest.mark.parametrize(("hours", "status"), [(23, 200), (25, 410)])
def test_the_link_holds_for_a_day(client, link, monkeypatch, hours, status):
    later = signing.time.time() + hours * 3600
    monkeypatch.setattr(signing.time, "time", lambda: later)
    assert client.get(link).status_code == status


@pytest.mark.parametrize("token", ["x", "x:y:z", "%00"])
def test_a_forged_link_gets_words(client, db, token):
    response = client.get(f"{URL}{token}/")
    assert response.status_code == 410
    assert b"older than a day" in response.content


def test_the_link_of_somebody_who_is_gone_gets_words(client, alice, link):
    alice.delete()
    assert client.post(link).status_code == 410


def test_who_took_the_address_meanwhile_keeps_it(client, alice, link):
    User.objects.create_user("zoe", "NEW@example.com")
    assert b"belongs to another account" in client.get(link).content
    assert b"belongs to another account" in client.post(link).content
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("password", "wrong", "not your password"),
        ("password", "", "required"),
        ("email", "BOB@example.com", "belongs to another account"),
        ("email", "alice@example.com", "already"),
        ("email", '"a\x1ex"@example.com', "control characters"),
        ("email", "not an address", "valid email"),
        ("email", f"{'a' * 60}@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.com", "at most 254"),
        ("email", "", "required"),
    ],
)
def test_bad_input_is_told_at_its_field_and_kept(alices, bob, mailoutbox, field, value, words):
    response = alices.post(URL, FORM | {field: value})
    assert words in str(response.context["form"].errors[field])
    assert response.context["form"]["email"].value() == (FORM | {field: value})["email"]
    assert not mailoutbox


def test_the_case_of_the_own_address_can_be_changed(alices, mailoutbox):
    assert alices.post(URL, FORM | {"email": "Alice@example.com"}).status_code == 302


def test_who_has_no_address_gets_one(alices, alice, mailoutbox):
    User.objects.update(email="")
    alices.post(URL, FORM)
    (link,) = mailoutbox
    alices.post(path_in(link))
    alice.refresh_from_db()
    assert alice.email == "new@example.com"


def test_a_mail_server_that_is_away_gets_words_and_keeps_what_was_typed(alices, nobody_answers):
    response = alices.post(URL, FORM)
    assert response.status_code == 503
    assert b"does not answer" in response.content
    assert response.context["form"]["email"].value() == "new@example.com"


def test_an_address_that_is_refused_is_told_at_its_field(alices, smtp):
    smtp.refusal = "550 no such box"
    response = alices.post(URL, FORM)
    assert "could not send" in str(response.context["form"].errors["email"])


def test_it_asks_visitors_to_sign_in(client, db):
    assert client.get(URL)["Location"].startswith("/accounts/login/")
