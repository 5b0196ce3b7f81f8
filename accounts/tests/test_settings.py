import pytest

URL = "/accounts/settings/"


def test_it_works(alices, alice):
    assert alices.get(URL).status_code == 200
    form = {"language": "es", "time_zone": "Europe/Madrid", "mail_new_posts": "on"}
    assert alices.post(URL, form)["Location"] == URL
    alice.refresh_from_db()
    assert (alice.language, alice.time_zone) == ("es", "Europe/Madrid")
    assert (alice.mail_new_posts, alice.mail_messages) == (True, False)


def test_a_language_that_is_none_is_told_at_its_field(alices):
    response = alices.post(URL, {"language": "xx"})
    assert response.context["form"].errors["language"]


def test_it_asks_visitors_to_sign_in(client, db):
    assert client.get(URL)["Location"].startswith("/accounts/login/")


class TestUnsubscribe:
    @pytest.fixture
    def url(self, alice):
        alice.mail_new_posts = True
        alice.save()
        return alice.unsubscribe_url("mail_new_posts").removeprefix("http://127.0.0.1:8000")

    def test_it_asks_first(self, client, alice, url):
        assert b"@alice" in client.get(url).content
        alice.refresh_from_db()
        assert alice.mail_new_posts

    def test_it_works_without_signing_in_and_from_a_mail_program(self, alice, url):
        from django.test import Client

        response = Client(enforce_csrf_checks=True).post(url, {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
        alice.refresh_from_db()
        assert not alice.mail_new_posts

    def test_a_forged_link_is_not_found(self, client, url):
        assert client.post(url[:-2] + "x/").status_code == 404
