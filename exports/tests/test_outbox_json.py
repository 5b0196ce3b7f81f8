import json

import pytest

from exports.formats.outbox_json import OutboxJson

from .samples import ABOUT, POSTS, full, post, text_of, write


@pytest.mark.parametrize("posts", [[], POSTS])
def test_it_is_an_ordered_collection(posts):
    outbox = json.loads(write(OutboxJson, posts))
    assert outbox["@context"][0] == "https://www.w3.org/ns/activitystreams"
    assert (outbox["id"], outbox["type"]) == ("outbox.json", "OrderedCollection")
    assert outbox["totalItems"] == len(outbox["orderedItems"]) == len(posts)


def test_each_activity_creates_a_public_note():
    activities = json.loads(write(OutboxJson))["orderedItems"]
    for activity, item in zip(activities, POSTS, strict=True):
        note = activity["object"]
        assert (activity["type"], note["type"]) == ("Create", "Note")
        assert activity["actor"] == note["attributedTo"] == ABOUT.url
        assert activity["to"] == note["to"] == ["https://www.w3.org/ns/activitystreams#Public"]
        assert activity["published"] == note["published"] == item["timestamp"]
    ids = {activity["id"] for activity in activities} | {a["object"]["id"] for a in activities}
    assert len(ids) == 2 * len(POSTS)


def test_each_text_is_there_as_it_was_written_and_as_html():
    for activity, item in zip(json.loads(write(OutboxJson))["orderedItems"], POSTS, strict=True):
        note = activity["object"]
        title = f"{item['title']}" if "title" in item else ""
        assert text_of(note["content"]) == title + item["body"]
        assert note["source"] == {"content": item["body"], "mediaType": "text/plain"}


def test_a_post_has_all_that_it_has():
    (activity,) = json.loads(write(OutboxJson, [full("@bob <b>\n#Día 你好", 5)]))["orderedItems"]
    note = activity["object"]
    assert note["name"] == "@bob <b>\n#Día 你好"
    assert note["content"].startswith("<p><strong>@bob &lt;b&gt;\n#Día 你好</strong></p><p>")
    assert note["contentMap"] == {"zh": note["content"]}
    assert note["inReplyTo"] == "https://example.org/posts/7/?a=1&b=2"
    assert note["updated"] == "2027-02-03T04:05:06.000007Z"
    assert note["tag"] == [
        {"type": "Mention", "href": "https://example.org/@bob/", "name": "@bob"},
        {"type": "Hashtag", "href": "https://example.org/tags/d%C3%ADa/", "name": "#Día"},
    ]


def test_a_post_has_no_more_than_it_has():
    (activity,) = json.loads(write(OutboxJson, [post("see https://a.org/")]))["orderedItems"]
    note = activity["object"]
    assert not {"name", "updated", "contentMap"} & note.keys()
    assert (note["inReplyTo"], note["tag"]) == (None, [])
