"""What of a plain text is a link: web addresses, @mentions and #tags. Pure: text in, HTML out."""

import re
from collections.abc import Iterator
from html import escape
from urllib.parse import quote

from django.utils.html import format_html
from django.utils.safestring import SafeString

# A mention or tag may touch a word of a script without spaces, but none of Latin letters: that
# would be an e-mail address or the like. One pass, and each alternative begins with a character of
# its own, so it takes linear time.
LINK = re.compile(
    r"(?P<url>(?<![A-Za-z0-9_])https?://[^\s<>\"'`，。、！？；：（）「」『』《》【】]+)"
    r"|(?<![A-Za-z0-9_@./-])@(?P<name>[A-Za-z0-9_]{1,30})(?![A-Za-z0-9_@])"
    r"|(?<![A-Za-z0-9_&/#])#(?P<tag>\w{1,100})(?!\w)",
    re.IGNORECASE,
)
MARKS = ("://", "@", "#")  # a text without any of these has no link
TAG_MAX_LENGTH = 100  # code points, casefolded: which may be more than were written
SHOWN_OF_URL = 40  # characters
PAIRS = {")": "(", "]": "[", "}": "{"}


def mentions(text: str) -> set[str]:
    """The user names that the text mentions, in lower case; also of people who are not there."""
    return {match["name"].lower() for match in LINK.finditer(text) if match["name"]}


def tags(text: str) -> set[str]:
    """The tags in the text, without their # and casefolded. A number is no tag."""
    return {match["tag"].casefold() for match in LINK.finditer(text) if _is_tag(match["tag"])}


def parts(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces, each with the address that it links to, as in HTML's href, or ""."""
    end = 0
    for match in LINK.finditer(text) if any(mark in text for mark in MARKS) else ():
        if match["url"]:
            written = _without_punctuation(match["url"])
            href = written if written.split("://", 1)[1] else ""
        elif match["name"]:
            written, href = match[0], f"/@{match['name']}/"
        else:
            written = match[0]
            href = f"/tags/{quote(match['tag'].casefold())}/" if _is_tag(match["tag"]) else ""
        if href:
            yield text[end : match.start()], ""
            yield written, href
            end = match.start() + len(written)
    yield text[end:], ""


def to_html(text: str) -> SafeString:
    """The text, escaped, with its links."""
    return SafeString("".join(_to_html(*part) for part in parts(text)))


def without_links(text: str) -> str:
    """What of the text is in a language."""
    return LINK.sub(" ", text)


def _to_html(written, href):
    if not href:
        return escape(written)
    if href.startswith("/"):
        return format_html('<a href="{}">{}</a>', href, written)
    shown = written.split("://", 1)[1]
    if len(shown) > SHOWN_OF_URL:
        shown = shown[: SHOWN_OF_URL - 1] + "…"
    return format_html('<a href="{}" rel="nofollow ugc noopener">{}</a>', href, shown)


def _is_tag(tag):
    return tag is not None and not tag.isdecimal() and len(tag.casefold()) <= TAG_MAX_LENGTH


def _without_punctuation(url):
    """The address without what behind it belongs to the sentence: a full stop, a bracket."""
    end = len(url)
    while end:
        last = url[end - 1]
        opener = PAIRS.get(last)
        if last in ".,;:!?…。，、！？；：»”’*_~" or (
            opener and url.count(last, 0, end) > url.count(opener, 0, end)
        ):
            end -= 1
        else:
            break
    return url[:end]
