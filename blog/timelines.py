"""Pages of posts, newest first, that never repeat or skip one while people post: each page is named
by the last post of the page before it (keyset pagination), not by a number."""

from datetime import UTC, datetime

PAGE_SIZE = 25  # posts


def page(posts, cursor: str):
    """One page of the QuerySet `posts`: (at most `PAGE_SIZE`, cursor of the next page or "").

    A cursor is `<timestamp>_<id>` of the last post seen; one that is not names the first page.
    """
    posts = posts.newest_first()
    if position := _parse(cursor):
        posts = posts.before(*position)
    found = list(posts[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    more = len(found) > PAGE_SIZE
    return shown, f"{shown[-1].timestamp.isoformat()}_{shown[-1].pk}" if more else ""


def _parse(cursor):
    timestamp, _, pk = cursor.rpartition("_")
    try:
        moment = datetime.fromisoformat(timestamp)
        return (moment.astimezone(UTC), int(pk)) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None
