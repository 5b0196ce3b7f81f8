"""What programs may do for a person, on a page of theirs."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.api import jwts
from accounts.models import Session, Token, User
from conftest import PASSWORD

URL = "/accounts/tokens/"
FORM = {
    "name": "Laptop",
    "scopes": ["read", "export"],
    "expires_in_days": "30",
    "password": PASSWORD,
}
QUERIES_MOST = 6


def secret_on(response):
    assert response.status_code == 200
    return response.context["secret"]


def asked_with(client, secret):
    return client.get("/api/v2/tokens", headers={"Authorization": f"Bearer {secret}"})


class TestList:
    def test_it_says_what_each_may_do_and_since_when(self, alices, alice):
        token, secret = Token.objects.issue(alice, ["read"], name="Laptop")
        page = alices.get(URL).content.decode()
        assert "Laptop" in page
        assert "Read what you can read, your private messages too." in page
        assert "Take out" not in page.partition('id="new"')[0]
        assert token.created_at.strftime("%Y-%m-%dT%H:%M") in page
        assert "Not used yet" in page
        assert "Holds until you revoke it" in page
        assert f'href="{URL}{token.pk}/revoke/"' in page
        assert token.digest not in page

    def test_it_says_when_each_was_used_and_when_it_expires(self, alices, alice, client):
        token, secret = Token.objects.issue(alice, name="x", expires_in=timedelta(days=3))
        asked_with(client, secret)
        page = alices.get(URL).content.decode()
        assert "Last used:" in page
        assert token.expires_at.strftime("%Y-%m-%dT%H:%M") in page
        assert "Not used yet" not in page

    def test_one_of_the_first_version_says_so_and_comes_last(self, alices, alice):
        Token.objects.issue(alice, name="Laptop")
        jwts.issue(alice)
        page = alices.get(URL).content.decode()
        assert page.index("Laptop") < page.index("Signed in by the first version of the API")

    def test_it_has_no_expired_ones_and_none_of_others(self, alices, alice, bob):
        Token.objects.issue(bob, name="Bobs")
        token, _ = Token.objects.issue(alice, name="Old", expires_in=timedelta(days=1))
        Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        Token.objects.issue(bob, name="Bobs")
        page = alices.get(URL).content.decode()
        assert "Old" not in page
        assert "Bobs" not in page
        assert "You let no program do anything for you." in page

    def test_names_are_text(self, alices, alice):
        Token.objects.issue(alice, name="<b>x</b>")
        assert b"<b>x</b>" not in alices.get(URL).content

    def test_it_says_that_there_may_be_more(self, alices, alice, monkeypatch):
        monkeypatch.setattr("accounts.views.tokens.SHOWN", 2)
        Token.objects.issue(alice, name="1")
        assert b"These are your latest" not in alices.get(URL).content
        Token.objects.issue(alice, name="2")
        Token.objects.issue(alice, name="3")
        response = alices.get(URL)
        assert b"These are your latest 2." in response.content
        assert [token.name for token in response.context["tokens"]] == ["3", "2"]

    @pytest.mark.parametrize("count", [0, 1, 30])
    def test_it_asks_as_little_for_many(self, alices, alice, count, django_assert_max_num_queries):
        for number in range(count):
            Token.objects.issue(alice, name=f"{number}")
        with django_assert_max_num_queries(QUERIES_MOST):
            alices.get(URL)

    def test_it_asks_visitors_to_sign_in(self, client, db):
        assert client.get(URL)["Location"].startswith("/accounts/login/")
        assert client.post(URL, FORM)["Location"].startswith("/accounts/login/")
        assert not Token.objects.exists()

    def test_other_methods_are_refused(self, alices):
        assert alices.delete(URL).status_code == 405

    def test_the_settings_lead_there(self, alices):
        assert f'href="{URL}"' in alices.get("/accounts/settings/").content.decode()
        assert f'href="{URL}" aria-current="page"' in alices.get(URL).content.decode()


class TestMaking:
    def test_the_secret_is_shown_once(self, alices, alice, client):
        response = alices.post(URL, FORM)
        secret = secret_on(response)
        assert response.content.decode().count(secret) == 2  # to copy, and in use
        assert response["Cache-Control"] == "no-store"
        token = Token.objects.recognize(secret)
        assert (token.owner, token.name, token.scopes) == (alice, "Laptop", "export read")
        assert abs(token.expires_at - timezone.now() - timedelta(days=30)) < timedelta(minutes=1)
        page = alices.get(URL).content.decode()
        assert "Laptop" in page
        assert secret not in page
        assert secret not in str([session.get_decoded() for session in Session.objects.all()])
        assert secret not in str(alices.cookies)
        assert not Token.objects.filter(digest=secret).exists()

    def test_a_program_can_use_it(self, alices, client):
        secret = secret_on(alices.post(URL, FORM))
        assert asked_with(client, secret).status_code == 200

    def test_it_can_hold_until_it_is_revoked(self, alices):
        secret = secret_on(alices.post(URL, FORM | {"expires_in_days": ""}))
        assert Token.objects.recognize(secret).expires_at is None

    @pytest.mark.parametrize(
        ("scopes", "path"),
        [
            (["read", "write"], "/api/v2/me"),
            (["export"], "/api/v2/exports"),
            (["write"], "/api/v2/posts"),
        ],
    )
    def test_it_says_how_to_use_it(self, alices, settings, scopes, path):
        settings.SITE_URL = "https://microblog.example"
        page = alices.post(URL, FORM | {"scopes": scopes}).content.decode()
        assert f"curl https://microblog.example{path} \\" in page
        assert 'href="/api/docs/"' in page

    @pytest.mark.parametrize("password", ["wrong", "", "nul\0"])
    def test_it_asks_for_the_password_and_loses_nothing(self, alices, password):
        response = alices.post(URL, FORM | {"password": password})
        assert list(response.context["form"].errors) == ["password"]
        page = response.content.decode()
        assert 'value="Laptop"' in page
        assert '<option value="30" selected>' in page
        assert [
            choice.data["value"]
            for choice in response.context["form"]["scopes"]
            if choice.data["selected"]
        ] == ["read", "export"]
        assert not Token.objects.exists()

    def test_a_password_that_was_changed_meanwhile_is_told_at_its_field(
        self, alices, alice, monkeypatch
    ):
        check = User.check_password

        def check_and_change(self, password):
            is_right = check(self, password)
            User.objects.filter(pk=self.pk).update(password="another")
            return is_right

        monkeypatch.setattr(User, "check_password", check_and_change)
        form = alices.post(URL, FORM).context["form"]
        assert form.errors == {"password": ["This is not your password."]}
        assert not Token.objects.exists()

    def test_a_password_that_was_typed_does_not_come_back(self, alices):
        response = alices.post(URL, FORM | {"name": ""})
        assert response.context["form"].errors["name"]
        assert PASSWORD not in response.content.decode()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", " "),
            ("name", "n" * 51),
            ("name", "nul\0"),
            ("name", "pot\u202epal"),
            ("name", "\u3164"),
            ("scopes", []),
            ("scopes", ["everything"]),
            ("scopes", ["read", "nul\0"]),
            ("expires_in_days", "0"),
            ("expires_in_days", "-1"),
            ("expires_in_days", "1826"),
            ("expires_in_days", "9" * 5000),
            ("expires_in_days", "soon"),
        ],
    )
    def test_what_is_wrong_is_told_at_its_field(self, alices, field, value):
        response = alices.post(URL, FORM | {field: value})
        assert list(response.context["form"].errors) == [field]
        assert f'id="id_{field}_error"' in response.content.decode()
        assert not Token.objects.exists()

    def test_a_scope_said_often_is_said_once(self, alices):
        secret = secret_on(alices.post(URL, FORM | {"scopes": ["read"] * 50}))
        assert Token.objects.recognize(secret).scopes == "read"

    def test_it_asks_little(self, alices, django_assert_max_num_queries):
        with django_assert_max_num_queries(QUERIES_MOST):
            secret_on(alices.post(URL, FORM))

    def test_a_new_password_ends_it(self, alices, client):
        secret = secret_on(alices.post(URL, FORM))
        assert b"A new password revokes them all, too." in alices.get(URL).content
        assert (
            f'href="{URL}">Programs</a></p>' in alices.get("/accounts/password/").content.decode()
        )
        new = dict.fromkeys(["new_password1", "new_password2"], "another-horse-battery")
        alices.post("/accounts/password/", new | {"old_password": PASSWORD})
        assert asked_with(client, secret).status_code == 401
        assert not Token.objects.exists()


class TestRevoking:
    @pytest.fixture
    def token(self, alice):
        return Token.objects.issue(alice, name="Laptop")[0]

    @pytest.fixture
    def url(self, token):
        return f"{URL}{token.pk}/revoke/"

    def test_it_asks_first(self, alices, token, url, django_assert_max_num_queries):
        with django_assert_max_num_queries(QUERIES_MOST):
            assert b"Laptop" in alices.get(url).content
        assert Token.objects.contains(token)

    def test_it_works(self, alices, alice, client, token, url):
        other, secret = Token.objects.issue(alice, name="Other")
        page = alices.post(url, follow=True).content.decode()
        assert "The token is revoked." in page
        assert "Laptop" not in page
        assert asked_with(client, secret).status_code == 200
        assert list(Token.objects.all()) == [other]

    def test_those_of_others_are_not_found(self, alices, bob, url, token):
        alices.force_login(bob)
        assert alices.get(url).status_code == 404
        assert alices.post(url).status_code == 404
        assert Token.objects.contains(token)

    @pytest.mark.parametrize("pk", [0, 2**63, 10**30])
    def test_what_is_none_is_not_found(self, alices, pk):
        assert alices.post(f"{URL}{pk}/revoke/").status_code == 404

    def test_all_at_once_but_not_those_of_others(self, alices, alice, bob, token):
        jwts.issue(alice)
        others, _ = Token.objects.issue(bob)
        assert b"You have 2 tokens." in alices.get(f"{URL}revoke/").content
        assert Token.objects.count() == 3
        page = alices.post(f"{URL}revoke/", follow=True).content
        assert b"All your tokens are revoked." in page
        assert list(Token.objects.all()) == [others]

    @pytest.mark.parametrize("url_of", ["revoke/", "1/revoke/"])
    def test_it_asks_visitors_to_sign_in(self, client, token, url_of):
        assert client.post(URL + url_of)["Location"].startswith("/accounts/login/")
        assert Token.objects.contains(token)

    @pytest.mark.parametrize("url_of", ["revoke/", "1/revoke/"])
    def test_other_methods_are_refused(self, alices, token, url_of):
        assert alices.delete(URL + url_of).status_code == 405
        assert Token.objects.contains(token)


class TestProgramsToo:
    """One rule for what is said on the page and by the API."""

    @pytest.mark.parametrize("name", [" ", "n" * 51, "nul\0", "pot\u202epal", "\u3164"])
    def test_names(self, client, alice, name):
        token, secret = Token.objects.issue(alice, name="Laptop")
        wanted = {"username": "alice", "password": PASSWORD, "name": name, "scopes": ["read"]}
        bearer = {"Authorization": f"Bearer {secret}"}
        for response in (
            client.post("/api/v2/tokens", json.dumps(wanted), "application/json"),
            client.patch(
                f"/api/v2/tokens/{token.pk}",
                json.dumps({"name": name}),
                "application/json",
                headers=bearer,
            ),
        ):
            assert response.status_code == 400
            assert response.json()["errors"]["name"]
        assert Token.objects.get().name == "Laptop"

    def test_renaming(self, client, alice):
        token, secret = Token.objects.issue(alice, name="Laptop")
        response = client.patch(
            f"/api/v2/tokens/{token.pk}",
            json.dumps({"name": " Big laptop "}),
            "application/json",
            headers={"Authorization": f"Bearer {secret}"},
        )
        assert (response.status_code, response.json()["name"]) == (200, "Big laptop")
        token.refresh_from_db()
        assert token.name == "Big laptop"
