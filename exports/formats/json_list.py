"""JSON (RFC 8259) with the items in one list, each on a line of its own:

    {"version":"of the whole","items":[
    {"body":"Hello"},
    {"body":"Again"}
    ]}

No line ends within an item, for JSON escapes those of texts: so it can be written, read and counted
as a stream.
"""

from collections.abc import Iterable

import orjson

from .base import Damaged, Format, Item, recut


class JsonList(Format):
    content_type = "application/json"
    key: str  # of the list
    between = b","

    def head(self) -> bytes:
        return orjson.dumps(self.fields() | {self.key: []}).removesuffix(b"]}")

    def item(self, item: Item) -> bytes:
        return b"\n" + orjson.dumps(self.entry(item))

    def tail(self) -> bytes:
        return b"\n]}\n"

    def fields(self) -> dict:
        """What stands before the list."""
        return {}

    def entry(self, item: Item) -> dict:
        """What stands for the item."""
        return item

    @classmethod
    def count(cls, blocks: Iterable[bytes]) -> int:
        count, head, items = 0, None, b""
        for piece in recut(blocks, b",\n"):
            count += count_items(items.removesuffix(b",\n"))
            items = piece
            if head is None:
                head, newline, rest = piece.partition(b"\n")
                items = newline + rest
        items, found, tail = items.rpartition(b"\n]")
        if not found or not tail.endswith(b"}\n"):
            raise Damaged("It is cut off.")
        cls.check_frame(head + found + tail)
        return count + count_items(items)

    @classmethod
    def check_frame(cls, frame: bytes):
        """Raise Damaged unless this is a whole document of an empty list."""
        try:
            document = orjson.loads(frame)
        except orjson.JSONDecodeError as error:
            raise Damaged(f"What is around the items is not JSON: {error}") from error
        if not isinstance(document, dict) or document.get(cls.key) != []:
            raise Damaged(f"It has no list of {cls.key}.")


def count_items(joined: bytes) -> int:
    """How many objects there are, joined by commas. Raises Damaged when it is something else."""
    try:
        items = orjson.loads(b"[" + joined + b"]")
    except orjson.JSONDecodeError as error:
        raise Damaged(f"An item is not JSON: {error}") from error
    if not set(map(type, items)) <= {dict}:
        raise Damaged("An item is not an object.")
    return len(items)
