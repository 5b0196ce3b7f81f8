import json

from exports.formats.posts_ndjson import PostsNdjson

from .samples import POSTS, write


def test_each_line_is_a_post():
    assert list(map(json.loads, write(PostsNdjson).split(b"\n")[:-1])) == POSTS


def test_of_no_posts_it_is_empty():
    assert write(PostsNdjson, []) == b""
