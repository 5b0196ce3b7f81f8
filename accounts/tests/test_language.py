import pytest
from django.test import Client
from django.utils import translation
from django.utils.translation import gettext

URL = "/accounts/language/"


def language_of(response):
    """That of a page, which has to be the same wherever it is said."""
    assert f'<html lang="{response["Content-Language"]}"' in response.content.decode()
    return response["Content-Language"]


@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("es-MX,es;q=0.9", "es"),
        ("es-419", "es"),
        ("en-GB", "en"),
        *[(each, "zh-hant") for each in ("zh-TW", "zh-HK", "zh-MO", "zh-Hant-TW", "zh-Hant")],
        # Who reads Simplified Chinese gets along with Traditional better than with English.
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-hant"),
        ("zh-Hans-CN", "zh-hant"),
        ("fr,es;q=0.5", "es"),
        ("fr", "en"),
        ("*", "en"),
        ("", "en"),
        ("es" * 5000, "en"),
        (";q=\x80,,-", "en"),
    ],
)
def test_visitors_read_as_their_browser_asks(wanted, got, client, db):
    assert language_of(client.get("/", headers={"Accept-Language": wanted})) == got


def test_the_answer_says_what_its_language_hangs_on(client, db):
    said = client.get("/explore/")["Vary"]
    assert {"Accept-Language", "Cookie"} <= set(said.split(", "))


class TestVisitors:
    def test_the_switch_is_on_each_page(self, client, db):
        for url in ("/", "/explore/", "/accounts/login/", "/accounts/register/", "/nothing/"):
            page = client.get(url).content.decode()
            assert f'action="{URL}"' in page
            assert f'name="next" value="{url}"' in page
            for code, name in [("en", "English"), ("es", "Español"), ("zh-hant", "繁體中文")]:
                assert f'value="{code}" lang="{code}"' in page
                assert f">{name}</button>" in page

    def test_it_is_not_where_something_would_be_lost_by_it(self, client, db):
        page = client.post("/accounts/register/", {"username": "somebody"})
        assert page.status_code == 200
        assert f'action="{URL}"' not in page.content.decode()

    def test_it_works_and_stays_on_the_page(self, client, db):
        there = "/search/?q=a&b=c"
        response = client.post(URL, {"language": "es", "next": there})
        assert (response.status_code, response["Location"]) == (302, there)
        page = client.get(there, headers={"Accept-Language": "zh-TW"})
        assert language_of(page) == "es"

    def test_the_cookie_is_kept_for_a_year_from_scripts(self, client, db):
        cookie = client.post(URL, {"language": "es"}).cookies["language"]
        assert cookie["max-age"] == 365 * 24 * 3600
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"

    @pytest.mark.parametrize("cookie", ["", "fr", "xx", "../../etc", "es" * 5000, "\x00", "zh"])
    def test_a_cookie_that_makes_no_sense_is_none(self, cookie, client, db):
        client.cookies["language"] = cookie
        page = client.get("/", headers={"Accept-Language": "zh-TW"})
        assert language_of(page) == "zh-hant"

    @pytest.mark.parametrize("language", ["", "fr", "zh-hant-tw", "../../etc", "es\n"])
    def test_what_is_no_language_changes_nothing(self, language, client, db):
        response = client.post(URL, {"language": language, "next": "/explore/"})
        assert response["Location"] == "/explore/"
        assert "language" not in response.cookies

    @pytest.mark.parametrize(
        "elsewhere",
        [
            "https://evil.example/",
            "//evil.example/",
            "/\\evil.example",
            "javascript:alert(1)",
            "",
            "login/",
            "\x01/",
        ],
    )
    def test_it_leads_nowhere_else(self, elsewhere, client, db):
        response = client.post(URL, {"language": "es", "next": elsewhere})
        assert response["Location"] == "/"

    def test_it_rejects_get(self, client, db):
        assert client.get(URL).status_code == 405

    def test_it_takes_nothing_that_other_sites_have_sent(self, db):
        client = Client(enforce_csrf_checks=True)
        assert client.post(URL, {"language": "es"}).status_code == 403


class TestPeople:
    def test_it_is_their_preference_from_then_on(self, alices, alice):
        alices.post(URL, {"language": "es"})
        alice.refresh_from_db()
        assert alice.language == "es"
        assert language_of(alices.get("/")) == "es"

    def test_theirs_comes_before_the_cookie_and_that_before_the_browser(self, alices, alice):
        alice.language = "es"
        alice.save()
        alices.cookies["language"] = "zh-hant"
        asks = {"Accept-Language": "en"}
        assert language_of(alices.get("/", headers=asks)) == "es"
        alices.logout()
        alices.cookies["language"] = "zh-hant"
        assert language_of(alices.get("/", headers=asks)) == "zh-hant"

    def test_the_browser_keeps_it_for_pages_that_know_nobody(self, alices, alice):
        alice.language = "es"
        alice.save()
        assert "language" not in alices.get("/robots.txt").cookies  # which others may keep
        assert alices.get("/").cookies["language"].value == "es"
        assert "language" not in alices.get("/").cookies
        alices.post("/accounts/logout/")
        assert (
            language_of(alices.get("/accounts/login/", headers={"Accept-Language": "en"})) == "es"
        )

    def test_of_two_choices_the_latter_holds(self, alices):
        for language in ("es", "zh-hant", "en"):
            alices.post(URL, {"language": language})
            assert language_of(alices.get("/", headers={"Accept-Language": "es"})) == language
            assert alices.cookies["language"].value == language

    def test_it_is_one_choice_with_that_in_the_settings(self, alices):
        alices.post("/accounts/settings/", {"language": "es", "time_zone": "UTC"})
        alices.get("/")
        assert alices.cookies["language"].value == "es"


class TestApi:
    def test_the_first_version_says_that_it_is_in_english(self, client, db):
        response = client.get("/api/v1/posts/1", headers={"Accept-Language": "es"})
        assert response["Content-Language"] == "en"

    def test_problems_are_told_in_the_language_that_is_asked_for(self, client, db):
        response = client.get("/api/v2/posts/1", headers={"Accept-Language": "zh-TW"})
        assert response["Content-Language"] == "zh-hant"
        assert {"Accept-Language", "Cookie"} <= set(response["Vary"].split(", "))
        assert response.json()["title"] == "Not Found"  # a name, which stays
        with translation.override("zh-hant"):
            words = gettext("There is nothing here")
        assert response.json()["detail"] == words != "There is nothing here"
