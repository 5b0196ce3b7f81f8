"""CSV as of RFC 4180: commas, CRLF, quotes where they are needed, a first line that names the
columns; in UTF-8, without a byte order mark."""

import csv
from collections.abc import Iterable
from io import StringIO
from itertools import chain

from .base import Damaged, Format, Item, recut


class Table(Format):
    content_type = "text/csv; charset=utf-8"
    columns: tuple[str, ...]

    def head(self) -> bytes:
        return _encode([self.columns])

    def chunk(self, items: list[Item]) -> bytes:
        return _encode(map(self.row, items))

    def row(self, item: Item) -> list:
        """The cells that stand for the item."""
        raise NotImplementedError

    @classmethod
    def count(cls, blocks: Iterable[bytes]) -> int:
        lines = chain.from_iterable(map(_lines, recut(blocks, b"\n")))
        count = -1
        try:
            for count, row in enumerate(csv.reader(lines, strict=True)):
                if len(row) != len(cls.columns) or (count == 0 and row != list(cls.columns)):
                    raise Damaged(f"Row {count} has not the right columns.")
        except (csv.Error, UnicodeDecodeError) as error:
            raise Damaged(f"It is not CSV: {error}") from error
        if count < 0:
            raise Damaged("It is empty.")
        return count


def _encode(rows):
    file = StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


def _lines(piece):
    if piece and not piece.endswith(b"\n"):
        raise Damaged("It is cut off.")
    return StringIO(piece.decode(), newline="")
