"""Half of a character (a lone surrogate, which JSON can spell) is refused wherever it is sent: no
database and no answer could hold it."""

import json

import pytest

from accounts.models import Token

pytestmark = pytest.mark.django_db
HALF = "a\ud800"
GIVEN = {"username": "alice", "password": "x", "name": "Laptop", "scopes": ["read"]}
USER = {"username": "susan", "password": "a horse with no name", "email": "susan@example.com"}
POST = {"title": "A", "body": "b", "language": "en"}


def spoiled(given, *more):
    """Each of these with one value broken, and with a name that is."""
    for name in [*given, *more]:
        yield given | {name: [HALF] if isinstance(given.get(name), list) else HALF}
    yield given | {HALF: "x"}
    yield given | {name: HALF for name in given}


SENT = [
    (method, path, body)
    for method, path, bodies in [
        ("post", "/api/v1/login", spoiled({"username": "alice", "password": "x"})),
        ("post", "/api/v1/users", spoiled(USER)),
        ("put", "/api/v1/users/{pk}", spoiled({"about_me": "x"}, "display_name", "email")),
        ("post", "/api/v1/posts", spoiled({"title": "A", "content": "b"})),
        ("post", "/api/v2/tokens", spoiled(GIVEN)),
        ("patch", "/api/v2/tokens/{token}", spoiled({"name": "x"})),
        ("patch", "/api/v2/me", spoiled({"display_name": "x", "about": "x"})),
        ("patch", "/api/v2/me/preferences", spoiled({"language": "en", "time_zone": "UTC"})),
        ("post", "/api/v2/posts", spoiled(POST)),
        ("post", "/api/v2/messages/bob", spoiled({"body": "x"})),
        ("post", "/api/v2/exports", spoiled({"contents": "posts.json"})),
        ("put", "/api/v2/exports/schedule", spoiled({"every": "week", "contents": "posts.json"})),
        ("post", "/api/v2/webhooks", spoiled({"url": "https://example.org/", "events": ["x"]})),
    ]
    for body in bodies
]


@pytest.mark.parametrize(("method", "path", "body"), SENT)
def test_it_is_refused_in_words(client, alice, bob, method, path, body):
    token, secret = Token.objects.issue(alice)
    path = path.format(pk=alice.pk, token=token.pk)
    send = getattr(client, method)
    bearer = {"Authorization": f"Bearer {secret}"}
    response = send(path, json.dumps(body), "application/json", headers=bearer)
    assert response.status_code == 400
    assert response.json().get("title", response.json().get("error")) == "Bad Request"
