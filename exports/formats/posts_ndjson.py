"""`posts.ndjson`: the items of `posts.json`, a line each, for programs that take a line at a time
(https://github.com/ndjson/ndjson-spec). Nothing is lost."""

from collections.abc import Iterable

import orjson

from .base import Damaged, Format, Item, recut
from .json_list import count_items


class PostsNdjson(Format):
    name = "posts.ndjson"
    content_type = "application/x-ndjson"
    weight = 0, 125, 1

    def item(self, item: Item) -> bytes:
        return orjson.dumps(item, option=orjson.OPT_APPEND_NEWLINE)

    @classmethod
    def count(cls, blocks: Iterable[bytes]) -> int:
        count, lines = 0, b""
        for piece in recut(blocks, b"\n"):
            count += count_items(lines.removesuffix(b"\n").replace(b"\n", b","))
            lines = piece
        if lines:
            raise Damaged("It is cut off.")
        return count
