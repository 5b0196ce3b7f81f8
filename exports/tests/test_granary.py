"""Three standards for one thing: granary, which knows them all, takes the same posts from each."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from exports.formats import BY_NAME

from .samples import POSTS, text_of, write

HERE = Path(__file__).with_name("granary")
NO_XML = "[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an environment with granary."""
    folder = tmp_path_factory.mktemp("granary")
    uv, python = Path(sys.executable).with_name("uv"), folder / "bin" / "python"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    install = [uv, "pip", "install", "--quiet", "--python", python, "--require-hashes"]
    subprocess.run([*install, "-r", HERE / "requirements.txt"], check=True)
    return python


def words(html):
    return text_of(html).split()


def test_ids_times_and_texts_agree(python, tmp_path):
    names = ["outbox.json", "feed.json", "feed.atom"]
    for name in names:
        (tmp_path / name).write_bytes(write(BY_NAME[name]))
    printed = subprocess.check_output([python, HERE / "read.py", tmp_path])
    outbox, feed, entries = (json.loads(printed)[name] for name in names)
    for post, note, item, entry in zip(POSTS, outbox, feed, entries, strict=True):
        said = post["url"], post["timestamp"], post.get("edited", "")
        assert tuple(note[:3]) == tuple(item[:3]) == said
        assert tuple(entry[:3]) == (*said[:2], said[2] or said[1])
        assert words(note[3]) == f"{post.get('title', '')}{post['body']}".split()
        assert words(item[3]) == post["body"].split()
        assert words(entry[3]) == re.sub(NO_XML, "\ufffd", post["body"]).split()
