import json
from pathlib import Path

import jsonschema
import pytest

from exports.formats.feed_json import FeedJson

from .samples import ABOUT, POSTS, full, post, text_of, write

SCHEMA = json.loads(Path(__file__).with_name("json_feed.schema.json").read_bytes())


@pytest.mark.parametrize("posts", [[], POSTS])
def test_it_is_a_json_feed(posts):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(json.loads(write(FeedJson, posts)), SCHEMA)


def test_it_is_of_the_person():
    feed = json.loads(write(FeedJson, []))
    assert (feed["title"], feed["description"]) == (ABOUT.name, ABOUT.bio)
    assert feed["feed_url"] == "https://example.org/@Ana_1/feed.json"


def test_each_text_is_there_as_it_was_written_and_as_html():
    for item, one in zip(json.loads(write(FeedJson))["items"], POSTS, strict=True):
        assert item["content_text"] == text_of(item["content_html"]) == one["body"]


def test_a_post_has_all_that_it_has():
    (item,) = json.loads(write(FeedJson, [full("你好 @bob", 5)]))["items"]
    assert item == {
        "id": "https://example.org/posts/5/",
        "url": "https://example.org/posts/5/",
        "content_text": "你好 @bob",
        "content_html": '你好 <a href="https://example.org/@bob/">@bob</a>',
        "date_published": "2026-01-02T03:00:05Z",
        "title": "你好 @bob",
        "date_modified": "2027-02-03T04:05:06.000007Z",
        "language": "zh",
        "_microblog": {"reply_to": "https://example.org/posts/7/?a=1&b=2"},
    }


def test_a_post_has_no_more_than_it_has():
    (item,) = json.loads(write(FeedJson, [post("a\nb")]))["items"]
    assert item["content_html"] == "a<br>\nb"
    assert len(item) == 5
