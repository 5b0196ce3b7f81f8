import json

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.test import Client
from django.utils import timezone

from accounts.models import Token, User
from conftest import PASSWORD, make_person
from tasks.registry import Refused

OWN_PAGE = "/accounts/settings/"
SIGN_IN = {"username": "alice", "password": PASSWORD}


@pytest.fixture
def admin(db):
    person = make_person("root")
    User.objects.filter(pk=person.pk).update(is_staff=True)
    return User.objects.get(pk=person.pk)


def suspend(person, admin, words="Please stop."):
    assert person.suspend(admin, reason="Spam", words=words)


def test_sessions_end_at_once_and_for_good(alices, alice, admin):
    assert alices.get(OWN_PAGE).status_code == 200
    suspend(alice, admin)
    assert alices.get(OWN_PAGE).status_code == 302
    alice.restore(admin)
    assert alices.get(OWN_PAGE).status_code == 302
    assert alices.post("/accounts/login/", SIGN_IN).status_code == 302
    assert alices.get(OWN_PAGE).status_code == 200


def test_a_session_that_was_not_used_meanwhile_ends_too(alices, alice, admin):
    suspend(alice, admin)
    alice.restore(admin)
    assert alices.get(OWN_PAGE).status_code == 302


def test_sessions_of_all_others_stay(alices, alice, bob, admin):
    assert alice.get_session_auth_hash() == AbstractBaseUser.get_session_auth_hash(alice)
    suspend(bob, admin)
    assert alices.get(OWN_PAGE).status_code == 200


def test_a_session_of_an_older_key_ends_too(alice, admin, settings):
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    (before,) = alice.get_session_auth_fallback_hash()
    suspend(alice, admin)
    assert before not in {alice.get_session_auth_hash(), *alice.get_session_auth_fallback_hash()}


def test_tokens_end_for_good(client, alice, admin):
    headers = {"Authorization": f"Bearer {Token.objects.issue(alice)[1]}"}
    assert client.get("/api/v2/me", headers=headers).status_code == 200
    suspend(alice, admin)
    assert client.get("/api/v2/me", headers=headers).status_code == 401
    alice.restore(admin)
    assert client.get("/api/v2/me", headers=headers).status_code == 401


def test_who_signs_in_is_told_and_with_the_words_of_the_admin(client, alice, admin):
    suspend(alice, admin, words="Please <stop>.")
    page = client.post("/accounts/login/", SIGN_IN | {"username": "ALICE"})
    assert page.status_code == 200
    assert "Your account is suspended" in page.text
    assert "Please &lt;stop&gt;." in page.text
    assert "Spam" not in page.text
    assert "_auth_user_id" not in client.session


def test_who_only_knows_the_name_is_told_nothing(client, alice, admin):
    suspend(alice, admin)
    page = client.post("/accounts/login/", SIGN_IN | {"password": "wrong"})
    assert "suspended" not in page.text
    assert "Please enter a correct user name and password" in page.text


@pytest.mark.parametrize("path", ["/api/v1/login", "/api/v2/tokens"])
def test_programs_are_told_too(client, alice, admin, path):
    suspend(alice, admin)
    given = SIGN_IN | ({} if "v1" in path else {"name": "x", "scopes": ["read"]})
    answer = client.post(path, json.dumps(given), "application/json")
    assert answer.status_code == 401
    assert "Please stop." in answer.text
    given["password"] = "wrong"
    assert "stop" not in client.post(path, json.dumps(given), "application/json").text


def test_who_is_out_from_before_is_told_and_can_be_restored(client, alice, admin):
    User.objects.filter(pk=alice.pk).update(is_active=False)
    alice.refresh_from_db()
    assert "Your account is suspended" in client.post("/accounts/login/", SIGN_IN).text
    assert alice.restore(admin)
    assert client.post("/accounts/login/", SIGN_IN).status_code == 302


def test_it_is_noted_who_did_it_and_when(alice, admin):
    begun = timezone.now()
    suspend(alice, admin)
    alice.restore(admin)
    suspension = alice.suspensions.get()
    assert (suspension.reason, suspension.words) == ("Spam", "Please stop.")
    assert (suspension.began_by, suspension.ended_by) == (admin, admin)
    assert begun <= suspension.began_at <= suspension.ended_at <= timezone.now()


def test_twice_is_once(alice, admin):
    assert not alice.restore(admin)
    suspend(alice, admin)
    assert not alice.suspend(admin, reason="Spam")
    assert alice.suspensions.count() == 1
    assert alice.restore(admin)
    assert not alice.restore(admin)


def test_of_a_second_time_the_words_are_the_new_ones(alice, admin):
    suspend(alice, admin, words="First")
    alice.restore(admin)
    suspend(alice, admin, words="Second")
    assert alice.why_out[1:] == ["Second"]


def test_nobody_decides_about_themselves(admin):
    with pytest.raises(Refused):
        admin.suspend(admin, reason="Spam")
    assert User.objects.active().filter(pk=admin.pk).exists()


def test_only_a_superuser_decides_about_a_superuser(alice, admin, bob):
    for person in (alice, bob):
        person.is_superuser = True
        person.save()
    with pytest.raises(Refused):
        alice.suspend(admin, reason="Spam")
    suspend(alice, bob)
    with pytest.raises(Refused):
        alice.restore(admin)
    assert alice.restore(bob)


def test_who_is_suspended_can_not_come_back_by_a_new_password(alice, admin, mailoutbox, client):
    suspend(alice, admin)
    client.post("/accounts/password-reset/", {"email": alice.email})
    assert not mailoutbox
    alice.set_password("another-horse-battery")
    alice.save()
    form = {"username": "alice", "password": "another-horse-battery"}
    assert "suspended" in client.post("/accounts/login/", form).text


def test_all_is_gone_while_it_lasts_and_then_as_it_was(alice, bob, admin):
    client = Client()
    alice.about = "Lemons!"
    alice.save()
    bob.follow(alice)
    addresses = ["/@alice/", "/@alice/avatar/", "/@alice/followers/", "/api/v2/users/alice"]
    seen = {address: client.get(address) for address in [*addresses, "/search/?q=lemons"]}
    suspend(alice, admin)
    for address in addresses:
        assert client.get(address).status_code == 404, address
    assert "alice" not in client.get("/search/?q=lemons").text
    alice.restore(admin)
    for address, before in seen.items():
        assert client.get(address).status_code == before.status_code == 200
    assert "alice" in client.get("/search/?q=lemons").text
    assert list(bob.follows.all()) == [alice]
