from datetime import timedelta

from django.utils import timezone

from accounts import keeping
from accounts.models import Session, Token


def test_sessions_that_are_over_go_and_others_stay(alices, client):
    mine = alices.session.session_key
    over = timezone.now() - timedelta(seconds=1)
    for number in range(3):
        Session.objects.create(session_key=f"old{number}", session_data="", expire_date=over)
    assert len(list(keeping.tidy())) == 1
    assert Session.objects.get().session_key == mine
    assert alices.get("/exports/").status_code == 200


def test_tokens_that_expired_long_ago_go_and_others_stay(alice):
    days = [None, 1, -29, -31]
    for number in days:
        Token.objects.issue(alice, name=str(number), expires_in=number and timedelta(days=number))
    assert len(list(keeping.tidy())) == 1
    assert {token.name for token in Token.objects.all()} == {"None", "1", "-29"}
