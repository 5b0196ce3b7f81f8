"""The arrows of the house: who may import whom."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

ALLOWED = {
    "microblog": {"microblog", "accounts", "blog", "tasks", "exports"},
    "exports": {"exports", "blog", "accounts", "tasks"},
    "blog": {"blog", "accounts", "tasks"},
    "accounts": {"accounts", "tasks"},
    "tasks": {"tasks"},
}
OURS = set(ALLOWED)


def modules(app):
    for path in (Path(settings.BASE_DIR) / app).rglob("*.py"):
        if "tests" not in path.parts and "migrations" not in path.parts:
            yield path


def imports(path):
    """The dotted names that the module at `path` imports, relative ones made absolute."""
    package = path.relative_to(settings.BASE_DIR).parent.parts
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*start, *filter(None, [node.module])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def broken_arrows(app):
    for path in modules(app):
        for name in imports(path):
            to, *rest = name.split(".")
            if to not in OURS:
                continue
            if to not in ALLOWED[app]:
                yield f"{path}: {app} must not know {name}"
            if rest[:1] == ["views"] and to != app:
                yield f"{path}: {name} is another app's own"
            if "api" in rest and path.name in {"jobs.py", "models.py", "admin.py"}:
                yield f"{path}: workers need nothing of {name}"
            if rest[:1] == ["jobs"]:
                yield f"{path}: jobs are named by their dotted strings, not imported: {name}"


@pytest.mark.parametrize("app", sorted(OURS))
def test_arrows_point_down(app):
    assert list(modules(app))
    assert not list(broken_arrows(app))


def test_a_wrong_arrow_would_be_found(tmp_path, settings, monkeypatch):
    settings.BASE_DIR = tmp_path
    (tmp_path / "tasks").mkdir()
    (tmp_path / "tasks" / "wrong.py").write_text(
        "from blog import models\nimport exports.views\nfrom . import jobs\n"
    )
    assert len(list(broken_arrows("tasks"))) == 4
