"""`POST /api/v1/login`, as the reference has it."""

import json

import pytest

from conftest import PASSWORD

pytestmark = pytest.mark.django_db


def login(client, **given):
    return client.post("/api/v1/login", json.dumps(given), "application/json")


@pytest.mark.parametrize(
    "given",
    [{}, {"username": "alice"}, {"password": PASSWORD}, {"username": "alice", "password": ""}],
)
def test_what_is_missing_is_said_in_words(client, alice, given):
    response = login(client, **given)
    assert response.status_code == 400
    assert response.json() == {"error": "Bad Request", "message": "Missing username or password"}


@pytest.mark.parametrize(("name", "password"), [("alice", "wrong"), ("nobody", PASSWORD)])
def test_who_can_not_be_told_apart_is_refused_in_words(client, alice, name, password):
    response = login(client, username=name, password=password)
    assert response.status_code == 401
    assert response.json() == {
        "error": "Unauthorized",
        "message": "Please enter a correct user name and password.",
    }


@pytest.mark.parametrize("value", [5, True, ["alice"], {"a": 1}])
def test_a_name_that_is_no_text(client, alice, value):
    response = login(client, username=value, password=PASSWORD)
    assert response.status_code == 400
    assert response.json()["fields"] == {"username": ["This is not of the right type."]}


def test_another_method(client, alice):
    response = client.get("/api/v1/login")
    assert (response.status_code, response["Allow"][:4]) == (405, "POST")
    assert response.json()["error"] == "Method Not Allowed"
