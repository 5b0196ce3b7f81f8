"""What is set as code in docs/, and by which test it is run."""

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCS = ROOT / "docs"
BLOCK = re.compile(
    r"^(?P<indent> *)(?:<!-- (?P<mark>[^\n]*) -->\n(?P=indent))?"
    r"```(?P<language>\S*)\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass
class Block:
    """A fenced block. `mark`: the comment on the line before it, which says more to the tests:

    run by PATH::TEST: WHY      not here, but there
    checked by PATH::TEST: WHY  nowhere: there what it reads is looked at
    status 1: WHY               it ends with that
    """

    document: str
    language: str
    text: str
    mark: str

    @property
    def run_by(self):
        """The test that is named, or None."""
        found = re.fullmatch(r"(?:run|checked) by ([\w/]+\.py::[\w:]+): .+", self.mark)
        return found and found[1]

    @property
    def status(self):
        found = re.fullmatch(r"status (\d+): .+", self.mark)
        return int(found[1]) if found else 0


def documents():
    """{name in docs/: text}"""
    return {path.relative_to(DOCS).as_posix(): path.read_text() for path in DOCS.rglob("*.md")}


def blocks(document):
    """Those of one document, in order."""
    return [
        Block(document, found["language"], dedent(found["text"]), found["mark"] or "")
        for found in BLOCK.finditer((DOCS / document).read_text())
    ]


def prose(text):
    """A document without its blocks."""
    return BLOCK.sub("", text)


@cache
def names_in(path):
    """The names of the tests of a module, those of a class with its name before them."""
    names = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        before = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        names |= {before + each.name for each in inner if isinstance(each, ast.FunctionDef)}
    return {name for name in names if name.rpartition("::")[2].startswith("test_")}


def is_a_test(named):
    path, _, name = named.partition("::")
    return (ROOT / path).is_file() and name in names_in(path)
