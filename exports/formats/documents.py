"""The files of the archive that say the same however many posts there are: functions of About."""

from pathlib import Path

import orjson

from .base import About, to_html
from .outbox_json import CONTEXT

SCHEMA = Path(__file__).with_name("posts.schema.json").read_bytes()


def actor_json(about: About) -> bytes:
    """The person as an ActivityStreams 2.0 Person, with the names of files where a server has
    addresses, as Mastodon's archives have it."""
    actor = {
        "@context": CONTEXT,
        "id": about.url,
        "type": "Person",
        "preferredUsername": about.username,
        "name": about.name,
        "summary": f"<p>{to_html(about.bio, about.site)}</p>" if about.bio else "",
        "url": about.url,
        "published": about.joined,
        "following": f"{about.url}following/",
        "followers": f"{about.url}followers/",
        "outbox": "outbox.json",
        "likes": "likes.json",
        "bookmarks": "bookmarks.json",
        "tag": [],
        "attachment": [],
    }
    if about.avatar:
        actor["icon"] = {"type": "Image", "url": about.avatar}
    return _dump(actor)


def likes_json(about: About) -> bytes:
    """Empty, for there are no likes here; but readers of Mastodon's archives want the file."""
    return _empty_collection("likes.json")


def bookmarks_json(about: About) -> bytes:
    """Empty like `likes.json`."""
    return _empty_collection("bookmarks.json")


def profile_json(about: About) -> bytes:
    """What the profile says, as it was written (JSON: RFC 8259)."""
    return _dump(
        {
            "username": about.username,
            "name": about.name,
            "about": about.bio,
            "url": about.url,
            "language": about.language,
            "joined": about.joined,
            "avatar": about.avatar,
        }
    )


def posts_schema_json(about: About) -> bytes:
    """The JSON Schema (2020-12) of `posts.json`, the same in all archives of its version."""
    return SCHEMA


def _empty_collection(name):
    collection = {
        "@context": CONTEXT,
        "id": name,
        "type": "OrderedCollection",
        "totalItems": 0,
        "orderedItems": [],
    }
    return _dump(collection)


def _dump(document):
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


DOCUMENTS = {
    "actor.json": actor_json,
    "likes.json": likes_json,
    "bookmarks.json": bookmarks_json,
    "profile.json": profile_json,
    "posts.schema.json": posts_schema_json,
}
