import csv
from io import StringIO

import pytest

from exports.formats.posts_csv import PostsCsv, defuse, undefuse

from .samples import POSTS, TEXTS, post, write

COLUMNS = ["id", "timestamp", "edited", "title", "body", "language", "reply_to", "url"]


def rows(written):
    return list(csv.DictReader(StringIO(written.decode(), newline=""), strict=True))


def test_it_has_all_of_each_post():
    for row, item in zip(rows(write(PostsCsv)), POSTS, strict=True):
        read = {key: undefuse(cell) for key, cell in row.items()}
        assert read == {column: str(item.get(column, "")) for column in COLUMNS}


def test_lines_end_as_the_standard_has_it():
    assert write(PostsCsv, [post("a,b")]) == (
        b"id,timestamp,edited,title,body,language,reply_to,url\r\n"
        b'1,2026-01-02T03:00:01Z,,,"a,b",,,https://example.org/posts/1/\r\n'
    )


def test_of_no_posts_there_are_the_names_of_the_columns():
    assert write(PostsCsv, []).decode().split(",") == [*COLUMNS[:-1], "url\r\n"]


@pytest.mark.parametrize("sign", "=+-@\t\r\n＝＋－＠")
def test_no_cell_begins_like_a_formula(sign):
    row = rows(write(PostsCsv, [post(f"{sign}1", title=f"{sign}2")]))[0]
    assert (row["body"], row["title"]) == (f"'{sign}1", f"'{sign}2")


@pytest.mark.parametrize("text", ["", "'", "''", "'=1", "=1", "1=1", *TEXTS])
def test_defusing_can_be_undone(text):
    assert undefuse(defuse(text)) == text
