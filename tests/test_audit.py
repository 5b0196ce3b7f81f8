"""What the program is made of is known, and is asked about."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
VENDOR = ROOT / "static/vendor"
TABLE = (ROOT / "requirements-js.txt").read_text()
PACKAGES = re.findall(r"^package (\S+) (\S+) (sha512-\S+)$", TABLE, re.MULTILINE)
FILES = {path: digest for digest, path in re.findall(r"^file (\S+) (\S+)", TABLE, re.MULTILINE)}


@pytest.fixture
def osv():
    """A server that speaks like OSV: what it was asked, and what it is to answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            server.asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = server.answer(server.asked["queries"])
            self.send_response(server.status)
            self.end_headers()
            self.wfile.write(answer if isinstance(answer, bytes) else json.dumps(answer).encode())

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        server.status, server.answer = 200, lambda queries: {"results": [{} for _ in queries]}
        server.url = f"http://127.0.0.1:{server.server_port}/v1/querybatch"
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def audit(capsys, monkeypatch):
    """`audit(url, *arguments)`: (its status, what it said)."""
    loader = SourceFileLoader("audit", str(ROOT / "bin/audit"))
    module = module_from_spec(spec_from_loader("audit", loader))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    def audit(url, *arguments):
        monkeypatch.setattr(module, "URL", url)
        return module.main(arguments), capsys.readouterr().out

    return audit


def test_all_that_is_pinned_or_vendored_is_asked_about(osv, audit):
    status, said = audit(osv.url, "--strict")
    assert (status, said[:20]) == (0, "No weakness is known")
    asked = {
        (each["package"]["ecosystem"], each["package"]["name"], each["version"])
        for each in osv.asked["queries"]
    }
    assert {("npm", name, version) for name, version, _ in PACKAGES} < asked
    pins = re.findall(
        r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )
    assert len(pins) > 20
    assert {("PyPI", *pin) for pin in pins} < asked


def test_a_weakness_that_is_known_is_a_failure(osv, audit):
    osv.answer = lambda queries: {
        "results": [
            {"vulns": [{"id": "GHSA-1"}]} if each["package"]["name"] == "django" else {}
            for each in queries
        ]
    }
    status, said = audit(osv.url)
    assert status == 1
    assert re.search(r"^django [\d.]+ \(PyPI\): GHSA-1$", said, re.MULTILINE)


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (503, {}),
        (404, {}),
        (200, b"<html>"),
        (200, {}),
        (200, []),
        (200, {"results": [{}]}),  # fewer than were asked about
        (200, {"results": None}),
    ],
)
def test_what_is_no_answer_is_said_and_is_no_good_news(osv, audit, status, answer):
    osv.status, osv.answer = status, lambda queries: answer
    status, said = audit(osv.url)
    assert (status, said[:12]) == (0, "NOT AUDITED:")
    assert "No weakness" not in said
    assert audit(osv.url, "--strict")[0] == 2


def test_where_nobody_is_there_it_says_so():
    done = subprocess.run(
        [sys.executable, ROOT / "bin/audit"],
        env=os.environ | {"AUDIT_URL": "http://127.0.0.1:1/", "no_proxy": "127.0.0.1"},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout[:12], done.stderr) == (0, "NOT AUDITED:", "")


def test_ci_asks():
    assert "\nbin/audit\n" in (ROOT / ".ci/run").read_text()


# What is of others, and is committed


def test_each_file_of_others_is_as_it_was_taken():
    found = {
        str(path.relative_to(VENDOR)): path.read_bytes()
        for path in VENDOR.rglob("*")
        if path.is_file()
    }
    digests = {
        path: "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
        for path, data in found.items()
    }
    assert digests == FILES


def test_each_is_of_a_package_of_that_version():
    folders = {f"{name.removesuffix('.org')}-{version}" for name, version, _ in PACKAGES}
    assert folders == {path.name for path in VENDOR.iterdir()}
    for _name, _version, integrity in PACKAGES:
        assert len(base64.b64decode(integrity.removeprefix("sha512-"))) == 64


def test_pages_use_nothing_else_of_others():
    used = set()
    for page in (ROOT / "templates").rglob("*.html"):
        text = page.read_text()
        used |= set(re.findall(r"vendor/([^'\"#]+)", text))
        assert not re.search(r"<(script|link|img)[^>]+(src|href)=['\"]?(https?:)?//", text), page
    assert used
    assert used <= set(FILES)
