"""docs/how-to/call-the-api.md, walked as it is written there, with the real curl."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
from django.conf import settings

from accounts.models import Token, User
from exports.models import Export

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

DOCS = Path(settings.BASE_DIR) / "docs/how-to/call-the-api.md"
SCHEMA = Path(settings.BASE_DIR) / "exports" / "formats" / "posts.schema.json"
SITE = "SITE=http://127.0.0.1:8000"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
END = "\x1e"  # of what a block has printed


@pytest.fixture(scope="module", autouse=True)
def programs():
    if not (shutil.which("curl") and shutil.which("jq")):
        pytest.skip("curl or jq is not installed (apt install curl jq)")


def blocks():
    """(language, text) of what is set as code in the tour."""
    tour = DOCS.read_text().partition("\n## A tour")[2].partition("\n## ")[0]
    return BLOCK.findall(tour)


def walk(folder, url):
    """Run all of it as one script; return what each of its blocks has printed."""
    script = "".join(
        f"{text}printf '{END}'\n" for language, text in blocks() if language == "sh"
    ).replace(SITE, f"SITE={url}")
    assert url in script
    (folder / "tour.sh").write_text(f"set -euo pipefail\n{script}")
    walked = subprocess.run(
        ["bash", "tour.sh"],
        cwd=folder,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    print(walked.stdout, walked.stderr)
    assert walked.returncode == 0
    return walked.stdout.split(END)[:-1]


def answers():
    """(which block of the script, what the docs say that it prints, as what)."""
    number = -1
    for language, text in blocks():
        if language == "sh":
            number += 1
        else:
            yield number, text, language


def shape(value):
    """What kind of thing it is: with its names, if it has some."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value)


def is_told(text, language, printed):
    """Whether the docs say what is printed, but for what is different each time."""
    if language == "json":
        return shape(json.loads(text)) == shape(json.loads(printed))
    if language == "http":
        (status, *headers), (answered, *given) = text.splitlines(), printed.splitlines()
        names = {line.partition(":")[0].lower() for line in given}
        return status == answered and {line.partition(":")[0].lower() for line in headers} <= names
    return text.strip() == printed.strip()


def test_it_works_as_it_is_written(site, start_qcluster, posts, tmp_path):
    url, _workers = site
    with start_qcluster():
        printed = walk(tmp_path, url)

    told = list(answers())
    assert len(told) > 5
    for number, text, language in told:
        assert is_told(text, language, printed[number]), f"{text}is not\n{printed[number]}"

    susan = User.objects.get(username="susan")
    (post,) = susan.posts.all()
    assert (post.title, post.revisions.count()) == ("Lemons", 1)
    assert [person.username for person in susan.follows.all()] == ["alice"]
    export = Export.objects.get(owner=susan)
    assert export.task.state == "succeeded"
    taken_out = json.loads((tmp_path / "posts.json").read_text())
    jsonschema.validate(taken_out, json.loads(SCHEMA.read_text()))
    assert [each["body"] for each in taken_out["posts"]] == [post.body]
    assert not Token.objects.filter(owner=susan).exists()


def test_what_is_not_told_would_be_found():
    assert is_told('{"a": [1], "b": null}', "json", '{"b": null, "a": [2, 3]}')
    assert not is_told('{"a": 1}', "json", '{"a": null}')
    assert not is_told('{"a": 1}', "json", '{"a": 1, "b": 2}')
    assert is_told(
        "HTTP/1.1 202 Accepted\nLocation: /x\n", "http", "HTTP/1.1 202 Accepted\nlocation: /y\n"
    )
    assert not is_told("HTTP/1.1 202 Accepted\nETag: x\n", "http", "HTTP/1.1 202 Accepted\n")
    assert not is_told("HTTP/1.1 202 Accepted\n", "http", "HTTP/1.1 200 OK\n")
    assert not is_told("401\n", "text", "200")
