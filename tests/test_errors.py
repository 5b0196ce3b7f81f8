"""What people see when something goes wrong."""

import pytest
from django.test import Client

MISHAPS = "tests.urls_of_mishaps"
pytestmark = pytest.mark.urls(MISHAPS)


@pytest.fixture
def visitor():
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (400, "This request makes no sense"),
        (403, "This is not allowed"),
        (500, "Something went wrong"),
        (503, "Back in a moment"),
    ],
)
@pytest.mark.parametrize("language", ["en", "es", "zh-hant"])
def test_errors_have_pages_in_the_site_s_look(visitor, number, words, language):
    response = visitor.get(f"/mishap/{number}/", headers={"Accept-Language": language})
    page = response.content.decode()
    assert response.status_code == number
    assert (words in page) == (language == "en")
    assert f'lang="{language}"' in page
    assert "css/site.css" in page
    assert 'href="/"' in page
    assert "secret reason" not in page


def test_pages_of_faults_need_no_database(visitor):  # and this test has none
    assert visitor.get("/mishap/500/").status_code == 500
    assert visitor.get("/mishap/400/").status_code == 400
    assert visitor.get("/mishap/503/").status_code == 503


def test_a_database_that_is_away_is_no_fault_of_the_page(visitor):
    response = visitor.post("/mishap/503/", {"body": "Half an <hour> of thought"})
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert "Half an &lt;hour&gt; of thought</textarea>" in response.content.decode()


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (1, {"error": "Service Unavailable", "message": "The database does not answer."}),
        (
            2,
            {
                "type": "about:blank",
                "title": "Service Unavailable",
                "status": 503,
                "detail": "The database does not answer.",
            },
        ),
    ],
)
def test_programs_are_told_when_to_come_back(visitor, version, said):
    response = visitor.get(f"/api/v{version}/mishap")
    assert (response.status_code, response["Retry-After"]) == (503, "10")
    assert response.json() == said


@pytest.mark.django_db
def test_who_is_not_signed_in_is_led_to_it(visitor):
    assert b'href="/accounts/login/"' in visitor.get("/mishap/403/").content


def test_who_is_signed_in_is_not(alices):
    assert b'href="/accounts/login/"' not in alices.get("/mishap/403/").content


@pytest.mark.django_db
def test_nothing_is_found_in_words(client):
    response = client.get("/nothing/")
    assert response.status_code == 404
    assert b"There is nothing here" in response.content


def test_who_comes_to_where_only_buttons_lead_is_told(alices):
    response = alices.get("/notifications/read/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert b"Only a button leads here" in response.content


def test_a_cookie_that_no_database_could_look_for_is_none(client, db):
    client.cookies.load('sessionid="\\000aaaaaaaaaaaaa"')
    assert client.get("/accounts/settings/").status_code == 302


@pytest.mark.parametrize("address", ["/tags/%00/", "/notifications/?before=" + "9" * 5_000])
def test_odd_addresses_are_no_fault(alices, address):
    assert alices.get(address).status_code in {200, 404}


def test_an_old_form_loses_no_text(alice):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(alice)
    response = strict.post("/", {"body": "Half an <hour> of thought", "password": "secret"})
    page = response.content.decode()
    assert response.status_code == 403
    assert "Please send this once more" in page
    assert "Half an &lt;hour&gt; of thought</textarea>" in page
    assert "secret" not in page
    assert "Sign out" in page
    assert not alice.posts.exists()
