"""Requests as no client sends them: most never reach the site, for gunicorn refuses them itself, as
docs/reference/api.md says."""

import socket
from urllib.parse import urlsplit

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

LINE, HEADER, HEADERS = 4_094, 8_190, 100  # bytes, bytes with the line end, how many
PATH = "/api/v2/timelines/explore"


@pytest.fixture
def send(site):
    """`send(head, body)`: the (status, content type, body) that is answered to these bytes."""
    url, _workers = site
    host = urlsplit(url).netloc

    def send(line, headers=(), body=""):
        lines = [line, f"Host: {host}", "Connection: close", *headers, "", body]
        name, port = host.split(":")
        with socket.create_connection((name, int(port)), timeout=30) as connection:
            connection.sendall("\r\n".join(lines).encode())
            answer = b"".join(iter(lambda: connection.recv(65_536), b"")).decode()
        head, _, content = answer.partition("\r\n\r\n")
        status, *given = head.splitlines()
        named = dict(line.lower().split(": ", 1) for line in given)
        return int(status.split()[1]), named["content-type"], content

    return send


def line(length):
    """A request line of so many bytes."""
    shortest = f"GET {PATH}?x= HTTP/1.1"
    return shortest.replace("x=", "x=" + "y" * (length - len(shortest)))


def header(length):
    return "X: " + "y" * (length - len("X: \r\n"))


def many_headers(number):
    """So many, with the two that are always there."""
    return [f"X-{each}: y" for each in range(number - 2)]


REFUSED = [  # with a short page of gunicorn's
    (line(LINE + 1), [], 414),
    (line(100), [header(HEADER + 1)], 431),
    (line(100), many_headers(HEADERS + 1), 431),
    (f"GET {PATH}", [], 400),
    (f"GET {PATH} HTTP/1.1", ["no header"], 400),
]


def test_what_is_too_long_or_no_http_never_reaches_the_site(send):
    longest = [header(HEADER), *many_headers(HEADERS - 1)]
    assert send(line(LINE), longest)[:2] == (200, "application/json")
    for first, headers, status in REFUSED:
        answered, kind, content = send(first, headers)
        assert (answered, kind) == (status, "text/html")
        assert content.startswith("<html>")


def test_a_body_in_chunks_is_refused_and_not_taken_for_an_empty_one(send):
    headers = ["Content-Type: application/json", "Transfer-Encoding: chunked"]
    body = "2\r\n{}\r\n0\r\n\r\n"
    status, kind, _ = send("POST /api/v2/exports HTTP/1.1", headers, body)
    assert (status, kind) == (411, "application/problem+json")
    assert send("POST /api/v1/login HTTP/1.1", headers, body)[:2] == (411, "application/json")
