import re
from dataclasses import replace
from xml.etree import ElementTree

import feedparser
import pytest

from exports.formats.feed_atom import FeedAtom

from .samples import ABOUT, POSTS, TEXTS, full, post, text_of, write

ATOM = "{http://www.w3.org/2005/Atom}"
C1 = "[\x80-\x9f]"
FORBIDDEN = "[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"


def read(posts):
    feed = feedparser.parse(
        write(FeedAtom, posts), sanitize_html=False, resolve_relative_uris=False
    )
    assert not feed.bozo, feed.bozo_exception
    assert feed.version == "atom10"
    return feed


@pytest.mark.parametrize("posts", [[], POSTS[:1], POSTS])
def test_it_is_a_feed_of_the_person(posts):
    feed = read(posts)
    assert feed.feed.author_detail == {"name": ABOUT.name, "href": ABOUT.url}
    assert feed.feed.updated == ABOUT.updated
    assert [link.href for link in feed.feed.links] == [f"{ABOUT.url}feed.atom", ABOUT.url]
    assert len(feed.entries) == len(posts)


def test_without_posts_it_is_as_old_as_the_account():
    head = FeedAtom(replace(ABOUT, updated="")).head()
    assert f"<updated>{ABOUT.joined}</updated>".encode() in head


def test_each_text_is_there_but_for_what_xml_can_not_hold():
    tree = ElementTree.fromstring(write(FeedAtom))
    texts = [text_of(content.text) for content in tree.iter(f"{ATOM}content")]
    assert texts == [re.sub(FORBIDDEN, "\ufffd", text) for text in TEXTS]


def test_a_feed_reader_finds_each_text():
    """But for what this one does to it: it strips it, and takes C1 controls for Windows-1252."""
    for entry, text in zip(read(POSTS).entries, TEXTS, strict=True):
        found = text_of(entry.content[0].value).strip()
        assert found == re.sub(FORBIDDEN, "\ufffd", text).strip() or re.search(C1, text)


def test_ids_are_unique():
    assert len({entry.id for entry in read(POSTS).entries}) == len(POSTS)


def test_posts_that_lost_something_are_counted():
    feed = FeedAtom(ABOUT)
    feed.write([post("\x01\x02"), post("\t\n\r\x80"), post("a", title="\uffff")])
    feed.write([post("\x1b[m")])
    assert feed.losses == {"xml_characters": 3}


def test_a_post_has_all_that_it_has():
    (entry,) = read([full("今天 & <b>", 5)]).entries
    assert entry.id == entry.link == "https://example.org/posts/5/"
    assert entry.title == "今天 & <b>"
    assert entry.published == "2026-01-02T03:00:05Z"
    assert entry.updated == "2027-02-03T04:05:06.000007Z"
    assert entry.content[0].type == "text/html"
    assert entry.content[0].language == "zh"
    assert entry["thr_in-reply-to"]["ref"] == "https://example.org/posts/7/?a=1&b=2"


def test_what_was_never_edited_is_as_old_as_it_is():
    (entry,) = read([post("a")]).entries
    assert entry.updated == entry.published == "2026-01-02T03:00:01Z"
    assert entry.title == ""
