"""Who guesses passwords or tokens by the API, however it is done, comes to an end."""

import json
from base64 import b64encode

import pytest
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from rest_framework.settings import api_settings

from accounts import known
from accounts.models import Token
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN, FIRST, SECOND = "/api/v1/login", "/api/v1/tokens", "/api/v2/tokens"


def basic(name, password="wrong", gap=" "):
    return f"Basic{gap}" + b64encode(f"{name}:{password}".encode()).decode()


def ask(client, path, name, header=None, kind="application/json", password="wrong"):
    given = {"username": name, "password": password}
    if path == SECOND:
        given |= {"name": "Laptop", "scopes": ["read"]}
    headers = {"Authorization": header} if header else {}
    return client.post(path, json.dumps(given), kind, headers=headers).status_code


@pytest.mark.parametrize("path", [LOGIN, SECOND])
def test_a_name_that_is_not_looked_at_is_not_counted(client, alice, counting, path):
    asked = [ask(client, path, "alice", basic(f"name{number}")) for number in range(3)]
    assert asked == [401, 401, 429]


@pytest.mark.parametrize("gap", [" ", "  ", "\t", " \t "])
def test_a_name_by_basic_is_read_as_it_is_looked_up(client, alice, counting, gap):
    asked = [ask(client, FIRST, f"name{number}", basic("Alice", gap=gap)) for number in range(3)]
    assert asked == [401, 401, 429]


def test_a_name_by_basic_in_another_charset_counts(client, alice, counting):
    header = "Basic " + b64encode("alice:wrong \xfc".encode("latin-1")).decode()
    assert [ask(client, FIRST, f"n{number}", header) for number in range(3)] == [401, 401, 429]


@pytest.mark.parametrize("kind", ["application/json; indent=4", "Application/JSON"])
def test_json_is_json_with_parameters_too(client, alice, counting, kind):
    assert [ask(client, LOGIN, "alice", kind=kind) for _ in range(3)] == [401, 401, 429]


@pytest.mark.parametrize("path", [LOGIN, SECOND, "/api/v1/users"])
def test_a_name_with_half_a_character_is_refused_in_words(client, counting, path):
    body = json.dumps({"username": "\ud800", "password": PASSWORD})
    response = client.post(path, body, "application/json")
    assert response.status_code == 400
    answer = response.json()
    assert "username" in answer.get("fields", answer.get("errors"))


def test_a_name_of_a_form_with_half_a_character_is_nobody(client, alice, counting):
    body = {"username": "\ud800".encode(errors="surrogatepass"), "password": "x"}
    assert client.post("/accounts/login/", body).status_code == 200


@pytest.mark.parametrize("name", ["nul\0", "alice\0"])
def test_a_name_that_no_database_holds_is_nobody(client, alice, name):
    response = client.post(FIRST, headers={"Authorization": basic(name)})
    assert response.status_code == 401
    assert response.json()["error"] == "Unauthorized"


# What is answered with 401 is counted as what comes from visitors.


@pytest.fixture
def three_an_hour(counting, monkeypatch):
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "anon", "3/hour")


def bearer(client, token, path="/api/v2/me", **extra):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.get(path, headers=headers, **extra)


@pytest.mark.parametrize("token", ["mb_wrong", "a.b.c", None])
@pytest.mark.parametrize("path", ["/api/v2/me", "/api/v1/users"])
def test_showing_bad_tokens_comes_to_an_end(client, three_an_hour, token, path):
    assert [bearer(client, token, path).status_code for _ in range(4)] == [401] * 3 + [429]
    response = bearer(client, token, path)
    assert 0 < int(response["Retry-After"]) <= 3600
    answer = response.json()
    assert answer.get("status") == 429 or answer["error"] == "Too Many Requests"
    elsewhere = bearer(client, token, path, REMOTE_ADDR="192.0.2.7")
    assert elsewhere.status_code == 401


def test_who_shows_a_good_one_is_not_held_up_by_the_bad_ones(client, alice, three_an_hour):
    secret = Token.objects.issue(alice)[1]
    for _ in range(4):
        bearer(client, "mb_wrong")
    assert bearer(client, secret).status_code == 200


def test_a_wrong_password_is_counted_once(client, alice, three_an_hour, settings):
    settings.LIMITS |= dict.fromkeys(["sign_in", "sign_in_address", "sign_in_name"], (0, 1))
    assert [ask(client, LOGIN, "alice") for _ in range(4)] == [401] * 3 + [429]


# From many addresses


def from_everywhere(name, password="wrong", first=1, count=6, client=None, **extra):
    """What the page answers to signing in, each time from another address."""
    form = {"username": name, "password": password}
    return [
        (client or Client()).post(
            "/accounts/login/", form, REMOTE_ADDR=f"192.0.2.{number}", **extra
        )
        for number in range(first, first + count)
    ]


def test_guessing_from_many_addresses_comes_to_an_end(alice, counting):
    statuses = [page.status_code for page in from_everywhere("alice", count=8)]
    assert statuses == [200] * 6 + [429] * 2
    (page,) = from_everywhere("ALICE", PASSWORD, first=100, count=1)
    assert page.status_code == 429
    assert b"only a browser can in which it has signed in before" in page.content
    assert b'href="/accounts/password-reset/"' in page.content
    assert ask(Client(REMOTE_ADDR="192.0.2.101"), SECOND, "alice", password=PASSWORD) == 429
    assert ask(Client(REMOTE_ADDR="192.0.2.102"), LOGIN, "alice", password=PASSWORD) == 429
    admin = Client(REMOTE_ADDR="192.0.2.103").post("/admin/login/", {"username": "alice"})
    assert admin.status_code == 429


def test_a_browser_that_is_known_is_not_held_up_by_it(client, alice, counting):
    (page,) = from_everywhere("alice", PASSWORD, count=1, client=client)
    assert page.status_code == 302
    client.post("/accounts/logout/")
    from_everywhere("alice", count=8)
    (page,) = from_everywhere("alice", PASSWORD, first=100, count=1, client=client)
    assert page.status_code == 302


def test_it_is_known_by_that_name_only(client, alice, bob, counting):
    from_everywhere("alice", PASSWORD, count=1, client=client)
    from_everywhere("bob", count=8)
    (page,) = from_everywhere("bob", PASSWORD, first=100, count=1, client=client)
    assert page.status_code == 429


def test_a_cookie_that_was_taken_from_it_lets_nobody_guess_on(client, alice, counting):
    from_everywhere("alice", PASSWORD, count=1, client=client)
    statuses = [page.status_code for page in from_everywhere("alice", count=8, client=client)]
    assert statuses == [200] * 6 + [429] * 2


@pytest.mark.parametrize("cookie", ["", "forged", "alice", "a:b:c", "\xfc"])
def test_a_forged_one_is_none(client, alice, counting, cookie):
    from_everywhere("alice", count=8)
    client.cookies[known.COOKIE] = cookie
    (page,) = from_everywhere("alice", PASSWORD, first=100, count=1, client=client)
    assert page.status_code == 429


def test_the_cookie_says_no_name_and_is_for_no_script(client, alice):
    form = {"username": "alice", "password": PASSWORD}
    cookie = client.post("/accounts/login/", form).cookies[known.COOKIE]
    assert "alice" not in cookie.value
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == known.KNOWN_FOR


def test_who_sets_a_new_password_by_a_mail_is_known(client, alice, counting):
    from_everywhere("alice", count=8)
    token = default_token_generator.make_token(alice)
    uid = urlsafe_base64_encode(force_bytes(alice.pk))
    form = client.get(f"/accounts/password-reset/{uid}/{token}/")["Location"]
    passwords = dict.fromkeys(["new_password1", "new_password2"], "another-horse-battery")
    assert client.post(form, passwords).status_code == 302
    (page,) = from_everywhere("alice", "another-horse-battery", 100, 1, client)
    assert page.status_code == 302


def test_an_admin_who_guesses_the_old_password_comes_to_an_end(client, alice, counting):
    type(alice).objects.update(is_staff=True)
    client.force_login(alice)
    guesses = [client.post("/admin/password_change/", {"old_password": "x"}) for _ in range(3)]
    assert [page.status_code for page in guesses] == [200, 200, 429]


def test_nobody_s_box_is_filled_with_links_from_many_addresses(db, counting):
    def asked(email, number):
        return Client(REMOTE_ADDR=f"192.0.2.{number}").post(
            "/accounts/password-reset/", {"email": email}
        )

    emails = ["alice@example.com", " Alice@Example.com", "alice@example.com"]
    statuses = [asked(email, number).status_code for number, email in enumerate(emails)]
    assert statuses == [302, 302, 429]
    assert asked("bob@example.com", 9).status_code == 302
