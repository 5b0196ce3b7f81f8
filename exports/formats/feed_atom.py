"""`feed.atom`: Atom (RFC 4287), with what a post answers as of RFC 4685.

XML 1.0 (2.2) can hold no control characters but tab and line ends, not even escaped: each is
replaced by U+FFFD, and the posts that had some are counted in `losses["xml_characters"]`. A post
without a title has an empty one, for Atom wants one.
"""

import re
from collections.abc import Iterable
from html import escape
from xml.parsers import expat  # noqa: S407 (no document type, so no entities: see count())

from .base import ITEM_MAX, Damaged, Format, Item

NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class FeedAtom(Format):
    name = "feed.atom"
    content_type = "application/atom+xml"
    weight = 500, 300, 1.2

    def head(self) -> bytes:
        about = self.about
        name, url = escape(about.name), escape(about.url)
        return NO_XML.sub(
            "\ufffd",
            f"""<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:thr="http://purl.org/syndication/thread/1.0"\
 xml:lang="{escape(about.language)}">
<id>{url}</id>
<title>{name}</title>
<updated>{about.updated or about.joined}</updated>
<link rel="self" type="application/atom+xml" href="{url}feed.atom"/>
<link rel="alternate" type="text/html" href="{url}"/>
<author><name>{name}</name><uri>{url}</uri></author>
""",
        ).encode()

    def item(self, item: Item) -> bytes:
        url = escape(item["url"])
        language = f' xml:lang="{escape(item["language"])}"' if "language" in item else ""
        answers = ""
        if "reply_to" in item:
            other = escape(item["reply_to"])
            answers = f'<thr:in-reply-to ref="{other}" href="{other}"/>\n'
        entry = f"""<entry{language}>
<id>{url}</id>
<title>{escape(item.get("title", ""))}</title>
<published>{item["timestamp"]}</published>
<updated>{item.get("edited", item["timestamp"])}</updated>
<link rel="alternate" type="text/html" href="{url}"/>
{answers}<content type="html">{escape(item.html)}</content>
</entry>
""".replace("\r", "&#13;")
        allowed = NO_XML.sub("\ufffd", entry)
        if allowed != entry:
            self.losses["xml_characters"] += 1
        return allowed.encode()

    def tail(self) -> bytes:
        return b"</feed>"

    @classmethod
    def count(cls, blocks: Iterable[bytes]) -> int:
        count = read = 0

        def end(name):
            nonlocal count
            count += name == "entry"

        parser = expat.ParserCreate()
        parser.EndElementHandler = end
        parser.StartDoctypeDeclHandler = _refuse
        try:
            for block in blocks:
                parser.Parse(block)
                read += len(block)
                if read - parser.CurrentByteIndex > ITEM_MAX + len(block):
                    raise Damaged("A tag has no end.")
            parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise Damaged(f"It is not XML: {error}") from error
        return count


def _refuse(*declared):
    raise Damaged("It declares a document type.")
