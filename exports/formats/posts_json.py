"""`posts.json`, the original file, valid for ever (JSON: RFC 8259; times: RFC 3339):

    {"posts": [
    {"body":"Hello","timestamp":"2026-01-02T03:04:05Z"},
    {"body":"Again","timestamp":"2026-01-02T03:04:06.000007Z","title":"More keys may follow"}
    ]}

Oldest first, one post a line. Nothing is lost. `posts.schema.json` beside it says what is in it
(JSON Schema 2020-12).
"""

import orjson

from .base import Item
from .json_list import JsonList

HEAD = b'{"posts": ['
TAIL = b"\n]}\n"
# Where orjson puts two items side by side. Never inside a text: JSON escapes its quotes.
ADJACENT = b'},{"body":'
ON_TWO_LINES = b'},\n{"body":'


class PostsJson(JsonList):
    """The first key of each item is "body"."""

    name = "posts.json"
    weight = 15, 125, 1
    key = "posts"

    def head(self) -> bytes:
        return HEAD

    def chunk(self, items: list[Item]) -> bytes:
        return b"\n" + orjson.dumps(items)[1:-1].replace(ADJACENT, ON_TWO_LINES)

    def tail(self) -> bytes:
        return TAIL
