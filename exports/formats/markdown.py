r"""`markdown/`: a file a post, in CommonMark 0.31 (https://spec.commonmark.org/0.31.2/) with front
matter in YAML 1.2; the folder is a site that `hugo` (0.128 or newer) builds as it is.

Posts are plain text, so all that Markdown or Hugo would interpret is escaped, and addresses,
mentions and tags are written as links. A line that goes on in the next one ends with \, and white
space at the ends of lines, which Markdown drops, is written like &#32;. Nothing is lost.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from .base import ITEM_MAX, About, Damaged, Item

LAYOUTS = Path(__file__).with_name("layouts")
KEYS = {
    "title": "title",
    "timestamp": "date",
    "edited": "lastmod",
    "id": "id",
    "url": "original",  # Hugo's `url` is where to put the page
    "language": "language",
    "reply_to": "reply_to",
}
NO_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")  # beyond what JSON escapes
INLINE = re.compile(r"[\\`*_{}\[\]<>&~|$]")
BLOCK = re.compile(r"\d{0,9}(?=[-#+:=.)])")  # headings, lists, rules, at the start of a line
BLANK = " \t\v\f"
FRONT_MATTER = re.compile(rb"---\n((?:[a-z_]+: [^\n]+\n)+)---\n\n")


class Markdown:
    """A folder: `files()` in place of the head, write and tail of a Format."""

    name = "markdown/"
    content_type = "text/markdown; charset=utf-8"  # of each post
    of = "posts"
    weight = 2_200, 310, 0.9  # of its ZIP

    def __init__(self, about: About):
        self.about = about
        self.written = 0  # posts
        self.losses = Counter()

    def site(self) -> Iterator[tuple[str, bytes]]:
        """(name in the archive, content) of what makes a site of the posts."""
        yield "markdown/hugo.json", orjson.dumps(self._config(), option=orjson.OPT_INDENT_2) + b"\n"
        for path in sorted(LAYOUTS.iterdir()):
            yield f"markdown/layouts/_default/{path.name}", path.read_bytes()

    def files(self, items: Iterable[Item]) -> Iterator[tuple[str, bytes]]:
        """(name in the archive, content) of each of the next posts."""
        for item in items:
            self.written += 1
            year = item["timestamp"][:4]
            content = f"---\n{_front_matter(item)}---\n\n{escape(item)}\n".encode()
            yield f"markdown/content/posts/{year}/{item['id']}.md", content

    @classmethod
    def count(cls, blocks: Iterable[bytes]) -> int:
        """1, when the blocks make up a file of a post. Raises Damaged when it is cut off, unless
        that was at the end of it, or when its front matter is malformed."""
        content = b""
        for block in blocks:
            content += block
            if len(content) > ITEM_MAX:
                raise Damaged("It is too long for a post.")
        front = FRONT_MATTER.match(content)
        if not front or front.end() == len(content) or not content.endswith(b"\n"):
            raise Damaged("It is cut off.")
        try:
            for line in front[1].splitlines():
                orjson.loads(line.partition(b": ")[2])
        except orjson.JSONDecodeError as error:
            raise Damaged(f"Its front matter is not what was written: {error}") from error
        if content.endswith(b"\\\n"):
            raise Damaged("It is cut off where a line goes on.")
        return 1

    def _config(self):
        off = ["linkify", "strikethrough", "table", "taskList", "definitionList", "footnote"]
        return {
            "baseURL": "/",
            "title": self.about.name,
            "relativeURLs": True,
            "buildFuture": True,
            "disableKinds": ["section", "taxonomy", "term", "rss", "sitemap", "404"],
            "markup": {
                "goldmark": {
                    "extensions": {name: False for name in off} | {"typographer": {"disable": True}}
                }
            },
            "params": {
                "language": self.about.language,
                "none": self.about.say("No posts."),
            },
        }


def _front_matter(item):
    """Its values are JSON, which YAML takes, but for characters that YAML wants escaped."""
    lines = [f"{KEYS[key]}: {orjson.dumps(item[key]).decode()}\n" for key in KEYS if key in item]
    return NO_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", "".join(lines))


def escape(item: Item) -> str:
    """The body as Markdown that shows it as it was written."""
    text = "".join(
        f"[{_inline(text)}](<{_inline(address)}>)" if address else _inline(text)
        for text, address in item.parts
    ).replace("\r", "&#13;")
    lines = text.rstrip("\n")
    return "\\\n".join(map(_line, lines.split("\n"))) + "&#10;" * (len(text) - len(lines))


def _inline(text):
    return INLINE.sub(lambda match: f"\\{match[0]}", text)  # as a template, it is slower


def _line(line):
    text = line.lstrip(BLANK)
    indent = line.removesuffix(text)
    if not indent and (block := BLOCK.match(text)):
        text = f"{block[0]}\\{text[block.end() :]}"
    kept = text.rstrip(BLANK)
    rest = text.removeprefix(kept)
    if kept.endswith("\\"):  # behind which Goldmark takes no other \ for a line that goes on
        kept = kept[:-2] + "&#92;"
    return _reference(indent) + kept + _reference(rest) if indent or rest else kept


def _reference(blanks):
    return "".join(f"&#{ord(blank)};" for blank in blanks)
