"""`feed.json`: JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/), for feed readers and for
moving to another blog. Nothing is lost: `content_text` is the text as it was written, and what a
post answers is in `_microblog`, as JSON Feed has its extensions."""

from .base import Item
from .json_list import JsonList

OPTIONAL = {"title": "title", "edited": "date_modified", "language": "language"}


class FeedJson(JsonList):
    name = "feed.json"
    content_type = "application/feed+json"
    weight = 270, 185, 2
    key = "items"

    def fields(self) -> dict:
        about = self.about
        return {
            "version": "https://jsonfeed.org/version/1.1",
            "title": about.name,
            "home_page_url": about.url,
            "feed_url": f"{about.url}feed.json",
            "description": about.bio,
            "language": about.language,
            "authors": [{"name": about.name, "url": about.url}],
        }

    def entry(self, item: Item) -> dict:
        entry = {
            "id": item["url"],
            "url": item["url"],
            "content_text": item["body"],
            "content_html": item.html,
            "date_published": item["timestamp"],
        }
        entry |= {OPTIONAL[key]: item[key] for key in OPTIONAL if key in item}
        if "reply_to" in item:
            entry["_microblog"] = {"reply_to": item["reply_to"]}
        return entry
