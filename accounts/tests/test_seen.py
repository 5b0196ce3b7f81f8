from datetime import timedelta

import pytest
from django.utils import timezone

LONG_AGO = timezone.now() - timedelta(days=1)


@pytest.fixture
def is_seen(alices, alice):
    """Whether a request makes Alice seen."""
    type(alice).objects.update(last_seen=LONG_AGO)

    def is_seen(*args, **kwargs):
        alices.get(*args, **kwargs)
        alice.refresh_from_db()
        return alice.last_seen > LONG_AGO

    return is_seen


@pytest.mark.parametrize("address", ["/", "/accounts/settings/", "/nothing/"])
def test_opening_a_page_does(is_seen, address):
    assert is_seen(address)


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_poll_does_not(is_seen, accept):
    assert not is_seen("/alerts/", headers={"Accept": accept, "HX-Request": "true"})


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_nor_does_one_that_does_not_say_that_it_is_fetched(is_seen, accept):
    assert not is_seen("/alerts/", headers={"Accept": accept})


@pytest.mark.parametrize("address", ["/exports/", "/@alice/card/"])
def test_what_a_page_fetches_does_not(is_seen, address):
    assert not is_seen(address, headers={"Sec-Fetch-Dest": "empty"})


def test_a_picture_does_not(is_seen):
    assert not is_seen("/@alice/avatar/")


def test_not_every_page_is_worth_a_write(alices, django_assert_num_queries):
    alices.get("/accounts/password/")
    with django_assert_num_queries(3):  # session, user, what waits
        alices.get("/accounts/password/")
