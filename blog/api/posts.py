"""Posts as programs ask for them: with their authors, only what is said of both, by statements that
are composed once."""

from functools import partial

from django.contrib.auth.models import AnonymousUser
from django.db.models import BigAutoField, F
from django.http import Http404

from accounts.models import Reader
from blog.models import Post
from tasks.statements import Given, Selects

VISITOR = AnonymousUser()
READERS = {"reader": Reader(), "admin": Reader("admin", is_staff=True)}
GIVEN = {name: Given(name, BigAutoField()) for name in ("pk", "author", "reply_to")}


def asked_by(person) -> dict:
    """Which of READERS somebody is, who may be a visitor: (name, value) for `Selects.of()`."""
    return {"admin" if person.is_staff else "reader": person.pk}


def seen(*columns) -> Selects:
    """What one of READERS, or else a visitor, gets to see; of GIVEN that is given."""
    return Selects(partial(_seen, columns), **READERS, **GIVEN)


def seen_by_name(*columns) -> Selects:
    """The same, with the name of the author as `username` in place of the author."""
    return Selects(partial(_seen_by_name, columns), **READERS, **GIVEN)


def explored(*columns) -> Selects:
    """Of that, what the reader wants to see."""
    return Selects(partial(_explored, columns), **READERS)


def get_or_404(posts: Selects, reader, pk) -> Post:
    """One post, if `reader`, who may be a visitor, gets to see it."""
    post = posts.of(**asked_by(reader), pk=pk).first()
    if post is None:
        raise Http404
    return post


def _seen(columns, reader=VISITOR, admin=None, **given):
    reader = reader if admin is None else admin
    posts = Post.objects.seen_by(reader).filter(**given)
    return posts.select_related("author").only(*columns)


def _seen_by_name(columns, **given):
    posts = _seen(columns, **given).select_related(None)
    return posts.annotate(username=F("author__username"))


def _explored(columns, **readers):
    (reader,) = readers.values() or [VISITOR]
    return _seen(columns, reader).not_muted_by(reader)
