import json

import pytest

from accounts.models import Token

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v2/me/preferences"
PRESENT = {
    "language": "en",
    "time_zone": "UTC",
    "mail_new_posts": False,
    "mail_messages": False,
}


@pytest.fixture
def bearer(alice):
    return {"Authorization": f"Bearer {Token.objects.issue(alice)[1]}"}


def change(client, bearer, given):
    return client.patch(ADDRESS, json.dumps(given), "application/json", headers=bearer)


def test_they_are_shown(client, bearer):
    assert client.get(ADDRESS, headers=bearer).json() == PRESENT


def test_some_are_changed_and_the_others_stay(client, bearer, alice):
    given = {"mail_messages": True, "time_zone": "Asia/Taipei"}
    response = change(client, bearer, given)
    assert (response.status_code, response.json()) == (200, PRESENT | given)
    alice.refresh_from_db()
    assert (alice.mail_messages, alice.time_zone) == (True, "Asia/Taipei")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("language", "xx"),
        ("language", None),
        ("time_zone", "Moon/Crater"),
        ("time_zone", "UTC\0"),
        ("time_zone", "x" * 65),
        ("mail_messages", "no"),
        ("mail_messages", 1),
        ("mail_messages", None),
        ("username", "bob"),
    ],
)
def test_what_can_not_be_is_told_by_name(client, bearer, alice, name, value):
    response = change(client, bearer, {"mail_new_posts": True, name: value})
    assert response.status_code == 400
    assert list(response.json()["errors"]) == [name]
    alice.refresh_from_db()
    assert not alice.mail_new_posts


def test_nobody_is_told_without_a_token(client, alice):
    assert client.get(ADDRESS).status_code == 401
    assert change(client, {}, {"mail_messages": True}).status_code == 401


def test_a_token_to_read_changes_nothing(client, alice):
    bearer = {"Authorization": f"Bearer {Token.objects.issue(alice, ['read'])[1]}"}
    assert client.get(ADDRESS, headers=bearer).status_code == 200
    assert change(client, bearer, {"mail_messages": True}).status_code == 403


def test_queries(client, bearer, django_assert_max_num_queries):
    client.get(ADDRESS, headers=bearer)
    with django_assert_max_num_queries(1):
        client.get(ADDRESS, headers=bearer)
