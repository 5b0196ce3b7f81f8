"""What of a plain text is a link: web addresses, @mentions and #tags. Pure: text in, HTML out."""

import re
from urllib.parse import quote

from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

# A mention or tag may touch a word of a script without spaces, but none of Latin letters: that
# would be an e-mail address or the like. One pass, and each alternative begins with a character of
# its own, so it takes linear time.
LINK = re.compile(
    r"(?P<url>(?<![A-Za-z0-9_])https?://[^\s<>\"'`，。、！？；：（）「」『』《》【】]+)"
    r"|(?<![A-Za-z0-9_@./-])@(?P<name>[A-Za-z0-9_]{1,30})(?![A-Za-z0-9_@])"
    r"|(?<![A-Za-z0-9_&/#])#(?P<tag>\w{1,100})(?!\w)",
    re.IGNORECASE,
)
TAG_MAX_LENGTH = 100  # code points, casefolded: which may be more than were written
SHOWN_OF_URL = 40  # characters
PAIRS = {")": "(", "]": "[", "}": "{"}


def mentions(text: str) -> set[str]:
    """The user names that the text mentions, in lower case; also of people who are not there."""
    return {match["name"].lower() for match in LINK.finditer(text) if match["name"]}


def tags(text: str) -> set[str]:
    """The tags in the text, without their # and casefolded. A number is no tag."""
    return {match["tag"].casefold() for match in LINK.finditer(text) if _is_tag(match["tag"])}


def to_html(text: str) -> SafeString:
    """The text, escaped, with its links."""
    html, end = [], 0
    for match in LINK.finditer(text):
        html += [escape(text[end : match.start()]), _link(match)]
        end = match.end()
    return mark_safe("".join(html) + escape(text[end:]))  # noqa: S308 (all parts are escaped)


def without_links(text: str) -> str:
    """What of the text is in a language."""
    return LINK.sub(" ", text)


def _link(match):
    if match["url"]:
        url, rest = _split_url(match["url"])
        shown = url.split("://", 1)[1]
        if not shown:
            return escape(match[0])
        if len(shown) > SHOWN_OF_URL:
            shown = shown[: SHOWN_OF_URL - 1] + "…"
        link = '<a href="{}" rel="nofollow ugc noopener">{}</a>'
        return format_html(link, url, shown) + escape(rest)
    if match["name"]:
        return format_html('<a href="/@{}/">{}</a>', match["name"], match[0])
    if _is_tag(match["tag"]):
        return format_html('<a href="/tags/{}/">{}</a>', quote(match["tag"].casefold()), match[0])
    return escape(match[0])


def _is_tag(tag):
    return tag is not None and not tag.isdecimal() and len(tag.casefold()) <= TAG_MAX_LENGTH


def _split_url(url):
    """(the address; what behind it belongs to the sentence: a full stop, a closing bracket)."""
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
    return url[:end], url[end:]
