"""Pages of posts, newest first, that never repeat or skip one while people post: each page is named
by the first or last post of its neighbour (keyset pagination), not by a number."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q

from .models import Post

PAGE_SIZE = 25  # posts
FOLLOWS_LISTED = 5_000


@dataclass
class Page:
    """`newer`, `older`: the cursors for the pages beside it, or ""; `newest`: of its first post."""

    posts: list
    newer: str = ""
    older: str = ""

    @property
    def newest(self) -> str:
        return _cursor(self.posts[0]) if self.posts else ""


def page(posts, *, before: str = "", after: str = "") -> Page:
    """The page of the QuerySet `posts` that follows the cursor `before`, or precedes `after`.

    A cursor is `<timestamp>_<id>` of a post; one that is not names the newest page. Of a page that
    is not there any more, the nearest one is shown.
    """
    if position := _parse(before):
        return _older(posts, position)
    if position := _parse(after):
        return _newer(posts, position)
    shown, more = _cut(posts.newest_first())
    return Page(shown, older=_cursor(shown[-1]) if more else "")


def count_newer(posts, cursor: str) -> int:
    """How many posts there are newer than the cursor; a page and one more at most."""
    position = _parse(cursor)
    return posts.after(*position).order_by()[: PAGE_SIZE + 1].count() if position else 0


def home(reader):
    """What a person and those write whom they follow."""
    follows = reader.follows.through.objects.filter(follower=reader).values_list("followed")
    listed = [pk for (pk,) in follows[: FOLLOWS_LISTED + 1]]
    if len(listed) <= FOLLOWS_LISTED:
        # A list tells the database how much it is going to find, so it finds the way: a few people
        # by their own index, many by going back in time.
        posts = Post.objects.filter(author__in=[*listed, reader.pk])
    else:
        posts = Post.objects.filter(Q(author__in=follows) | Q(author=reader))
    return posts.seen_by(reader).not_muted_by(reader)


def _older(posts, position):
    shown, more = _cut(posts.before(*position).newest_first())
    if not shown:  # past the end: the last page
        shown, more_newer = _cut(posts.oldest_first())
        return Page(shown[::-1], newer=_cursor(shown[-1]) if more_newer else "")
    return Page(shown, newer=_cursor(shown[0]), older=_cursor(shown[-1]) if more else "")


def _newer(posts, position):
    shown, more = _cut(posts.after(*position).oldest_first())
    if not shown:  # past the beginning: the newest page
        return page(posts)
    shown.reverse()
    # The newest page may be a short one: filled up, it would repeat what was on the page before.
    return Page(shown, newer=_cursor(shown[0]) if more else "", older=_cursor(shown[-1]))


def _cut(posts):
    found = list(posts[: PAGE_SIZE + 1])
    return found[:PAGE_SIZE], len(found) > PAGE_SIZE


def _cursor(post):
    return f"{post.timestamp.isoformat()}_{post.pk}"


def _parse(cursor):
    timestamp, _, pk = cursor.rpartition("_")
    try:
        moment = datetime.fromisoformat(timestamp)
        number = int(pk)
        return (moment.astimezone(UTC), number) if moment.tzinfo and number < 2**63 else None
    except (ValueError, OverflowError):
        return None
