"""Tokens, and what all of the API does with those that it does not like."""

import json
from base64 import b64encode
from datetime import timedelta
from http import HTTPStatus

import jwt
import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.test.client import FakePayload
from django.utils import timezone

from accounts.api import jwts
from accounts.forms import TokenNameForm
from accounts.models import Token, User
from accounts.models.tokens import InvalidToken

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery staple"


@pytest.fixture
def person(alice):
    alice.set_password(PASSWORD)
    alice.save()
    return alice


def post(client, path, data, **headers):
    return client.post(path, json.dumps(data), "application/json", headers=headers)


def asked_with(client, token):
    return client.get("/api/v2/tokens", headers={"Authorization": f"Bearer {token}"})


def test_a_new_token_is_shown_once(client, person):
    wanted = {"username": "alice", "password": PASSWORD, "name": "Laptop", "scopes": ["read"]}
    response = post(client, "/api/v2/tokens", wanted)
    assert response.status_code == 201
    secret = response.json()["token"]
    assert secret.startswith("mb_")
    listed = asked_with(client, secret).json()["results"]
    assert [(each["name"], each["scopes"]) for each in listed] == [("Laptop", ["read"])]
    assert "token" not in listed[0]
    assert not Token.objects.filter(digest=secret).exists()


def test_a_jwt_of_the_first_version(client, person):
    response = post(client, "/api/v1/login/", {"username": "alice", "password": PASSWORD})
    assert response.status_code == 200
    assert asked_with(client, response.json()["token"]).status_code == 200


def test_a_token_by_basic_authentication_ends_itself(client, person):
    basic = b64encode(f"alice:{PASSWORD}".encode()).decode()
    token = client.post("/api/v1/tokens", headers={"Authorization": f"Basic {basic}"}).json()[
        "token"
    ]
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.delete("/api/v1/tokens", headers=bearer).status_code == 204
    response = client.delete("/api/v1/tokens", headers=bearer)
    assert (response.status_code, response.json()["message"]) == (401, "Invalid token")


def test_no_token_is_said_in_both_forms(client):
    response = client.delete("/api/v1/tokens", headers={"Accept-Language": "es"})
    assert (response.status_code, response.json()) == (
        401,
        {"error": "Unauthorized", "message": "Missing token"},
    )
    response = client.get("/api/v2/tokens", headers={"Accept-Language": "es"})
    assert response.json()["detail"] == "Falta el token"
    response = client.get("/api/v2/tokens")
    assert response.status_code == 401
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["detail"] == "Missing token"
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda claims: jwt.encode(claims, None, "none"),
        lambda claims: jwt.encode(claims, "another key of at least 32 bytes, really", "HS256"),
        lambda claims: "a.b.c",
        lambda claims: "mb_nothing",
        lambda claims: "\x00",
        lambda claims: "ü",
    ],
)
def test_forged_tokens(client, person, spoil):
    claims = jwt.decode(jwts.issue(person), options={"verify_signature": False})
    assert asked_with(client, spoil(claims)).status_code == 401


def test_an_expired_token(client, person):
    _, secret = Token.objects.issue(person, expires_in=timedelta(seconds=1))
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert asked_with(client, secret).json()["detail"] == "Token has expired"


def test_an_expired_jwt(client, person):
    settings.API_TOKEN_SECONDS, before = -5, settings.API_TOKEN_SECONDS
    token = jwts.issue(person)
    settings.API_TOKEN_SECONDS = before
    assert asked_with(client, token).json()["detail"] == "Token has expired"


@pytest.mark.parametrize("end", ["deactivate", "delete", "change_password", "revoke"])
def test_tokens_die_with_what_they_came_from(client, person, end):
    _, secret = Token.objects.issue(person)
    if end == "deactivate":
        person.is_active = False
        person.save()
    elif end == "delete":
        person.delete()
    elif end == "change_password":
        person.set_password("something else entirely")
        person.save()
    else:
        Token.objects.all().delete()
    assert asked_with(client, secret).json()["detail"] == "Invalid token"


@pytest.mark.parametrize("change", ["unusable", "hash", "later"])
def test_tokens_end_however_the_password_is_changed(client, person, change):
    _, secret = Token.objects.issue(person)
    if change == "unusable":
        person.set_unusable_password()
        person.save()
    elif change == "hash":
        person.password = make_password("something else entirely")
        person.save(update_fields=["password"])
    else:
        person.set_password("something else entirely")
        person.save(update_fields=["language"])
        assert asked_with(client, secret).status_code == 200  # it is the old one still
        person.save()
    assert asked_with(client, secret).json()["detail"] == "Invalid token"


def test_tokens_stay_when_something_else_is_changed(client, person):
    _, secret = Token.objects.issue(person)
    person.display_name = "Alice"
    person.save()
    assert asked_with(client, secret).status_code == 200


def test_a_better_hash_is_not_put_over_another_password(person, settings):
    stale = User.objects.get(pk=person.pk)
    person.set_password("something else entirely")
    person.save()
    hasher = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [hasher, *settings.PASSWORD_HASHERS]
    stale.check_password(PASSWORD)
    person.refresh_from_db()
    assert person.check_password("something else entirely")


def test_a_better_hash_is_kept(person, settings):
    hasher = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [hasher, *settings.PASSWORD_HASHERS]
    before = person.password
    assert person.check_password(PASSWORD)
    assert person.password != before
    person.refresh_from_db()
    assert person.password != before
    assert person.check_password(PASSWORD)


@pytest.fixture
def overtaken(person, monkeypatch):
    """The password is changed as soon as it has been found right."""
    check = User.check_password

    def check_and_change(self, password):
        is_right = check(self, password)
        other = User.objects.get(pk=self.pk)
        other.set_password("something else entirely")
        other.save()
        return is_right

    monkeypatch.setattr(User, "check_password", check_and_change)
    return person


@pytest.mark.parametrize("path", ["/api/v1/login", "/api/v1/tokens", "/api/v2/tokens"])
def test_no_token_is_made_for_a_password_that_was_changed_meanwhile(client, overtaken, path):
    wanted = {"username": "alice", "password": PASSWORD}
    if path == "/api/v2/tokens":
        wanted |= {"name": "Laptop", "scopes": ["read"]}
    basic = b64encode(f"alice:{PASSWORD}".encode()).decode()
    response = post(client, path, wanted, Authorization=f"Basic {basic}")
    assert response.status_code == 401
    words = response.json().get("message") or response.json()["detail"]
    assert words == "Please enter a correct user name and password."
    assert response["WWW-Authenticate"]
    assert not Token.objects.exists()


def test_none_is_made_for_who_was_deactivated_meanwhile(person):
    User.objects.update(is_active=False)
    with pytest.raises(InvalidToken):
        Token.objects.issue(person)


def test_a_token_that_holds_for_no_time_does_not_hold_for_ever(client, person):
    _, secret = Token.objects.issue(person, expires_in=timedelta(0))
    assert asked_with(client, secret).json()["detail"] == "Token has expired"


@pytest.mark.parametrize("scope", ["read", "write", "export"])
def test_every_token_can_end_itself(client, person, scope):
    _, secret = Token.objects.issue(person, [scope])
    bearer = {"Authorization": f"Bearer {secret}"}
    assert client.delete("/api/v1/tokens", headers=bearer).status_code == 204
    assert not Token.objects.exists()


def test_to_revoke_another_one_takes_the_scope(client, person):
    other, _ = Token.objects.issue(person)
    _, secret = Token.objects.issue(person, ["read", "export"])
    bearer = {"Authorization": f"Bearer {secret}"}
    assert client.delete(f"/api/v2/tokens/{other.pk}", headers=bearer).status_code == 403
    assert Token.objects.filter(pk=other.pk).exists()


@pytest.mark.parametrize("sub", [lambda bob: str(bob.pk), lambda bob: "x", lambda bob: ""])
def test_a_jwt_is_of_whom_it_says(client, person, bob, sub):
    claims = jwt.decode(jwts.issue(person), options={"verify_signature": False})
    forged = jwt.encode(claims | {"sub": sub(bob)}, jwts._key(settings.SECRET_KEY), "HS256")
    assert asked_with(client, forged).json()["detail"] == "Invalid token"


def test_a_better_hash_of_the_same_password_leaves_tokens_alone(client, person, settings):
    _, secret = Token.objects.issue(person)
    hasher = "django.contrib.auth.hashers.PBKDF2PasswordHasher"
    settings.PASSWORD_HASHERS = [hasher, *settings.PASSWORD_HASHERS]
    assert person.check_password(PASSWORD)
    assert asked_with(client, secret).status_code == 200


def test_a_token_without_the_scope(client, person):
    token, secret = Token.objects.issue(person, ["write"])
    response = asked_with(client, secret)
    assert (response.status_code, response["Content-Type"]) == (403, "application/problem+json")
    assert "read" in response.json()["detail"]


def test_nobody_revokes_the_token_of_another_one(client, person, bob):
    token, _ = Token.objects.issue(person)
    _, secret = Token.objects.issue(bob)
    response = client.delete(
        f"/api/v2/tokens/{token.pk}", headers={"Authorization": f"Bearer {secret}"}
    )
    assert response.status_code == 404
    assert Token.objects.filter(pk=token.pk).exists()


@pytest.mark.parametrize(
    "body",
    [
        b"[",
        b"\xff",
        b'{"username": "a", "username": "b"}',
        b'{"username": NaN}',
        b"[" * 100_000,
        b'"text"',
        b"null",
        b"[]",
        b'{"username": "alice", "password": ["a"], "name": 1, "scopes": "read"}',
        b'{"username": "alice\\u0000", "password": "a", "name": "n", "scopes": ["read"]}',
        b'{"username": "alice", "password": "a", "name": "n", "scopes": ["read"], "more": 1}',
    ],
)
def test_bodies_that_are_none(client, person, body):
    for path in ("/api/v1/login", "/api/v2/tokens"):
        response = client.post(path, body, "application/json")
        assert response.status_code == 400
        assert not Token.objects.exists()


def test_what_is_not_json(client):
    assert client.post("/api/v2/tokens", {"username": "alice"}).status_code == 415
    response = client.post("/api/v1/login", {"username": "alice"})
    assert (response.status_code, response.json()["message"]) == (400, "Request must be JSON")


@pytest.mark.parametrize("kind", ["", "text/plain", "*/*", "application/*", "application/jsonp"])
@pytest.mark.parametrize("body", [b"", b'{"username": "alice", "password": "a"}'])
def test_what_does_not_say_that_it_is_json(client, kind, body):
    def posted(address):
        said = {"CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(body))}
        return client.generic("POST", address, **said, **{"wsgi.input": FakePayload(body)})

    assert posted("/api/v2/tokens").status_code == 415
    response = posted("/api/v1/login")
    assert (response.status_code, response.json()["message"]) == (400, "Request must be JSON")


def test_answers_to_a_token_are_nobody_elses(client, person):
    _, secret = Token.objects.issue(person)
    headers = {"Authorization": f"Bearer {secret}"}
    for address in ("/api/v2/me", "/api/v2/timelines/explore", "/api/v1/posts"):
        response = client.get(address, headers=headers)
        assert response["Cache-Control"] == "private, no-cache"
        assert "Authorization" in response["Vary"]
        assert "Authorization" in client.get(address)["Vary"]


def test_answers_with_a_secret_are_kept_nowhere(client, person):
    given = {"username": person.username, "password": PASSWORD}
    new = given | {"name": "Script", "scopes": ["read"]}
    basic = b64encode(f"{person.username}:{PASSWORD}".encode()).decode()
    for response in (
        client.post("/api/v1/login", given, "application/json"),
        client.post("/api/v1/tokens", headers={"Authorization": f"Basic {basic}"}),
        client.post("/api/v2/tokens", new, "application/json"),
    ):
        assert response.json()["token"]
        assert response["Cache-Control"] == "no-store"


def test_options_are_none_of_the_methods(client):
    for address in ("/api/v1/posts", "/api/v2/me"):
        response = client.options(address)
        assert response.status_code == 405
        assert "OPTIONS" not in response["Allow"]
        assert "GET" in response["Allow"]


def test_what_is_not_there(client):
    assert client.get("/api/v1/nothing").json() == {"error": "Not Found", "message": "Not Found"}
    assert client.get("/api/v2/nothing").json()["status"] == 404
    assert client.post("/api/nothing").status_code == 404


def test_a_body_that_is_too_large(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    response = client.post("/api/v1/login", b'{"username": "alice"}', "application/json")
    assert response.status_code == 413
    assert response.json()["error"] == HTTPStatus(413).phrase


def cursor(*parts):
    return "cursor=" + b64encode(json.dumps(parts).encode(), b"-_").decode()


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=-1", "limit=101", "limit=x", "cursor=x"),
        *(cursor(["onward"], "1"), cursor({}, "1"), cursor("onward", 1), cursor("onward")),
        *(cursor("onward", "x"), cursor("onward", "1", "1")),
    ],
)
def test_pages_that_are_none(client, person, query):
    _, secret = Token.objects.issue(person)
    response = client.get(f"/api/v2/tokens?{query}", headers={"Authorization": f"Bearer {secret}"})
    assert response.status_code == 400
    assert query.partition("=")[0] in response.json()["errors"]


def test_pages_are_linked(client, person):
    secrets = [Token.objects.issue(person, name=str(number))[1] for number in range(5)]
    headers, names, url = {"Authorization": f"Bearer {secrets[0]}"}, [], "/api/v2/tokens?limit=2"
    while url:
        response = client.get(url, headers=headers)
        names += [token["name"] for token in response.json()["results"]]
        url = response.json()["next"]
        assert (f'<{url}>; rel="next"' in response.get("Link", "")) == bool(url)
    assert names == ["4", "3", "2", "1", "0"]


def test_a_token_that_is_revoked_while_it_is_renamed(client, alice, monkeypatch):
    secret = Token.objects.issue(alice)[1]
    token = Token.objects.issue(alice)[0]
    rename = TokenNameForm.rename

    def meanwhile(form, token):
        Token.objects.filter(pk=token.pk).delete()
        return rename(form, token)

    monkeypatch.setattr(TokenNameForm, "rename", meanwhile)
    address, headers = f"/api/v2/tokens/{token.pk}", {"Authorization": f"Bearer {secret}"}
    response = client.patch(address, '{"name": "x"}', "application/json", headers=headers)
    assert response.status_code == 404
