"""`messages.json`: private messages, sent and received, oldest first (JSON: RFC 8259; times: RFC
3339). Nothing is lost.

An item is {"from": str, "to": str (user names; "" of whom has left), "sent": str, "body": str} and,
when it was, "read": str.
"""

from .json_list import JsonList


class MessagesJson(JsonList):
    name = "messages.json"
    of = "messages"
    key = "messages"
