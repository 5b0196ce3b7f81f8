"""Where errors and logs go: to a file that several processes share, and to Sentry."""

import gzip
import json
import logging
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue

import pytest
from django.conf import settings

from microblog.logs import SharedRotatingFileHandler

from .test_production import PRODUCTION, manage

WRITER = """
import logging, sys
from microblog.logs import SharedRotatingFileHandler
handler = SharedRotatingFileHandler(sys.argv[1], maxBytes=500, backupCount=1_000)
print("ready", flush=True)
input()
for number in range(1_000):
    handler.emit(logging.makeLogRecord({"msg": f"{sys.argv[2]}:{number}"}))
"""

# Its secrets are put together there, for Sentry is told of the command line.
FALL_OVER = """
import logging
from django.core.handlers.wsgi import WSGIHandler
from django.test import RequestFactory
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from microblog.urls import urlpatterns

@csrf_exempt
def view(request, key):
    said = request.POST["body"]
    logging.getLogger("blog.posts").info("%r", said)
    raise RuntimeError("This went wrong")

urlpatterns.append(path("wrong/<key>/", view))
page = "/wrong/" + "-".join(["a", "secret", "key"]) + "/?q=" + "-".join(["a", "secret", "search"])
headers = {
    "Host": "example.org",
    "Cookie": "sessionid=" + "-".join(["a", "secret", "cookie"]),
    "Referer": "https://example.org" + page,
}
form = {"body": "-".join(["a", "private", "word"])}
address = ".".join(["192", "0", "2", "77"])
request = RequestFactory(headers=headers).post(page, form, secure=True, REMOTE_ADDR=address)
WSGIHandler()(request.environ, lambda status, headers: print(status.split()[0]))
"""


def test_several_processes_lose_no_line_when_the_file_rotates(tmp_path):
    file = tmp_path / "log"
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, file, name],
            env={**os.environ, "PYTHONPATH": str(settings.BASE_DIR)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for name in "abc"
    ]
    assert [writer.stdout.readline() for writer in writers] == [b"ready\n"] * 3
    for writer in writers:
        writer.stdin.write(b"go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0
    files = [each for each in tmp_path.iterdir() if each.suffix != ".lock"]
    assert len(files) > 3
    lines = [line for each in files for line in each.read_text().splitlines()]
    assert sorted(lines) == sorted(f"{name}:{n}" for name in "abc" for n in range(1_000))
    assert max(each.stat().st_size for each in files) < 600


def test_only_so_many_old_files_are_kept(tmp_path):
    handler = SharedRotatingFileHandler(tmp_path / "log", maxBytes=50, backupCount=2)
    for number in range(50):
        handler.emit(logging.makeLogRecord({"msg": f"line {number}"}))
    handler.close()
    assert {each.name for each in tmp_path.iterdir()} == {"log", "log.1", "log.2", "log.lock"}
    assert "line 49" in (tmp_path / "log").read_text()


def test_a_file_that_was_moved_away_is_begun_anew(tmp_path):
    handler = SharedRotatingFileHandler(tmp_path / "log", maxBytes=1_000, backupCount=2)
    handler.emit(logging.makeLogRecord({"msg": "before"}))
    (tmp_path / "log").rename(tmp_path / "elsewhere")
    handler.emit(logging.makeLogRecord({"msg": "after"}))
    handler.close()
    assert (tmp_path / "log").read_text() == "after\n"


def test_the_site_logs_to_the_file_that_is_named(tmp_path):
    file = tmp_path / "site.log"
    said = "import logging; logging.getLogger('blog').info('Hello, file')"
    manage("shell", "-c", said, **PRODUCTION, LOG_FILE=str(file))
    assert re.search(r"INFO blog: Hello, file$", file.read_text(), re.MULTILINE)


def test_the_post_log_has_a_file_of_its_own(tmp_path):
    site, posts = tmp_path / "site.log", tmp_path / "posts.log"
    said = "import logging; logging.getLogger('blog.posts').info('%s %r', 17, 'Hello')"
    files = {"LOG_FILE": str(site), "POST_LOG_FILE": str(posts), "LOG_LEVEL": "ERROR"}
    manage("shell", "-c", said, **PRODUCTION, **files)
    assert posts.read_text() == "17 'Hello'\n"
    assert "Hello" not in site.read_text()


@pytest.fixture
def sentry():
    """A server that takes what is sent to Sentry: (its DSN, the bodies)."""
    bodies = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            packed = self.headers.get("Content-Encoding") == "gzip"
            bodies.put((gzip.decompress(body) if packed else body).decode())
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield f"http://key@127.0.0.1:{server.server_port}/1", bodies
        server.shutdown()


@pytest.mark.slow
def test_exceptions_go_to_sentry_and_what_people_write_does_not(sentry, tmp_path):
    dsn, bodies = sentry
    site = PRODUCTION | {"DEBUG": "1", "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    manage("migrate", **site)
    fell = manage("shell", "-c", FALL_OVER, **site, SENTRY_DSN=dsn, SENTRY_RELEASE="v3")
    assert fell.stdout.split()[-1] == "500", fell.stderr
    envelope = bodies.get(timeout=10)
    event = json.loads(envelope.splitlines()[2])
    assert event["exception"]["values"][-1]["value"] == "This went wrong"
    assert (event["release"], event["environment"]) == ("v3", "production")
    assert event["transaction"]
    for secret in ("a-private-word", "a-secret-", "192.0.2.77", PRODUCTION["SECRET_KEY"]):
        assert secret not in envelope
    assert bodies.empty()  # once, although it was also logged


def test_without_a_dsn_nothing_is_sent_anywhere():
    asked = "import sentry_sdk; print(sentry_sdk.get_client().is_active())"
    assert manage("shell", "-c", asked, **PRODUCTION).stdout.split()[-1] == "False"


def test_the_site_logs_for_programs_where_that_is_asked_for(tmp_path):
    file = tmp_path / "site.log"
    said = "import logging; logging.getLogger('blog').info('Hello, program')"
    shown = manage(
        "shell", "-c", said, **PRODUCTION, LOG_FORMAT="json", LOG_FILE=str(file)
    ).stderr.splitlines()
    for lines in (shown, file.read_text().splitlines()):
        assert json.loads(lines[-1])["message"] == "Hello, program"


@pytest.mark.slow
def test_sentry_is_told_of_which_request(sentry, tmp_path):
    dsn, bodies = sentry
    site = PRODUCTION | {"DEBUG": "1", "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3"}
    manage("migrate", **site)
    asked = FALL_OVER.replace("secure=True", "secure=True, headers={'X-Request-ID': 'a-click'}")
    manage("shell", "-c", asked, **site, SENTRY_DSN=dsn)
    event = json.loads(bodies.get(timeout=10).splitlines()[2])
    assert event["tags"]["request_id"] == "a-click"
