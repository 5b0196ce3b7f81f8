import json
from dataclasses import replace

import pytest

from exports.formats import DOCUMENTS

from .samples import ABOUT


def read(name, about=ABOUT):
    return json.loads(DOCUMENTS[name](about))


def test_the_actor_is_the_person_in_mastodons_layout():
    actor = read("actor.json")
    assert (actor["type"], actor["id"]) == ("Person", "https://example.org/@Ana_1/")
    assert (actor["preferredUsername"], actor["name"]) == ("Ana_1", ABOUT.name)
    assert '<a href="https://example.org/tags/all/">#all</a>' in actor["summary"]
    assert [actor[key] for key in ("outbox", "likes", "bookmarks")] == [
        "outbox.json",
        "likes.json",
        "bookmarks.json",
    ]
    assert actor["icon"] == {"type": "Image", "url": "media/avatar.webp"}


def test_who_has_said_nothing_of_themselves_has_neither_picture_nor_words():
    actor = read("actor.json", replace(ABOUT, avatar="", bio=""))
    assert "icon" not in actor
    assert actor["summary"] == ""


@pytest.mark.parametrize("name", ["likes.json", "bookmarks.json"])
def test_readers_of_mastodons_archives_get_the_collections_that_they_want(name):
    collection = read(name)
    assert (collection["id"], collection["type"]) == (name, "OrderedCollection")
    assert (collection["totalItems"], collection["orderedItems"]) == (0, [])


def test_the_profile_is_as_it_was_written():
    profile = read("profile.json")
    assert (profile["name"], profile["about"]) == (ABOUT.name, ABOUT.bio)
    assert profile["url"] == "https://example.org/@Ana_1/"
