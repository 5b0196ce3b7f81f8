"""`following.csv` and `followers.csv`: people (CSV: RFC 4180; times: RFC 3339).

An item is {"username": str, "url": str, "since": str}. `following.csv` begins with the columns that
Mastodon writes and reads by their names; it passes over the others.
"""

from urllib.parse import urlsplit

from .base import Item
from .table import Table


class FollowersCsv(Table):
    name = "followers.csv"
    of = "followers"
    columns = ("Account address", "URL", "Since")

    def row(self, item: Item) -> list[str]:
        return [_address(item), item["url"], item["since"]]


class FollowingCsv(Table):
    name = "following.csv"
    of = "following"
    columns = (
        "Account address",
        "Show boosts",
        "Notify on new posts",
        "Languages",
        "URL",
        "Since",
    )

    def row(self, item: Item) -> list[str]:
        return [_address(item), "true", "false", "", item["url"], item["since"]]


def _address(item):
    return f"{item['username']}@{urlsplit(item['url']).netloc}"
