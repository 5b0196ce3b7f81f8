"""What was said around a post. However long a thread is, so much of it is read for a page."""

from dataclasses import dataclass
from itertools import takewhile

from django.db import connection
from django.urls import reverse

from .models import Post

PAGE_SIZE = 100  # answers; above the post, as many at most
READ_MOST = 2_000  # of the posts of a thread, to find among them the answers to one in its midst

ABOVE = """
WITH RECURSIVE above (id, reply_to_id, distance) AS (
    SELECT id, reply_to_id, 0 FROM blog_post WHERE id = %s
    UNION ALL
    SELECT post.id, post.reply_to_id, distance + 1
    FROM blog_post post JOIN above ON post.id = above.reply_to_id WHERE distance < %s
)
SELECT id FROM above WHERE distance > 0 ORDER BY distance
"""


@dataclass
class Thread:
    """`above`: what a post answers, from the first one on; `below`: the answers to it and to those,
    oldest first; `more`: the address of the page with the next ones, or ""."""

    above: list
    below: list
    more: str = ""


def around(post, reader, after=0) -> Thread:
    """What `reader` sees of the thread that `post` is in; of the answers those after this id."""
    seen = Post.objects.seen_by(reader)
    if post.thread is None:
        # It began here, so all is below it; also what answered a post that is gone.
        answers = seen.filter(thread=post.pk, pk__gt=after).select_related("author").order_by("pk")
        below = list(answers[: PAGE_SIZE + 1])
        return Thread([], below[:PAGE_SIZE], _more([answer.pk for answer in below]))
    above = _above(post) if post.reply_to_id else []
    answers = seen.filter(thread=post.thread, pk__gt=post.pk).order_by("pk")
    read = list(answers.values_list("pk", "reply_to")[: READ_MOST + 1])
    below = [pk for pk in _under(post, read[:READ_MOST]) if pk > after][: PAGE_SIZE + 1]
    found = seen.select_related("author").in_bulk([*above, *below])
    more = _more(below)
    if not more and len(read) > READ_MOST:  # there may be more, which is where the thread began
        more = f"{reverse('blog:post', args=[post.thread])}?after={read[READ_MOST - 1][0]}"
    return Thread(
        above=list(takewhile(bool, map(found.get, above)))[::-1],
        below=[found[pk] for pk in below[:PAGE_SIZE] if pk in found],
        more=more,
    )


def _above(post):
    """The ids of what the post answers, the nearest first."""
    with connection.cursor() as cursor:
        cursor.execute(ABOVE, [post.pk, PAGE_SIZE])
        return [pk for (pk,) in cursor.fetchall()]


def _under(post, read):
    """The ids of answers to the post and to those; an answer comes after what it answers."""
    under = {post.pk}
    for pk, reply_to in read:
        if reply_to in under:
            under.add(pk)
            yield pk


def _more(pks):
    return f"?after={pks[PAGE_SIZE - 1]}" if len(pks) > PAGE_SIZE else ""
