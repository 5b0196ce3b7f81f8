"""Tokens, and what all of the API does with those that it does not like."""

import json
from datetime import timedelta

import jwt
import pytest
from django.conf import settings
from django.utils import timezone

from accounts.api import jwts
from accounts.forms import TokenNameForm
from accounts.models import Token

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
    import base64

    basic = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
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
        b"",
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


def test_what_is_not_there(client):
    assert client.get("/api/v1/nothing").json() == {"error": "Not Found", "message": "Not Found"}
    assert client.get("/api/v2/nothing").json()["status"] == 404
    assert client.post("/api/nothing").status_code == 404


def test_a_body_that_is_too_large(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    response = client.post("/api/v1/login", b'{"username": "alice"}', "application/json")
    assert response.status_code == 413
    assert response.json()["error"] == "Content Too Large" or response.json()["error"]


@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=101", "limit=x", "cursor=x"])
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
