"""What a format is, and what it receives."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from blog import markup

ITEM_MAX = 1 << 20  # bytes; the longest post takes some 50,000 in the most talkative format


class Damaged(Exception):
    """The bytes are not a whole file of their format."""


@dataclass(frozen=True)
class About:
    """Whose archive it is. Times are text as of RFC 3339."""

    site: str  # "https://example.org"
    username: str
    name: str
    bio: str
    language: str  # as BCP 47 has it
    joined: str
    updated: str  # when the newest post or edit in it was made; "" when there is none
    avatar: str = ""  # the picture's file in the archive, like "media/avatar.webp"
    account: Mapping = field(default_factory=dict)  # what they have set, as JSON
    # How the person's language says the PHRASES that people read in some of the files.
    words: Mapping[str, str] = field(default_factory=dict)
    day: Callable[[str], str] = str  # how it writes a day like "2026-01-02"

    @property
    def url(self) -> str:
        return f"{self.site}/@{self.username}/"

    def say(self, phrase: str) -> str:
        return self.words.get(phrase, phrase)


class Item(dict):
    """What is written. A post is {"body": str, "timestamp": str (RFC 3339, UTC), "id": int, "url":
    str} and, when there is one, "title": str, "edited": str (RFC 3339, UTC), "language": str (ISO
    639-1), "reply_to": str (the address of what it answers); in this order. What other items are is
    said by their formats.

    What several formats make of a post is made once.
    """

    @property
    def site(self) -> str:
        return "/".join(self["url"].split("/", 3)[:3])

    @cached_property
    def parts(self) -> list[tuple[str, str]]:
        """The body in pieces, each with the whole address that it links to, or ""."""
        return [
            (text, self.site + address if address.startswith("/") else address)
            for text, address in markup.parts(self["body"])
        ]

    @cached_property
    def html(self) -> str:
        """The body with links and line breaks: without its tags, the text is what it was, only
        that long addresses are shortened."""
        return to_html(self["body"], self.site)


def to_html(text: str, site: str) -> str:
    """The text as HTML that means the same wherever it is: links have whole addresses. Line ends
    are still there, each behind its <br>; a carriage return is written so that HTML keeps it."""
    html = markup.to_html(text).replace('href="/', f'href="{site}/')
    return html.replace("\n", "<br>\n").replace("\r", "&#13;")


class Format:
    """A file of the archive, written a chunk of items at a time: head(), write() for each chunk,
    tail(). The same items give the same bytes, whatever the sizes of the chunks."""

    name: str  # of the file
    content_type: str
    # Which items it takes: posts, messages, following, followers, revisions, deletions.
    of = "posts"
    between = b""  # two items
    # About how large it is: the file itself, each item in it, and how often it has an item's text
    # (in bytes). Measured; said to people before they start, so each format should know its own.
    weight = 100, 200, 1

    def __init__(self, about: About):
        self.about = about
        self.written = 0  # items
        # How many items lost something that the standard forbids, by a code of what it was.
        self.losses = Counter()

    def head(self) -> bytes:
        return b""

    def write(self, items: list[Item]) -> bytes:
        """The bytes of the next items."""
        if not items:
            return b""
        lead = self.between if self.written else b""
        self.written += len(items)
        return lead + self.chunk(items)

    def tail(self) -> bytes:
        return b""

    def chunk(self, items: list[Item]) -> bytes:
        return self.between.join(map(self.item, items))

    def item(self, item: Item) -> bytes:
        raise NotImplementedError

    def pieces(self, chunks: Iterable[list[Item]]) -> Iterator[bytes]:
        """The whole file, in pieces."""
        yield self.head()
        yield from map(self.write, chunks)
        yield self.tail()

    @classmethod
    def count(cls, blocks: Iterable[bytes]) -> int:
        """How many items are in the file that `blocks` make up together; each is parsed, and none
        is kept. Raises Damaged when anything is cut off, missing or malformed.

        A file without a tail that was cut right behind an item is a whole one of fewer items:
        compare the number with `written`.
        """
        raise NotImplementedError


def recut(blocks: Iterable[bytes], end: bytes) -> Iterator[bytes]:
    """The same bytes in pieces that end with `end`, all but the last one: that is what follows the
    last `end`, if only b"". Raises Damaged when `end` stays away for more than ITEM_MAX."""
    rest = b""
    for block in blocks:
        whole, found, rest = (rest + block).rpartition(end)
        if found:
            yield whole + found
        if len(rest) > ITEM_MAX:
            raise Damaged("An item has no end.")
    yield rest
