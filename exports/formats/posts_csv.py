"""`posts.csv`, for spreadsheets (CSV: RFC 4180; times: RFC 3339).

A spreadsheet takes a cell that begins with = for a formula, which may send away what is in the
other cells (OWASP: CSV Injection). So a title or body that begins with one of `= + - @`, with the
full-width forms of these, a tab or a line end, gets a ' in front; and so does one that begins with
' itself, so that it can be undone: of a cell that begins with ', take that one away. Nothing is
lost.
"""

from .base import Item
from .table import Table

DANGEROUS = frozenset("=+-@\t\r\n＝＋－＠'")


class PostsCsv(Table):
    name = "posts.csv"
    weight = 55, 80, 1
    columns = ("id", "timestamp", "edited", "title", "body", "language", "reply_to", "url")

    def row(self, item: Item) -> list:
        return [
            item["id"],
            item["timestamp"],
            item.get("edited"),
            defuse(item.get("title", "")),
            defuse(item["body"]),
            item.get("language"),
            item.get("reply_to"),
            item["url"],
        ]


def defuse(text: str) -> str:
    """The text so that no spreadsheet takes it for a formula."""
    return f"'{text}" if text[:1] in DANGEROUS else text


def undefuse(cell: str) -> str:
    """The text that was defused."""
    return cell.removeprefix("'")
