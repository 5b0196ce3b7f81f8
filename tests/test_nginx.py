"""The configuration in `deploy/nginx`, under a real nginx before servers that play the site."""

import http.client
import json
import ssl
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from django.conf import settings

from microblog.middleware import DRAIN_MAX_BYTES
from microblog.tracing import SANE
from microblog.valkey import free_port

from .nginx import PROGRAM, ROOT, Nginx
from .waiting import wait_for

pytestmark = pytest.mark.skipif(not PROGRAM, reason="nginx is not installed (apt install nginx)")

QUICK = {"proxy_read_timeout 25s;": "proxy_read_timeout 1s;"}
US = {"Host": "example.org"}
CONFIGURATION = (ROOT / "deploy/nginx/microblog.conf").read_text()


class Site(BaseHTTPRequestHandler):
    """Says what it was asked; at /closes it hangs up, and at /silent it says nothing."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        self.server.asked.append(f"{self.command} {self.path}")
        length = len(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        if self.path in {"/closes", "/silent"}:
            self.server.over.wait(60 if self.path == "/silent" else 0)
            self.close_connection = True
            return
        said = json.dumps({"headers": dict(self.headers), "length": length}).encode()
        self.send_response(404 if self.path in self.server.missing else 200)
        self.send_header("Content-Length", str(len(said)))
        if self.path.startswith("/exports/"):
            self.send_header("X-Accel-Redirect", "/archives/e/1/file.zip")
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = answer

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def hosts():
    """Two web hosts: what each was asked, and what it does not have."""
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), Site) for _ in range(2)]
    for server in servers:
        server.over = threading.Event()
        server.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
    yield servers
    for server in servers:
        server.over.set()
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def start():
    """`start(urls)`: nginx before these, in a folder where all may look."""
    running = []

    def start(urls):
        folder = tempfile.TemporaryDirectory(prefix="microblog-nginx-")
        nginx = Nginx(Path(folder.name), urls, QUICK)
        running.append((folder, nginx))
        nginx.__enter__()
        wait_for(lambda: is_there(nginx.plain), seconds=60)
        return nginx

    yield start
    for folder, nginx in running:
        nginx.__exit__()
        folder.cleanup()


@pytest.fixture(scope="module")
def running(hosts, start):
    return start([host.url for host in hosts])


@pytest.fixture(scope="module")
def alone(start):
    """One before web hosts that are not there."""
    return start([f"http://127.0.0.1:{free_port()}" for _ in range(2)])


@pytest.fixture
def front(running, hosts):
    """nginx before the two, of which nothing was asked yet."""
    for host in hosts:
        host.asked, host.missing = [], set()
    return running


def is_there(url):
    try:
        return requests.get(url, allow_redirects=False, timeout=30)
    except requests.ConnectionError:
        return False


def ask(nginx, path, method="GET", headers=(), **options):
    options = {"verify": nginx.certificate, "timeout": 60} | options
    return requests.request(method, nginx.url + path, headers=US | dict(headers), **options)


def test_nginx_takes_it(tmp_path):
    nginx = Nginx(tmp_path, ["http://10.0.0.11:8000", "http://10.0.0.12:8000"])
    checked = subprocess.run([*nginx.command, "-t"], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr
    assert "warn" not in checked.stderr


def test_without_tls_one_is_sent_there(front):
    moved = requests.get(f"{front.plain}/search/?q=a", headers=US, allow_redirects=False)
    assert moved.status_code == 301
    assert moved.headers["Location"] == "https://example.org/search/?q=a"


def test_what_only_reads_goes_on_to_the_next_host(front, hosts):
    ask(front, "/closes")
    assert all("GET /closes" in host.asked for host in hosts)


def test_a_page_that_is_slow_everywhere_takes_no_other_one_away(front, hosts):
    assert ask(front, "/silent").status_code in {502, 504}
    assert all("GET /silent" in host.asked for host in hosts)
    assert ask(front, "/").status_code == 200


@pytest.mark.parametrize("path", ["/closes", "/silent"])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_writes_is_never_sent_twice(front, hosts, method, path):
    assert ask(front, path, method, data="x").status_code in {502, 504}
    assert [asked for host in hosts for asked in host.asked] == [f"{method} {path}"]


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_but_what_may_be_done_twice_goes_on_like_what_reads(front, hosts, method):
    """RFC 9110, section 9.2.2."""
    ask(front, "/closes", method)
    assert all(f"{method} /closes" in host.asked for host in hosts)


def test_a_host_that_is_not_there_costs_nobody_an_error(hosts, start, front):
    nginx = start([f"http://127.0.0.1:{free_port()}", hosts[0].url])
    methods = ["POST", "GET"] * 5
    assert [ask(nginx, "/", method).status_code for method in methods] == [200] * 10
    assert hosts[0].asked == [f"{method} /" for method in methods]


def test_files_that_one_host_does_not_have_yet_come_from_the_other(front, hosts):
    hosts[0].missing, hosts[1].missing = {"/static/new.css", "/nowhere/"}, {"/nowhere/"}
    assert {ask(front, "/static/new.css").status_code for _ in range(4)} == {200}
    assert ask(front, "/nowhere/").status_code == 404
    assert [asked for host in hosts for asked in host.asked].count("GET /nowhere/") == 1


def test_where_a_request_came_from_is_not_for_the_visitor_to_say(front):
    lies = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "http", "Forwarded": "for=x"}
    told = ask(front, "/", headers=lies).json()["headers"]
    assert told["X-Forwarded-For"] == "127.0.0.1"
    assert told["X-Forwarded-Proto"] == "https"
    assert "Forwarded" not in told
    assert told["Host"] == "example.org"


def test_each_request_has_an_id_that_is_written_down(front):
    told = ask(front, "/of-an-id/", headers={"X-Request-ID": "mine"}).json()["headers"]
    assert SANE.fullmatch(told["X-Request-ID"])
    assert told["X-Request-ID"] != "mine"
    assert logged(front, "/of-an-id/")["request_id"] == told["X-Request-ID"]


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("/accounts/email/key/", "/accounts/email/..."),
        ("/accounts/password-reset/MQ/key/", "/accounts/password-reset/..."),
        ("/accounts/unsubscribe/key/?now", "/accounts/unsubscribe/..."),
        ("/search/?q=secret", "/search/"),
    ],
)
def test_what_nobody_else_is_to_know_is_not(front, asked, written):
    ask(front, asked)
    assert logged(front, written)["status"] == "200"


def logged(nginx, page):
    """What was written about it, once it is."""

    def look():
        lines = map(json.loads, nginx.log.read_text().splitlines())
        return next((line for line in lines if line["page"] == page), None)

    return wait_for(look)


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/metrics//", "//metrics", "/%6detrics"])
def test_nobody_from_outside_sees_the_metrics(front, hosts, path):
    trusted = ssl.create_default_context(cafile=front.certificate)
    host = front.url.removeprefix("https://")
    connection = http.client.HTTPSConnection(host, context=trusted, timeout=60)
    connection.request("GET", path, headers=US)  # by nobody who would tidy it up
    assert connection.getresponse().status == 404
    connection.close()
    assert [host.asked for host in hosts] == [[], []]


def test_it_sends_the_files_of_exports_when_the_site_says_so_and_else_not(front, hosts):
    file = front.archives / "e" / "1" / "file.zip"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"0123456789")
    part = ask(front, "/exports/1/file/", headers={"Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, b"2345")
    assert part.headers["X-Content-Type-Options"] == "nosniff"
    assert part.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert SANE.fullmatch(part.headers["X-Request-ID"])
    assert ask(front, "/archives/e/1/file.zip").status_code == 404
    assert f"location {settings.EXPORT_SENDFILE_URL} {{" in CONFIGURATION


def test_what_is_too_large_is_for_the_site_to_say(front):
    assert f"client_max_body_size {DRAIN_MAX_BYTES >> 20}m;" in CONFIGURATION
    largest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + max(settings.UPLOADS_MAX_BYTES.values())
    assert largest < DRAIN_MAX_BYTES
    assert ask(front, "/", "POST", data=bytes(2 << 20)).json()["length"] == 2 << 20


def test_while_no_web_host_is_there_people_read_so_in_their_language(alone):
    for method in ("GET", "POST"):
        page = ask(alone, "/exports/", method)
        assert page.status_code == 502
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Retry-After"] == "10"
        for words in (
            "does not answer",
            'lang="es"',
            "no responde",
            'lang="zh-Hant"',
            "網站沒有回應",
        ):
            assert words in page.text
    assert ask(alone, "/away.html").status_code == 404  # it is no page of its own


@pytest.mark.parametrize(
    ("path", "kind", "keys"),
    [
        ("/api/v1/posts", "application/json", {"error", "message"}),
        ("/api/v2/posts", "application/problem+json", {"type", "detail"}),
    ],
)
def test_and_programs_in_the_form_of_their_api(alone, path, kind, keys):
    answer = ask(alone, path, "POST", json={})
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, kind)
    assert set(answer.json()) == keys
