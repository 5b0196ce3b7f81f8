import json

import jsonschema
import pytest

from exports.formats import DOCUMENTS, Damaged
from exports.formats.posts_json import PostsJson

from .samples import ABOUT, POSTS, chunked, write

# Those of an export of `posts.json` alone have fewer keys.
BARE = [
    {"body": "one", "timestamp": "2026-01-02T03:04:05Z"},
    {"body": 'quotes " and \\ and ,\n lines', "timestamp": "2026-01-02T03:04:06.000007Z"},
    {"body": 'looks like },{"body":"two" posts', "timestamp": "2026-01-02T03:04:07Z"},
    {"body": "\x1b[1m 你好 🏳️‍🌈 \u2028", "timestamp": "2026-01-03T00:00:00Z", "title": "t"},
]


@pytest.mark.parametrize("posts", [[], BARE[:1], BARE, POSTS])
def test_it_is_json_of_the_posts_in_their_order(posts):
    assert json.loads(write(PostsJson, posts)) == {"posts": posts}


def test_its_first_and_last_bytes_are_those_of_the_original_file():
    assert write(PostsJson, []) == b'{"posts": [\n]}\n'
    assert write(PostsJson, [{"body": "b"}]) == b'{"posts": [\n{"body":"b"}\n]}\n'


@pytest.mark.parametrize("size", [1, 2, 3])
def test_the_same_posts_give_the_same_bytes_however_they_come(size):
    assert write(PostsJson, BARE, size) == write(PostsJson, BARE)


def test_each_post_is_a_line_of_its_own():
    lines = write(PostsJson, BARE).splitlines()
    assert [json.loads(line.rstrip(b",")) for line in lines[1:-1]] == BARE


@pytest.mark.parametrize("block", [1, 2, 7, 64, 10_000])
@pytest.mark.parametrize("posts", [[], BARE[:1], BARE, BARE * 50])
def test_the_posts_are_counted_however_the_file_is_cut_into_blocks(posts, block):
    assert PostsJson.count(chunked(write(PostsJson, posts), block)) == len(posts)


@pytest.mark.parametrize("posts", [[], BARE])
def test_a_file_that_is_cut_off_anywhere_is_damaged(posts):
    written = write(PostsJson, posts)
    for end in range(len(written)):
        with pytest.raises(Damaged):
            PostsJson.count([written[:end]])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"body":"one"', b'"body":"one'),
        (b'{"posts"', b'["posts"'),
        (b'{"posts"', b'{"ghosts"'),
        (b"]}\n", b"]}\n]"),
        (b"\n]}\n", b",\n]}\n"),
        (b"\n]}\n", b",1\n]}\n"),
    ],
)
def test_a_file_that_is_changed_so_that_it_is_no_posts_json_is_damaged(old, new):
    written = write(PostsJson, BARE)
    assert old in written
    with pytest.raises(Damaged):
        PostsJson.count([written.replace(old, new)])


class TestSchema:
    @pytest.fixture
    def validator(self):
        schema = json.loads(DOCUMENTS["posts.schema.json"](ABOUT))
        jsonschema.Draft202012Validator.check_schema(schema)
        return jsonschema.Draft202012Validator(schema)

    @pytest.mark.parametrize("posts", [[], BARE, POSTS])
    def test_what_is_written_is_valid(self, validator, posts):
        validator.validate(json.loads(write(PostsJson, posts)))

    @pytest.mark.parametrize(
        "wrong",
        [{"body": 1}, {"timestamp": "2026-01-02 03:04:05"}, {"id": "1"}, {"title": ""}],
    )
    def test_what_is_wrong_is_not(self, validator, wrong):
        assert not validator.is_valid({"posts": [BARE[0] | wrong]})
        assert not validator.is_valid({"posts": [{"body": "no time"}]})
