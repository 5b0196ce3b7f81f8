"""`account.json`: what the person has set, whom they have muted or blocked, and what their posts
said before they were edited (JSON: RFC 8259; times: RFC 3339). Nothing is lost.

An item is {"post": int, "said": str (when it was written like that), "title": str, "body": str}.
"""

from .json_list import JsonList


class AccountJson(JsonList):
    name = "account.json"
    of = "revisions"
    key = "history"

    def fields(self) -> dict:
        return dict(self.about.account)
