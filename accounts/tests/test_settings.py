from datetime import UTC, datetime

import pytest

from blog.models import Post

URL = "/accounts/settings/"


def test_it_works(alices, alice):
    assert alices.get(URL).status_code == 200
    form = {"language": "es", "time_zone": "Europe/Madrid", "mail_new_posts": "on"}
    assert alices.post(URL, form)["Location"] == URL
    alice.refresh_from_db()
    assert (alice.language, alice.time_zone) == ("es", "Europe/Madrid")
    assert (alice.mail_new_posts, alice.mail_messages) == (True, False)


def test_it_answers_in_the_new_language(alices):
    form = {"language": "es", "time_zone": "UTC"}
    assert '<html lang="es"' in alices.post(URL, form, follow=True).content.decode()


def test_the_saved_language_wins_over_that_of_the_browser(alices, alice):
    alice.language = "zh-hant"
    alice.save()
    response = alices.get("/nothing/", headers={"Accept-Language": "es"})
    assert '<html lang="zh-hant"' in response.content.decode()
    assert response["Content-Language"] == "zh-hant"


def test_a_tag_may_be_named_like_a_picture(alices, alice):
    alice.language = "es"
    alice.save()
    assert '<html lang="es"' in alices.get("/tags/avatar/").content.decode()


def test_visitors_get_the_language_of_their_browser_also_after_others(alices, alice, client):
    alice.language = "zh-hant"
    alice.save()
    alices.get("/")
    client.logout()
    page = client.get("/", headers={"Accept-Language": "es"}).content.decode()
    assert '<html lang="es"' in page


def test_times_are_in_the_saved_zone(alices, alice):
    Post.objects.create(
        author=alice, body="late", timestamp=datetime(2026, 1, 2, 23, 30, tzinfo=UTC)
    )
    alice.time_zone = "Asia/Taipei"
    alice.save()
    assert b"2026-01-03T07:30:00+08:00" in alices.get("/@alice/").content


def test_a_zone_that_the_machine_has_lost_counts_as_utc(alices, alice):
    type(alice).objects.update(time_zone="Gone/Zone")
    assert alices.get("/").status_code == 200


@pytest.mark.parametrize("zone", ["Middle/Earth", "", "x" * 65, "nul\0"])
def test_a_zone_that_is_none_is_told_at_its_field(alices, alice, zone):
    response = alices.post(URL, {"language": "en", "time_zone": zone})
    assert response.context["form"].errors["time_zone"]


def test_a_zone_of_an_old_name_can_be_kept(alices, alice):
    type(alice).objects.update(time_zone="US/Eastern")
    page = alices.get(URL).content.decode()
    assert '<option value="US/Eastern" selected>' in page
    assert '<option value="America/Argentina/Buenos_Aires">Argentina / Buenos Aires' in page


def test_it_leaves_alone_what_was_changed_in_another_window(alices, alice, monkeypatch):
    from accounts.forms import SettingsForm

    def is_valid(self):
        type(alice).objects.update(email="new@example.com")
        return super(SettingsForm, self).is_valid()

    monkeypatch.setattr(SettingsForm, "is_valid", is_valid)
    alices.post(URL, {"language": "es", "time_zone": "UTC"})
    alice.refresh_from_db()
    assert (alice.language, alice.email) == ("es", "new@example.com")


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
