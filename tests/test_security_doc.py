"""docs/reference/security.md names tests that there are."""

import re

from .documents import DOCS, is_a_test

TEXT = (DOCS / "reference/security.md").read_text()
NAMED = re.findall(r"`([\w/]+\.py::[\w:]+)`", TEXT)


def test_each_test_that_is_named_is_there():
    missing = [named for named in NAMED if not is_a_test(named)]
    assert not missing, "\n".join(missing)
    assert len(NAMED) > 60


def test_each_threat_names_one_or_more():
    rows = [line for line in TEXT.splitlines() if line.startswith("| ") and "---" not in line]
    threats = [row for row in rows if not row.rstrip(" |").endswith("tested")]
    assert len(threats) > 40
    assert [row for row in threats if not re.search(r"`[\w/]+\.py::", row)] == []
