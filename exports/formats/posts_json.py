"""`posts.json`, the original file, valid for ever (JSON: RFC 8259; times: RFC 3339):

    {"posts": [
    {"body":"Hello","timestamp":"2026-01-02T03:04:05Z"},
    {"body":"Again","timestamp":"2026-01-02T03:04:06.000007Z","title":"More keys may follow"}
    ]}

Oldest first, one post a line: it can be written, read and counted as a stream.
"""

from collections.abc import Iterable, Iterator

import orjson

NAME = "posts.json"
CONTENT_TYPE = "application/json"
HEAD = b'{"posts": [\n'
BETWEEN = b",\n"  # never inside a post: JSON escapes the line ends of texts
# Where orjson puts two items side by side. Never inside a text: JSON escapes its quotes.
ADJACENT = b'},{"body":'
ON_TWO_LINES = b'},\n{"body":'
TAIL = b"\n]}\n"


class Damaged(Exception):
    """The bytes are not a whole `posts.json`."""


def write(chunks: Iterable[list[dict]]) -> Iterator[bytes]:
    """The bytes of a `posts.json` with the items of all chunks, one piece a chunk.

    The first key of each item is "body".
    """
    lead = HEAD
    for chunk in filter(None, chunks):
        yield lead + orjson.dumps(chunk)[1:-1].replace(ADJACENT, ON_TWO_LINES)
        lead = BETWEEN
    yield TAIL if lead is BETWEEN else HEAD + TAIL.lstrip()


def count(blocks: Iterable[bytes]) -> int:
    """How many posts are in the `posts.json` that `blocks` make up together. Each is parsed.

    Raises Damaged when anything is cut off, missing, or not JSON.
    """
    posts, rest, begun = 0, b"", False
    for block in blocks:
        rest += block
        if not begun and len(rest) >= len(HEAD):
            if not rest.startswith(HEAD):
                raise Damaged("It does not begin like a posts.json.")
            rest, begun = rest[len(HEAD) :], True
        whole, between, cut = rest.rpartition(BETWEEN)
        if between:
            posts += _count_items(whole)
            rest = cut
    if begun and not posts and rest == TAIL.lstrip():
        return 0
    if not begun or not rest.endswith(TAIL):
        raise Damaged("It is cut off.")
    return posts + _count_items(rest.removesuffix(TAIL))


def _count_items(joined: bytes) -> int:
    try:
        return len(orjson.loads(b"[" + joined + b"]"))
    except orjson.JSONDecodeError as error:
        raise Damaged(f"A post is not JSON: {error}") from error
