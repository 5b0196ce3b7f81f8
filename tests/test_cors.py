"""What pages of other sites may do with the API in a browser."""

import pytest

pytestmark = pytest.mark.django_db

THEIRS = "https://example.com"
SENT = [
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "Range",
]
READ = ["Content-Disposition", "Content-Range", "ETag", "Link", "Location", "Retry-After"]


@pytest.fixture
def opened(settings):
    settings.CORS_ALLOWED_ORIGINS = [THEIRS]


def names(response, header):
    return {name.strip().lower() for name in response.headers.get(header, "").split(",")}


def preflight(client, origin, path="/api/v2/posts/1", method="PATCH", sent=SENT):
    """What a browser asks before it asks what the page wants."""
    asked = {"Origin": origin, "Access-Control-Request-Method": method}
    return client.options(
        path, headers=asked | {"Access-Control-Request-Headers": ",".join(sent).lower()}
    )


@pytest.mark.parametrize("path", ["/api/v1/posts", "/api/v2/timelines/explore", "/api/schema/"])
def test_by_default_they_read_nothing(client, path):
    answers = [
        client.get(path, headers={"Origin": THEIRS}),
        preflight(client, THEIRS, path),
    ]
    for answer in answers:
        assert "Access-Control-Allow-Origin" not in answer


def test_those_that_are_named_read_answers(client, opened):
    answer = client.get("/api/v2/timelines/explore", headers={"Origin": THEIRS})
    assert answer["Access-Control-Allow-Origin"] == THEIRS
    assert {name.lower() for name in READ} <= names(answer, "Access-Control-Expose-Headers")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_those_that_are_named_send_what_the_api_hears(client, opened, method):
    answer = preflight(client, THEIRS, method=method)
    assert answer.status_code == 200
    assert {name.lower() for name in SENT} <= names(answer, "Access-Control-Allow-Headers")
    assert method.lower() in names(answer, "Access-Control-Allow-Methods")


@pytest.mark.parametrize("origin", ["https://example.net", "http://example.com", "null"])
def test_others_still_read_nothing(client, opened, origin):
    answer = client.get("/api/v2/timelines/explore", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer


def test_cookies_are_never_taken(client, opened):
    answer = preflight(client, THEIRS)
    assert "Access-Control-Allow-Credentials" not in answer


def test_pages_stay_closed(client, opened):
    answer = client.get("/explore/", headers={"Origin": THEIRS})
    assert "Access-Control-Allow-Origin" not in answer
