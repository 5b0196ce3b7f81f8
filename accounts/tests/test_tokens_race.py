"""A token that is asked for while the password is changed."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from accounts.models import Token, User
from accounts.models.tokens import InvalidToken
from conftest import make_person


@pytest.mark.django_db(transaction=True)
def test_no_token_outlives_the_password_that_it_was_asked_with():
    person, together = make_person("alice"), threading.Barrier(2)

    def issue(checked):
        together.wait()
        try:
            Token.objects.issue(checked)
        except InvalidToken:
            pass
        finally:
            connections.close_all()

    def change(other, password):
        other.set_password(password)
        together.wait()
        try:
            other.save()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as threads:
        for number in range(20):
            checked, other = (User.objects.get(pk=person.pk) for _ in range(2))
            done = (
                threads.submit(issue, checked),
                threads.submit(change, other, f"another {number}"),
            )
            [each.result() for each in done]
            assert not Token.objects.exists()
