"""docs/ speaks of what there is. (Its commands are run in test_docs_commands.py.)"""

import ast
import json
import re
from configparser import ConfigParser
from contextlib import suppress

import pytest
import yaml
from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from .documents import BLOCK, DOCS, ROOT, blocks, documents, prose

# Not read by settings.py, but by what is named in the text beside it.
OF_OTHERS = {"AWS_PROFILE", "ENV_FILE", "LC_ALL", "LC_MESSAGES", "PROMETHEUS_MULTIPROC_DIR"}
PAGES = re.compile(r"`(?:(?:GET|POST|PUT|PATCH|DELETE) )?(/[\w/<>@.-]*)(?:\?[^`]*)?`")
# Files, what nginx has, what is answered before any page, and what only a site of bin/run has.
PLACES = (
    "/etc/",
    "/var/",
    "/opt/",
    "/backup",
    "/static/",
    "/archives/",
    "/healthz",
    "/readyz",
    "/metrics",
    "/mail/",
)


def names_of_settings():
    example = (ROOT / ".env.example").read_text()
    return set(re.findall(r"^#?([A-Z0-9_]+)=", example, re.MULTILINE))


@pytest.fixture(params=sorted(documents()))
def document(request):
    return request.param


@pytest.fixture
def text(document):
    return prose(documents()[document])


def test_each_is_on_the_map(document):
    if document != "README.md":
        assert f"]({document}" in documents()["README.md"]


def test_what_is_set_as_code_says_what_it_is(document, text):
    assert "```" not in text  # all are found
    assert all(block.language for block in blocks(document))
    assert not re.search(r"\n\n    [^ ]", text), "Code is fenced, so that its commands are found."


def test_it_can_be_read_as_what_it_is(document):
    readers = {
        "json": json.loads,
        "yaml": yaml.safe_load,
        "python": ast.parse,
        "ini": ConfigParser(strict=False, allow_no_value=True).read_string,
    }
    known = readers.keys() | {"sh", "dotenv", "text", "http", "apache"}
    for block in blocks(document):
        assert block.language in known
        readers.get(block.language, str)(block.text)


def test_settings_that_are_named_are_there(document, text):
    known = names_of_settings() | set(dir(settings)) | OF_OTHERS
    assert set(re.findall(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`", text)) - known == set()
    for block in blocks(document):
        if block.language == "dotenv":
            assert set(re.findall(r"^(\w+)=", block.text, re.MULTILINE)) <= names_of_settings()


def test_commands_that_are_named_are_there(document):
    named = re.findall(r"\bmanage(?:\.py)?\s([a-z][a-z_]+)", documents()[document])
    assert set(named) - {"is"} <= get_commands().keys()


def test_pages_that_are_named_are_there(text):
    for page in PAGES.findall(text):
        if page != "/" and not page.startswith(PLACES):
            assert leads_somewhere(page), page


def leads_somewhere(page):
    for found in ("7", "0b7f3c1e-2f0e-4a52-9d5c-0a4f2d1e8b77", "alice"):
        with suppress(Resolver404):
            return resolve(re.sub(r"<\w+>", found, page))
    return None


def test_files_that_are_named_are_there(text):
    folders = "|".join(sorted(path.name for path in ROOT.iterdir() if is_ours(path)))
    for path in re.findall(rf"`((?:{folders})/[\w/.-]*)`", text):
        if path not in MADE_BY_HAND:
            assert (ROOT / path).exists(), path


MADE_BY_HAND = {"deploy/docker/.env", "deploy/docker/nginx.conf"}


def is_ours(path):
    return path.is_dir() and path.name not in {"var", "archives"} and path.name[0] not in "._"


def test_what_the_quickstart_says_to_press_is_there():
    with (ROOT / "locale/es/LC_MESSAGES/django.po").open("rb") as file:
        catalogue = read_po(file)
    said = {"Download"} | {message.id for message in catalogue if isinstance(message.id, str)}
    pressed = re.findall(r"\*\*([^*]+)\*\*", prose((DOCS / "quickstart.md").read_text()))
    assert len(pressed) > 8
    assert set(pressed) <= said


def test_a_block_is_found_in_a_list_too():
    found = BLOCK.search("1. Do\n\n   <!-- status 1: x -->\n   ```sh\n   a\n\n   b\n   ```\n")
    assert (found["mark"], found["language"], found["text"]) == (
        "status 1: x",
        "sh",
        "   a\n\n   b\n",
    )
