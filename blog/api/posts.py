"""Posts as both versions ask for them, with their authors: only what is said of them, by statements
that are composed once."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import BigAutoField
from django.http import Http404

from accounts.models import Reader
from blog.models import Post
from tasks.statements import Given, Selects

SAID = (
    *("title", "body", "timestamp", "edited_at", "language", "reply_to", "thread"),
    *("author__username", "author__display_name", "author__avatar"),
)
VISITOR = AnonymousUser()


def _seen(reader=VISITOR, **wanted):
    return Post.objects.seen_by(reader).filter(**wanted).select_related("author").only(*SAID)


def _explored(reader=VISITOR):
    return _seen(reader).not_muted_by(reader)


GIVEN = {name: Given(name, BigAutoField()) for name in ("pk", "author", "reply_to")}
SEEN = Selects(_seen, reader=Reader(), **GIVEN)
EXPLORED = Selects(_explored, reader=Reader())


def seen_or_404(reader, pk) -> Post:
    """The post, if `reader`, who may be a visitor, gets to see it."""
    post = SEEN.of(reader=reader.pk, pk=pk).first()
    if post is None:
        raise Http404
    return post
