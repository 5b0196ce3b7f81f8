"""`bin/run` as its users have it: in a copy of the checkout, over HTTP, with signals."""

import email
import email.policy
import json
import os
import re
import shutil
import signal
import subprocess
from contextlib import suppress

import psutil
import pytest
import requests
from PIL import Image

from .clone import PATIENCE, Clone, post, signed_in
from .conftest import CHROMIUM
from .markdown import Document
from .waiting import wait_for

pytestmark = pytest.mark.slow

README = Document("README.md")


@pytest.fixture
def clone(tmp_path):
    clone = Clone(tmp_path)
    yield clone
    for process in clone.processes():
        with suppress(psutil.Error):
            process.kill()


def export(alice, clone, state):
    """Start an export and wait until it is in `state`."""
    post(alice, f"{clone.url}/exports/")

    def task():
        accept = {"Accept": "application/json"}
        (task,) = alice.get(f"{clone.url}/alerts/", headers=accept, timeout=10).json()["tasks"]
        return task

    wait_for(lambda: task()["state"] == state, PATIENCE, lambda: f"{task()}\n{clone.said()}")


def exported_posts(letter):
    message = email.message_from_bytes(letter.read_bytes(), policy=email.policy.default)
    (attachment,) = message.iter_attachments()
    assert attachment.get_filename() == "posts.json"
    return json.loads(attachment.get_content())["posts"]


def greeting(url):
    """The lines that the README shows, of a site at this address."""
    (shown,) = (
        text for language, text, _ in README.blocks if language == "text" and "Ctrl-C" in text
    )
    return shown.replace("http://127.0.0.1:8000", url).splitlines()


def run_in_a_terminal(clone):
    """What the README shows, as it is written there, beside the running site."""
    ((_, script, _),) = README.section("What you see next").blocks
    ended = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=clone.root,
        env=clone.environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "The archive is whole." in ended.stdout


def count_of_posts(alice, clone):
    return len(re.findall(r"<article", alice.get(f"{clone.url}/@alice/", timeout=10).text))


def speaks_chinese(clone):
    page = requests.get(clone.url, headers={"Accept-Language": "zh-TW"}, timeout=10).text
    return '<html lang="zh-hant"' in page and "Skip to the content" not in page


def without_gettext(folder):
    """A PATH on which the programs of gettext fail, whether they are installed or not."""
    folder.mkdir()
    for name in ("msgfmt", "msgmerge", "xgettext"):
        (folder / name).symlink_to(shutil.which("false"))
    return f"{folder}:{os.environ['PATH']}"


@pytest.mark.lasts(80)
def test_everything_works_and_stops_and_works_again(clone, tmp_path):
    clone.start(PATH=without_gettext(tmp_path / "bin"))
    clone.wait_for_site()
    assert speaks_chinese(clone)
    assert [line for line in greeting(clone.url) if line not in clone.said()] == []
    with signed_in(clone) as alice:
        export(alice, clone, "succeeded")
        (letter,) = (clone.root / "var" / "mail").iterdir()
        assert len(exported_posts(letter)) >= count_of_posts(alice, clone) > 0
        assert requests.get(f"{clone.url}/mail/", timeout=10).ok
    assert len(clone.processes()) > 5
    assert clone.assert_stops(os.kill) == 0

    clone.start()
    clone.wait_for_site()
    assert "Installing" not in clone.said()
    with signed_in(clone) as alice:
        assert "/download/" in alice.get(f"{clone.url}/exports/", timeout=10).text
    run_in_a_terminal(clone)
    assert clone.assert_stops(os.kill) == 0


@pytest.mark.parametrize(
    ("send", "number"),
    [(os.killpg, signal.SIGINT), (os.killpg, signal.SIGTERM), (os.kill, signal.SIGTERM)],
    ids=["Ctrl-C", "SIGTERM to all", "SIGTERM to bin/run"],
)
def test_it_stops_in_the_middle_of_an_export(clone, send, number):
    clone.start(EXPORT_POSTS_PER_SECOND="1")
    clone.wait_for_site()
    with signed_in(clone) as alice:
        export(alice, clone, "running")
    assert clone.assert_stops(send, number) == 0


@pytest.mark.parametrize("send", [os.kill, os.killpg])
@pytest.mark.parametrize("line", ["Preparing the database", "Ctrl-C stops it"])
def test_it_stops_while_it_starts(clone, line, send):
    clone.start()
    clone.wait_for_line(line)
    assert clone.assert_stops(send, signal.SIGINT) == 0


def test_it_stops_when_the_terminal_is_closed(clone):
    clone.start()
    clone.wait_for_site()
    assert clone.assert_stops(os.killpg, signal.SIGHUP) == 0


@pytest.mark.parametrize(("name", "command"), [("web.1", "gunicorn"), ("worker.1", "qcluster")])
def test_it_ends_when_a_part_ends(clone, name, command):
    clone.start()
    clone.wait_for_site()
    clone.wait_for_line("running.")  # as Django-Q2 says

    def end_it(pid, number):
        family = [each for each in clone.processes() if command in " ".join(each.cmdline())]
        min(family, key=psutil.Process.create_time).send_signal(number)

    assert clone.assert_stops(end_it) == 1
    assert f"{name} ended" in clone.said()


def test_a_taken_port_is_named(clone):
    clone.start()
    clone.wait_for_site()
    first, log = clone.run, clone.said()
    clone.start()
    assert clone.run.wait(20) == 1
    assert f"Port {clone.port} can't be used" in clone.said()
    assert "PORT=" in clone.said()
    clone.run = first
    assert clone.assert_stops(os.kill) == 0, log


@pytest.mark.browser
@pytest.mark.skipif(not CHROMIUM, reason="Chromium is not installed (apt install chromium)")
def test_pictures_are_taken_of_a_site_of_their_own(clone):
    shutil.rmtree(clone.root / "docs" / "pictures", ignore_errors=True)
    command = ["bin/pictures", "home-desktop", "home-phone"]
    taken = subprocess.run(command, cwd=clone.root, capture_output=True, text=True)
    assert taken.returncode == 0, taken.stdout + taken.stderr
    sizes = {}
    for file in (clone.root / "docs" / "pictures").glob("*.png"):
        with Image.open(file) as picture:
            sizes[file.stem] = picture.size
    assert sizes == {"home-desktop": (1280, 800), "home-phone": (390, 844)}
    assert not (clone.root / "var").exists()
    assert clone.processes() == []
