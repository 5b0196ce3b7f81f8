"""What holds for all formats."""

import json
import os
import random
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import feedparser
import pytest

from exports.formats import BY_NAME, FORMATS, Damaged
from exports.formats.base import ITEM_MAX

from .samples import ABOUT, ITEMS, POSTS, chunked, write

FILES = [each for each in FORMATS if not each.name.endswith("/")]
BASE = Path(__file__).parents[2]
SETTINGS = "DJANGO_SETTINGS_MODULE"

of_each_file = pytest.mark.parametrize("kind", FILES, ids=lambda kind: kind.name)


def test_they_know_neither_database_nor_settings():
    check = (
        "import sys, exports.formats; from django.conf import settings;"
        "sys.exit(settings.configured or 'django.db' in sys.modules)"
    )
    environment = {key: value for key, value in os.environ.items() if key != SETTINGS}
    subprocess.run([sys.executable, "-c", check], cwd=BASE, env=environment, check=True)


def test_each_has_a_name_of_its_own():
    assert len(BY_NAME) == len(FORMATS)


@of_each_file
@pytest.mark.parametrize("size", [1, 7])
def test_the_same_items_give_the_same_bytes_however_they_come(kind, size):
    items = ITEMS[kind.of]
    assert write(kind, items, size) == write(kind, items)


@of_each_file
def test_empty_chunks_leave_no_trace(kind):
    items = ITEMS[kind.of]
    assert b"".join(kind(ABOUT).pieces([[], items, []])) == write(kind, items)


@of_each_file
@pytest.mark.parametrize("block", [1, 64, 10_000, 10**9])
@pytest.mark.parametrize("number", [0, 1, 2, 50])
def test_the_items_are_counted_however_the_file_is_cut_into_blocks(kind, block, number):
    written = write(kind, ITEMS[kind.of][:number])
    assert kind.count(chunked(written, block)) == number


@of_each_file
def test_all_items_are_counted(kind):
    writer = kind(ABOUT)
    blocks = list(writer.pieces([ITEMS[kind.of]]))
    assert kind.count(blocks) == writer.written == len(ITEMS[kind.of])


@of_each_file
@pytest.mark.parametrize("number", [0, 1, 50])
def test_a_file_that_is_cut_off_anywhere_is_damaged(kind, number):
    """Right behind an item it is not, where there is no tail; but then it has fewer."""
    written = write(kind, ITEMS[kind.of][:number])
    size, dice = len(written), random.Random(2026)
    ends = {*range(min(300, size)), *range(max(0, size - 300), size)}
    ends |= {dice.randrange(size) for _ in range(300) if size}
    for end in ends:
        if not kind(ABOUT).tail() and written[:end][-1:] in (b"", b"\n"):
            with suppress(Damaged):
                assert kind.count([written[:end]]) < number
        else:
            with pytest.raises(Damaged):
                kind.count([written[:end]])


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("posts.ndjson", b'{"body"', b'["body"'),
        ("posts.ndjson", b"}\n", b"}\n\n"),
        ("posts.csv", b",body,", b",text,"),
        ("posts.csv", b'"quotes ""', b'"quotes "'),
        ("posts.csv", b"2026-01-02T03:00:01Z,", b"2026-01-02T03:00:01Z;"),
        ("posts.csv", b"one", b"\xff"),
        ("feed.json", b'"version"', b'"version'),
        ("feed.json", b'"items"', b'"posts"'),
        ("feed.json", b'},\n{"id"', b'};\n{"id"'),
        ("feed.json", b'},\n{"id"', b'},1,\n{"id"'),
        ("feed.atom", b"</entry>", b"</entri>"),
        ("feed.atom", b"<feed", b"<!DOCTYPE feed []>\n<feed"),
        ("feed.atom", b"one", b"\x01"),
        ("outbox.json", b'"totalItems"', b'"totalItems'),
        ("outbox.json", b'"type":"Note"', b'"type":Note"'),
        ("index.html", b"<article ", b"<artikel "),
        ("index.html", b'<article id="', b'<article id=<"'),
        ("index.html", b"one</div>", b"one<script></div>"),
        ("index.html", b"</div>\n</article>", b"</dib>\n</article>"),
        ("index.html", b"<!doctype", b">!doctype"),
        ("messages.json", b'{"messages"', b'["messages"'),
        ("following.csv", b"Account address", b"Account"),
    ],
)
def test_a_file_that_is_changed_so_that_it_is_malformed_is_damaged(name, old, new):
    kind = BY_NAME[name]
    written = write(kind, ITEMS[kind.of])
    assert old in written
    with pytest.raises(Damaged):
        kind.count([written.replace(old, new, 1)])


@of_each_file
@pytest.mark.parametrize("more", [b"x", b"<x", b'"', b'{"', b"\n"])
def test_what_never_ends_is_damaged_before_it_fills_the_memory(kind, more):
    begun = write(kind, ITEMS[kind.of][:3])[:-30]
    blocks = [begun] + [more * 2**16] * (10 * ITEM_MAX // 2**16)
    with pytest.raises(Damaged):
        kind.count(iter(blocks))


def test_the_formats_agree_on_ids_times_and_contents():
    """Of what is nobody's loss; those with a reader of their own are tested apart."""
    notes = [each["object"] for each in json.loads(write(BY_NAME["outbox.json"]))["orderedItems"]]
    items = json.loads(write(BY_NAME["feed.json"]))["items"]
    entries = feedparser.parse(write(BY_NAME["feed.atom"])).entries
    facts = [(post["url"], post["timestamp"], post.get("edited")) for post in POSTS]
    assert facts == [(note["id"], note["published"], note.get("updated")) for note in notes]
    assert facts == [(i["id"], i["date_published"], i.get("date_modified")) for i in items]
    assert [fact[:2] for fact in facts] == [(entry.id, entry.published) for entry in entries]
    assert [post["body"] for post in POSTS] == [note["source"]["content"] for note in notes]
    assert [post["body"] for post in POSTS] == [item["content_text"] for item in items]
