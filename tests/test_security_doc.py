"""docs/reference/security.md names tests that there are."""

import ast
import re
from functools import cache
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEXT = (ROOT / "docs/reference/security.md").read_text()
NAMED = re.findall(r"`([\w/]+\.py)::([\w:]+)`", TEXT)


@cache
def names_in(path):
    """The names of the tests of a module, those of a class with its name before them."""
    names = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        before = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        names |= {before + each.name for each in inner if isinstance(each, ast.FunctionDef)}
    return {name for name in names if name.rpartition("::")[2].startswith("test_")}


def test_each_test_that_is_named_is_there():
    missing = [
        f"{path}::{name}"
        for path, name in NAMED
        if not (ROOT / path).is_file() or name not in names_in(path)
    ]
    assert not missing, "\n".join(missing)
    assert len(NAMED) > 60


def test_each_threat_names_one_or_more():
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "---" not in line]
    threats = [row for row in rows if not row.rstrip(" |").endswith("tested")]
    assert len(threats) > 40
    assert [row for row in threats if not re.search(r"`[\w/]+\.py::", row)] == []


def test_the_settings_that_are_named_are_read():
    read = (ROOT / "microblog/settings.py").read_text()
    for name in re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", TEXT):
        assert name in read, name


def test_the_sections_that_it_leads_to_are_there():
    headings = {
        re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
        for line in TEXT.splitlines()
        if line.startswith("#")
    }
    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= headings
