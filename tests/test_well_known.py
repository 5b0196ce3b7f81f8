"""What programs look for where the standards say (RFC 8615)."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from microblog import environment

SECURITY, PASSWORD = "/.well-known/security.txt", "/.well-known/change-password"
pytestmark = pytest.mark.django_db


def fields(response):
    lines = response.content.decode().splitlines()
    return [tuple(line.split(": ", 1)) for line in lines]


class TestSecurity:
    @pytest.fixture(autouse=True)
    def contacts(self, settings):
        settings.SECURITY_CONTACT = ["mailto:security@example.org", "https://example.org/report"]
        settings.SECURITY_LANGUAGES = "en, es"
        settings.SITE_URL = "https://example.org"

    def test_it_says_where_to_report(self, client):
        response = client.get(SECURITY)
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        said = fields(response)
        assert [value for name, value in said if name == "Contact"] == [
            "mailto:security@example.org",
            "https://example.org/report",
        ]
        assert dict(said)["Preferred-Languages"] == "en, es"
        assert dict(said)["Canonical"] == f"https://example.org{SECURITY}"

    def test_it_holds_for_a_while_and_less_than_a_year(self, client):
        (expires,) = [value for name, value in fields(client.get(SECURITY)) if name == "Expires"]
        left = datetime.fromisoformat(expires) - timezone.now()
        assert timedelta(days=90) < left < timedelta(days=365)

    def test_it_says_the_same_to_everybody(self, alices):
        assert Client().get(SECURITY).content == alices.get(SECURITY).content

    def test_without_a_contact_there_is_none(self, client, settings):
        settings.SECURITY_CONTACT = []
        assert client.get(SECURITY).status_code == 404

    def test_it_is_for_reading(self, client):
        assert client.post(SECURITY).status_code == 405


def test_password_managers_are_led_to_the_page(alices):
    assert Client().get(PASSWORD)["Location"] == "/accounts/password/"
    assert alices.get(PASSWORD, follow=True).status_code == 200


def test_what_is_not_there_is_not_there(client):
    """By which password managers know that the other one is."""
    path = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("value", "uri"),
    [
        ("security@example.org", "mailto:security@example.org"),
        ("mailto:security@example.org", "mailto:security@example.org"),
        ("https://example.org/report", "https://example.org/report"),
        ("tel:+1-201-555-0123", "tel:+1-201-555-0123"),
    ],
)
def test_what_is_a_contact(monkeypatch, value, uri):
    monkeypatch.setitem(environment.env.ENVIRON, "SECURITY_CONTACT", f"{value}, {value}")
    assert environment.contacts("SECURITY_CONTACT") == [uri, uri]
