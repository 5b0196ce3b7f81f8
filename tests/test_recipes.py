"""The recipes of the README and CONTRIBUTING, followed as they are written: in a copy of the house,
what they show is put into the files that they name, what they run is run, and what they promise is
there (followed.py)."""

import os
import shlex
import subprocess

import pytest
from babel.messages.pofile import read_po, write_po

from .clone import make_clone
from .markdown import Document, commands

pytestmark = pytest.mark.slow

CONTRIBUTING = Document("CONTRIBUTING.md")
RECIPES = [
    Document("README.md").section("Change one thing"),
    CONTRIBUTING.section("How to add a job"),
    CONTRIBUTING.section("How to add a format"),
    CONTRIBUTING.section("How to add a language"),
]
OURS = {"DATABASE_URL", "REDIS_URL", "VAR_DIR", "DJANGO_SETTINGS_MODULE"}


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    return make_clone(tmp_path_factory.mktemp("recipes") / "house")


def run(copy, *command):
    environment = {name: value for name, value in os.environ.items() if name not in OURS}
    ended = subprocess.run(
        command,
        cwd=copy,
        env=environment | {"ENV_FILE": "", "PYTEST_XDIST_WORKER": ""},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def blocks(*languages):
    """(text, path) of what the recipes show in these languages."""
    for recipe in RECIPES:
        for language, text, path in recipe.blocks:
            if language in languages:
                yield text, path


def change(file, text):
    """Make of the lines that a diff begins with a space or - those with a space or +."""
    lines = text.splitlines(keepends=True)
    before, after = (
        "".join(line[1:] for line in lines if line[0] in signs) for signs in (" -", " +")
    )
    said = file.read_text()
    assert said.count(before) == 1, f"{file}: {before}"
    file.write_text(said.replace(before, after))


def translate(file, text):
    """Put these translations into the catalogue, which has nothing in their place."""
    with file.open("rb") as source:
        catalogue = read_po(source)
    for each in read_po(text.encode().splitlines(keepends=True)):
        if each.id:
            assert not catalogue[each.id].string, each.id
            catalogue[each.id].string = each.string
    with file.open("wb") as target:
        write_po(target, catalogue, width=100)


@pytest.mark.timeout(600)  # on a machine that does much else
def test_what_they_promise_is_there(copy):
    for text, path in blocks("python"):
        assert not (copy / path).exists()
        (copy / path).write_text(text)
    for text, path in blocks("diff"):
        change(copy / path, text)
    run(copy, "bin/catalogues")
    for text, path in blocks("po"):
        translate(copy / path, text)

    shown = [line for text, _ in blocks("sh") for line in commands(text)]
    tests = [line.removeprefix("bin/test ") for line in shown if line.startswith("bin/test ")]
    assert {*shown} - {f"bin/test {each}" for each in tests} == {"bin/catalogues"}
    run(copy, "bin/test", "tests/followed.py", *shlex.split(" ".join(tests)))
    run(copy, "bin/test", "blog", "-k", "title")  # as the README has it
    run(copy, ".venv/bin/ruff", "check", ".")
    run(copy, ".venv/bin/ruff", "format", "--check", ".")
