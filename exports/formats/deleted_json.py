"""`deleted.json`: which posts are gone since the export before this one, and since when (JSON: RFC
8259; times: RFC 3339). Only in archives of what has changed. Nothing is lost.

An item is {"id": int (of the post), "deleted": str}.
"""

from .json_list import JsonList


class DeletedJson(JsonList):
    name = "deleted.json"
    of = "deletions"
    key = "deleted"
