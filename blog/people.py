"""People as others see them."""

from django.db.models import Count, Exists, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Follow, User

from .models import Post

SUGGESTED = 5  # people
LATEST = 200  # posts


def with_bonds_to(reader):
    """Active people, each with what `reader` has to do with them: `is_followed`, `is_muted`,
    `is_blocked` (by the reader) and `blocks_reader`."""
    people = User.objects.active()
    if not reader.is_authenticated:
        return people
    mutes, blocks = (getattr(reader, name).through.objects for name in ("mutes", "blocks"))
    return people.annotate(
        is_followed=Exists(Follow.objects.filter(follower=reader, followed=OuterRef("pk"))),
        is_muted=Exists(mutes.filter(from_user=reader, to_user=OuterRef("pk"))),
        is_blocked=Exists(blocks.filter(from_user=reader, to_user=OuterRef("pk"))),
        blocks_reader=Exists(blocks.filter(from_user=OuterRef("pk"), to_user=reader)),
    )


def named(reader, username):
    """The one person of this name, with bonds and counts; a QuerySet of one or none."""
    return with_counts(with_bonds_to(reader)).named(username)


def with_counts(people):
    """Each with `posts_count`, `followers_count` and `following_count`."""
    return people.annotate(
        posts_count=_count(Post.objects.filter(author=OuterRef("pk")), "author"),
        followers_count=_count(
            Follow.objects.filter(followed=OuterRef("pk"), follower__is_active=True), "followed"
        ),
        following_count=_count(
            Follow.objects.filter(follower=OuterRef("pk"), followed__is_active=True), "follower"
        ),
    )


def suggested_to(reader):
    """A few people who have written lately and whom the reader does not follow."""
    posts = Post.objects.seen_by(reader).not_muted_by(reader).exclude(author=reader)
    lately = posts.newest_first().values("author")[:LATEST]
    people = with_bonds_to(reader).filter(is_followed=False, pk__in=lately)
    return people.order_by("-last_seen")[:SUGGESTED]


def _count(rows, column):
    counted = rows.order_by().values(column).annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
