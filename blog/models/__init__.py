"""What people say, to all and to one another, what they are told of it, and what is reported."""

from .deletions import Deletion
from .messages import Message
from .notifications import Notification
from .posts import BodyField, Post, Revision, Translation
from .reports import Case, Report
from .tags import Tag

__all__ = [
    "BodyField",
    "Case",
    "Deletion",
    "Message",
    "Notification",
    "Post",
    "Report",
    "Revision",
    "Tag",
    "Translation",
]
