import json

import pytest
from django.test import Client

from accounts.models import Token


class Program:
    """What asks the API with a token of a person, or with none."""

    def __init__(self, person=None, scopes=("read", "write")):
        self.client = Client()
        self.headers = {}
        if person:
            token = Token.objects.issue(person, scopes)[1]
            self.headers["Authorization"] = f"Bearer {token}"

    def get(self, path, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(path, headers=self.headers | headers)

    def ask(self, method, path, given=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        body = b"" if given is None else json.dumps(given)
        return self.client.generic(
            method, path, body, "application/json", headers=self.headers | headers
        )

    def post(self, path, given=None, **headers):
        return self.ask("POST", path, given, **headers)

    def put(self, path, given=None, **headers):
        return self.ask("PUT", path, given, **headers)

    def patch(self, path, given=None, **headers):
        return self.ask("PATCH", path, given, **headers)

    def delete(self, path, **headers):
        return self.ask("DELETE", path, **headers)


@pytest.fixture
def visitor(db):
    return Program()


@pytest.fixture
def alices_program(alice):
    return Program(alice)


@pytest.fixture
def bobs_program(bob):
    return Program(bob)


@pytest.fixture
def admins_program(django_user_model):
    return Program(django_user_model.objects.create_superuser("root", "root@example.com"))


@pytest.fixture
def staff(django_user_model):
    """Who comes in to the admin pages, but may do nothing there yet."""
    return django_user_model.objects.create_user("staff", "staff@example.com", is_staff=True)
