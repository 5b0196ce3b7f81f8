"""A new SECRET_KEY, with the former one in SECRET_KEY_FALLBACKS: what was signed with that holds
on. (Of messages in Redis: test_kills.py.)"""

import re

import pytest
from django.core import mail
from django.core.signing import BadSignature
from django.test import Client

from accounts.api import jwts
from accounts.models import UNSUBSCRIBABLE, Token
from accounts.tests.test_email import FORM, path_in
from exports import links
from exports.models import Export
from exports.webhooks import sign

FORMER = "former-key-of-the-tests"
OWN_PAGE = "/accounts/profile/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _before(settings):
    settings.SECRET_KEY = FORMER


@pytest.fixture
def rotate(settings):
    """The operator takes a new key, and keeps the former one or not."""

    def rotate(*, keep):
        settings.SECRET_KEY = "new-key-of-the-tests"
        settings.SECRET_KEY_FALLBACKS = [FORMER] if keep else []

    return rotate


# Each gives something out, and returns what says whether it holds.


def session(client, alice):
    client.force_login(alice)
    return lambda: client.get(OWN_PAGE).status_code == 200


def link_to_a_new_password(client, alice):
    client.post("/accounts/password-reset/", {"email": alice.email})
    path = re.search(r"/accounts/password-reset/\S+/\S+/", mail.outbox[0].body)[0]
    return lambda: "new_password1" in Client().get(path, follow=True).text


def link_to_a_new_address(client, alice):
    client.force_login(alice)
    client.post("/accounts/email/", FORM)
    path = path_in(mail.outbox[0])
    return lambda: Client().get(path).status_code == 200


def link_to_unsubscribe(client, alice):
    path = (
        "/accounts/" + alice.unsubscribe_url(next(iter(UNSUBSCRIBABLE))).partition("/accounts/")[2]
    )
    return lambda: Client().get(path).status_code == 200


def link_to_a_file(client, alice):
    export, _ = Export.objects.start(alice)
    export.file = f"{export.folder}/1"
    key = links.make(export).partition("?key=")[2]

    def holds():
        try:
            links.check(export, key)
        except BadSignature:
            return False
        return True

    return holds


def token_of_the_first_version(client, alice):
    return takes(jwts.issue(alice), f"/api/v1/users/{alice.pk}")


def token(client, alice):
    return takes(Token.objects.issue(alice)[1], "/api/v2/me")


def takes(token, path):
    headers = {"Authorization": f"Bearer {token}"}
    return lambda: Client().get(path, headers=headers).status_code == 200


def signature_of_a_webhook(client, alice):
    hook = alice.webhooks.create(url="https://example.org/", secret="whsec_of-its-owner")
    signed = sign(hook.secret, b"{}", 1)
    return lambda: sign(alice.webhooks.get().secret, b"{}", 1) == signed


SIGNED = [
    session,
    link_to_a_new_password,
    link_to_a_new_address,
    link_to_unsubscribe,
    link_to_a_file,
    token_of_the_first_version,
]
OTHERS = [token, signature_of_a_webhook]


@pytest.mark.parametrize("give", SIGNED + OTHERS)
def test_it_holds_while_the_former_key_is_kept(give, client, alice, rotate):
    holds = give(client, alice)
    rotate(keep=True)
    assert holds()


@pytest.mark.parametrize("give", SIGNED)
def test_it_ends_without_it(give, client, alice, rotate):
    holds = give(client, alice)
    assert holds()
    rotate(keep=False)
    assert not holds()


@pytest.mark.parametrize("give", OTHERS)
def test_no_key_is_in_it(give, client, alice, rotate):
    holds = give(client, alice)
    rotate(keep=False)
    assert holds()


def test_a_session_that_is_used_meanwhile_outlives_the_former_key(client, alice, rotate):
    holds = session(client, alice)
    rotate(keep=True)
    assert holds()
    rotate(keep=False)
    assert holds()
