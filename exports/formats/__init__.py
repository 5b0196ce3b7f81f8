"""What an archive is written as. A format receives items and gives bytes: no database, no clock, no
settings. To add one: a module, a line in FORMATS, a test; CONTRIBUTING.md shows how.
"""

from .account_json import AccountJson
from .base import About, Damaged, Format, Item
from .deleted_json import DeletedJson
from .documents import DOCUMENTS
from .feed_atom import FeedAtom
from .feed_json import FeedJson
from .index_html import IndexHtml
from .markdown import Markdown
from .messages_json import MessagesJson
from .outbox_json import OutboxJson
from .people_csv import FollowersCsv, FollowingCsv
from .posts_csv import PostsCsv
from .posts_json import PostsJson
from .posts_ndjson import PostsNdjson

__all__ = [
    "BY_NAME",
    "DOCUMENTS",
    "FORMATS",
    "PHRASES",
    "About",
    "Damaged",
    "DeletedJson",
    "Format",
    "Item",
]

# In the order that they have in an archive. One whose name ends with / is a folder.
FORMATS = (
    PostsJson,
    PostsNdjson,
    PostsCsv,
    FeedJson,
    FeedAtom,
    OutboxJson,
    IndexHtml,
    Markdown,
    MessagesJson,
    FollowingCsv,
    FollowersCsv,
    AccountJson,
    DeletedJson,
)
BY_NAME = {each.name: each for each in FORMATS}
# What people read in some of the files; About.words has them in a person's language.
PHRASES = ("Search", "No posts.", "edited", "in reply to")
