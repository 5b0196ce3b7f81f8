import json

from exports.formats.base import Item
from exports.formats.messages_json import MessagesJson

from .samples import MESSAGES, write


def test_it_is_json_of_the_messages_in_their_order():
    read = Item(MESSAGES[0], read="2026-01-02T03:04:05Z")
    assert json.loads(write(MessagesJson, [*MESSAGES, read])) == {"messages": [*MESSAGES, read]}


def test_no_messages_are_an_empty_list():
    assert json.loads(write(MessagesJson, [])) == {"messages": []}
