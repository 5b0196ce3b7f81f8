"""`outbox.json`: ActivityStreams 2.0 (https://www.w3.org/TR/activitystreams-core/), laid out like
an archive of Mastodon, whose readers want `actor.json`, `likes.json` and `bookmarks.json` as well.

`content` is HTML, headed by the title, for a Note has none that readers show. Nothing is lost:
`source` (ActivityPub 3.3) is the text as it was written, and `name` the title.
"""

from html import escape

import orjson

from .base import Item
from .json_list import JsonList

CONTEXT = "https://www.w3.org/ns/activitystreams"
PUBLIC = f"{CONTEXT}#Public"
TAGS = {"@": "Mention", "#": "Hashtag"}


class OutboxJson(JsonList):
    name = "outbox.json"
    content_type = "application/activity+json"
    weight = 190, 640, 3.2
    key = "orderedItems"

    def fields(self) -> dict:
        terms = {"Hashtag": "as:Hashtag", "sensitive": "as:sensitive"}
        return {"@context": [CONTEXT, terms], "id": self.name, "type": "OrderedCollection"}

    def entry(self, item: Item) -> dict:
        to = {"to": [PUBLIC], "cc": []}
        return {
            "id": f"{item['url']}#create",
            "type": "Create",
            "actor": self.about.url,
            "published": item["timestamp"],
            **to,
            "object": self._note(item) | to,
        }

    def _note(self, item):
        content = f"<p>{item.html}</p>"
        note = {
            "id": item["url"],
            "type": "Note",
            "summary": None,
            "inReplyTo": item.get("reply_to"),
            "published": item["timestamp"],
            "url": item["url"],
            "attributedTo": self.about.url,
            "sensitive": False,
        }
        if "title" in item:
            note["name"] = item["title"]
            content = f"<p><strong>{escape(item['title'])}</strong></p>{content}"
        if "edited" in item:
            note["updated"] = item["edited"]
        note["content"] = content
        if "language" in item:
            note["contentMap"] = {item["language"]: content}
        note["source"] = {"content": item["body"], "mediaType": "text/plain"}
        note["attachment"] = []
        note["tag"] = [
            {"type": TAGS[text[0]], "href": address, "name": text}
            for text, address in item.parts
            if address and text[0] in TAGS
        ]
        return note

    def tail(self) -> bytes:
        """How many there are is known only now: posts are deleted also while they are written."""
        return b"\n]," + orjson.dumps({"totalItems": self.written})[1:] + b"\n"
