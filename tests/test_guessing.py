"""Who guesses passwords or tokens by the API, however it is done, comes to an end."""

import json
from base64 import b64encode

import pytest
from rest_framework.settings import api_settings

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
    settings.LIMITS |= {"sign_in": (0, 1), "sign_in_address": (0, 1)}
    assert [ask(client, LOGIN, "alice") for _ in range(4)] == [401] * 3 + [429]
