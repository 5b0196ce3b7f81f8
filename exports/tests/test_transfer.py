import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from django.utils.http import http_date

from exports import links, transfer

from .conftest import written

CONTENT = bytes(range(256)) * 4_000
SIZE = len(CONTENT)
MADE = datetime(2026, 1, 2, 3, 4, 5, 678_901, tzinfo=UTC)
ETAG = f'"{hashlib.sha256(CONTENT).hexdigest()}"'
LAST_MODIFIED = "Fri, 02 Jan 2026 03:04:05 GMT"


@pytest.fixture
def done(export):
    export.file = written(f"{export.folder}/1", CONTENT)
    export.size, export.count, export.total = SIZE, 3, 3
    export.sha256, export.published_at = ETAG.strip('"'), MADE
    export.save()
    return export


@pytest.fixture
def fetch(alices, done):
    """(the answer to a GET with these headers, its bytes)."""

    def fetch(**headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        response = alices.get(links.make(done), headers=names)
        return response, b"".join(response) if response.streaming else response.content

    return fetch


def assert_whole(response, body):
    assert (response.status_code, body) == (200, CONTENT)
    assert response["Content-Length"] == str(SIZE)
    assert "Content-Range" not in response


def test_the_whole_is_described(fetch):
    response, body = fetch()
    assert_whole(response, body)
    assert response["Content-Type"] == "application/json"
    assert response["Content-Disposition"] == 'attachment; filename="posts.json"'
    assert response["ETag"] == ETAG
    assert response["Last-Modified"] == LAST_MODIFIED
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_it_comes_in_blocks(alices, done):
    response = alices.get(links.make(done))
    assert max(map(len, response)) == transfer.BLOCK < SIZE


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("0-0", 0, 0),
        ("0-9", 0, 9),
        ("500-", 500, SIZE - 1),
        ("-1", SIZE - 1, SIZE - 1),
        ("-500", SIZE - 500, SIZE - 1),
        (f"-{SIZE + 1}", 0, SIZE - 1),
        ("0-", 0, SIZE - 1),
        (f"{SIZE - 1}-", SIZE - 1, SIZE - 1),
        (f"300000-{SIZE * 9}", 300_000, SIZE - 1),
        (f"1-{transfer.BLOCK * 3}", 1, transfer.BLOCK * 3),
    ],
)
def test_a_part_is_given(fetch, asked, first, last):
    response, body = fetch(Range=f"bytes={asked}")
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert response["Content-Length"] == str(last - first + 1)
    assert body == CONTENT[first : last + 1]
    assert (response["ETag"], response["Last-Modified"]) == (ETAG, LAST_MODIFIED)


def test_units_are_the_same_in_capitals(fetch):
    assert fetch(Range="BYTES=1-2")[1] == CONTENT[1:3]


@pytest.mark.parametrize("asked", [f"{SIZE}-", f"{SIZE}-{SIZE + 1}", "-0", "9" * 18 + "-"])
def test_a_part_that_is_not_there_is_refused(fetch, asked):
    response, body = fetch(Range=f"bytes={asked}")
    assert (response.status_code, body) == (416, b"")
    assert response["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=0-0,5-9",
        "bytes=5-4",
        "bytes=-",
        "bytes=",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=--5",
        "bytes=+1-2",
        "bytes=٣-٤",
        "bytes=" + "9" * 5_000 + "-",
        "items=0-9",
        "0-9",
    ],
)
def test_what_makes_no_sense_or_asks_for_several_gets_the_whole(fetch, asked):
    assert_whole(*fetch(Range=asked))


@pytest.mark.parametrize("same", [ETAG, LAST_MODIFIED])
def test_a_part_of_the_same_file_is_given(fetch, same):
    assert fetch(Range="bytes=5-", If_Range=same)[1] == CONTENT[5:]


@pytest.mark.parametrize(
    "other",
    [
        '"other"',
        f"W/{ETAG}",  # a weak one is not enough for parts
        ETAG.strip('"'),
        http_date((MADE + timedelta(seconds=1)).timestamp()),
        http_date((MADE - timedelta(seconds=1)).timestamp()),
        "nonsense",
    ],
)
def test_a_part_of_another_file_is_answered_with_the_whole(fetch, other):
    assert_whole(*fetch(Range="bytes=5-", If_Range=other))


@pytest.mark.parametrize(
    "known",
    [
        {"If_None_Match": ETAG},
        {"If_None_Match": f'"other", W/{ETAG}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": LAST_MODIFIED},
        {"If_None_Match": ETAG, "If_Modified_Since": "Thu, 01 Jan 2026 00:00:00 GMT"},
        {"If_None_Match": ETAG, "Range": "bytes=0-9"},
    ],
)
def test_who_has_it_is_told_so(fetch, known):
    response, body = fetch(**known)
    assert (response.status_code, body) == (304, b"")
    assert response["ETag"] == ETAG
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "known",
    [
        {"If_None_Match": '"other"'},
        {"If_None_Match": '"other"', "If_Modified_Since": LAST_MODIFIED},
        {"If_Modified_Since": "Fri, 02 Jan 2026 03:04:04 GMT"},
        {"If_Match": ETAG},
    ],
)
def test_who_has_another_gets_it(fetch, known):
    assert_whole(*fetch(**known))


def test_who_wants_only_another_gets_nothing(fetch):
    assert fetch(If_Match='"other"')[0].status_code == 412


@pytest.mark.parametrize("part", [{}, {"Range": "bytes=5-9"}])
def test_head_says_the_same_of_the_whole(alices, done, fetch, part):
    head = alices.head(links.make(done), headers=part)
    assert (head.status_code, head.content) == (200, b"")
    whole, _ = fetch()
    for response in (head, whole):
        del response["X-Request-ID"]  # each has its own
    assert dict(head.items()) == dict(whole.items())


class TestHandOver:
    @pytest.fixture(autouse=True)
    def by_nginx(self, settings):
        settings.EXPORT_SENDFILE = "nginx"

    def test_nginx_is_told_where_it_is(self, fetch, done):
        response, body = fetch()
        assert (response.status_code, body) == (200, b"")
        assert response["X-Accel-Redirect"] == f"/archives/{done.file.name}"
        assert response["Content-Type"] == "application/json"
        assert response["Content-Disposition"] == 'attachment; filename="posts.json"'
        assert response["Cache-Control"] == "private, no-store"

    def test_apache_is_told_which_file(self, fetch, done, settings):
        settings.EXPORT_SENDFILE = "apache"
        assert fetch()[0]["X-Sendfile"] == done.file.path

    def test_the_server_knows_parts_and_conditions_itself(self, fetch):
        for headers in ({"Range": "bytes=5-9"}, {"If_None_Match": ETAG}, {"If_Match": '"own"'}):
            response, _ = fetch(**headers)
            assert (response.status_code, response["ETag"]) == (200, ETAG)

    def test_a_file_that_is_gone_is_a_page_of_ours(self, fetch, done):
        done.file.storage.delete(done.file.name)
        assert b"This file is missing" in fetch()[1]
