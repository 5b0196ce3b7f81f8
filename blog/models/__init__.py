"""What people say, to all and to one another, and what they are told of it."""

from .deletions import Deletion
from .messages import Message
from .notifications import Notification
from .posts import BodyField, Post, Revision, Tag, Translation

__all__ = [
    "BodyField",
    "Deletion",
    "Message",
    "Notification",
    "Post",
    "Revision",
    "Tag",
    "Translation",
]
