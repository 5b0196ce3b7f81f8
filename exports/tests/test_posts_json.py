import json

import pytest

from exports.formats import posts_json

POSTS = [
    {"body": "one", "timestamp": "2026-01-02T03:04:05Z"},
    {"body": 'quotes " and \\ and ,\n lines', "timestamp": "2026-01-02T03:04:06.000007Z"},
    {"body": 'looks like },{"body":"two" posts', "timestamp": "2026-01-02T03:04:07Z"},
    {"body": "\x1b[1m 你好 🏳️‍🌈 \u2028", "timestamp": "2026-01-03T00:00:00Z", "title": "t"},
]


def chunked(posts, size):
    return [posts[at : at + size] for at in range(0, len(posts), size)]


@pytest.mark.parametrize("posts", [[], POSTS[:1], POSTS])
def test_it_is_json_of_the_posts_in_their_order(posts):
    written = b"".join(posts_json.write([posts]))
    assert json.loads(written) == {"posts": posts}


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_same_posts_give_the_same_bytes_however_they_come(size):
    assert b"".join(posts_json.write(chunked(POSTS, size))) == b"".join(posts_json.write([POSTS]))


def test_each_post_is_a_line_of_its_own():
    lines = b"".join(posts_json.write([POSTS])).splitlines()
    assert [json.loads(line.rstrip(b",")) for line in lines[1:-1]] == POSTS


def test_empty_chunks_leave_no_trace():
    assert b"".join(posts_json.write([[], POSTS, []])) == b"".join(posts_json.write([POSTS]))


@pytest.mark.parametrize("block", [1, 2, 7, 64, 10_000])
@pytest.mark.parametrize("posts", [[], POSTS[:1], POSTS, POSTS * 50])
def test_the_posts_are_counted_however_the_file_is_cut_into_blocks(posts, block):
    written = b"".join(posts_json.write([posts]))
    assert posts_json.count(chunked(written, block)) == len(posts)


@pytest.mark.parametrize("posts", [[], POSTS])
def test_a_file_that_is_cut_off_anywhere_is_damaged(posts):
    written = b"".join(posts_json.write([posts]))
    for end in range(len(written)):
        with pytest.raises(posts_json.Damaged):
            posts_json.count([written[:end]])


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"body":"one"', b'"body":"one'), (b'{"posts"', b'["posts"'), (b"]}\n", b"]}\n]")],
)
def test_a_file_that_is_changed_so_that_it_is_not_json_is_damaged(old, new):
    written = b"".join(posts_json.write([POSTS]))
    assert old in written
    with pytest.raises(posts_json.Damaged):
        posts_json.count([written.replace(old, new)])
