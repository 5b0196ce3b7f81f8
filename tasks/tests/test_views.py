import pytest
from django.utils import timezone

from tasks.models import Task


@pytest.fixture
def url(alice):
    task = Task.objects.create(
        owner=alice, job="a.b", key="k", max_attempts=1, state="failed", ended_at=timezone.now()
    )
    return f"/tasks/{task.pk}/dismiss/"


def test_it_works_and_leads_back(alices, url):
    response = alices.post(url, headers={"Referer": "http://testserver/@alice/"})
    assert response["Location"] == "http://testserver/@alice/"
    assert Task.objects.get().seen_at


def test_it_leads_nowhere_else(alices, url):
    response = alices.post(url, headers={"Referer": "https://evil.example/"})
    assert response["Location"] == "/"


@pytest.mark.parametrize("odd", ["home", "?x", "#y", "%00"])
def test_an_odd_referer_is_nothing_to_fall_over(alices, url, odd):
    assert alices.post(url, headers={"Referer": odd}).status_code == 302


def test_it_rejects_get(alices, url):
    assert alices.get(url).status_code == 405


def test_it_is_hidden_from_strangers(client, url, bob):
    client.force_login(bob)
    assert client.post(url).status_code == 404
    assert Task.objects.get().seen_at is None


def test_it_asks_visitors_to_sign_in(client, url):
    assert client.post(url)["Location"].startswith("/accounts/login/")
