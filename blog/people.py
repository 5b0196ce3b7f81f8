"""People as others see them."""

from django.db import transaction
from django.db.models import Exists, F, OuterRef

from accounts.models import Follow, User

from .counting import CountUpTo
from .models import Notification, Post

COUNTED = 10_000  # posts, or people: of more it is said that there are more
SUGGESTED = 5  # people
LATEST = 200  # posts


@transaction.atomic
def follow(reader, person) -> bool:
    """Have `reader` follow `person`, who is told of it once. False when that can't be."""
    if not reader.follow(person):
        return False
    Notification.objects.tell(person, kind=Notification.Kind.FOLLOWED, actor=reader)
    return True


def words_about(person) -> str:
    """What a person of `with_bonds_to()` says of themselves, where there is no block between."""
    is_apart = getattr(person, "is_blocked", False) or getattr(person, "blocks_reader", False)
    return "" if is_apart else person.about


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


def followers(person, reader):
    """Who follows `person`, of those whom `reader` sees; each with bonds and, in whose order they
    came, `follow_id`."""
    people = with_bonds_to(reader).seen_by(reader).filter(following__followed=person)
    return people.annotate(follow_id=F("following__id"))


def following(person, reader):
    """As `followers`: whom `person` follows."""
    people = with_bonds_to(reader).seen_by(reader).filter(followed_by__follower=person)
    return people.annotate(follow_id=F("followed_by__id"))


def named(reader, username):
    """The one person of this name, with bonds and counts; a QuerySet of one or none."""
    return with_counts(with_bonds_to(reader)).named(username)


def with_counts(people):
    """Each with `posts_count`, `followers_count` and `following_count`; where there are more than
    COUNTED, that is one more."""
    followers = Follow.objects.filter(followed=OuterRef("pk"), follower__is_active=True)
    following = Follow.objects.filter(follower=OuterRef("pk"), followed__is_active=True)
    return people.annotate(
        posts_count=CountUpTo(Post.objects.shown().filter(author=OuterRef("pk")), COUNTED + 1),
        followers_count=CountUpTo(followers, COUNTED + 1),
        following_count=CountUpTo(following, COUNTED + 1),
    )


def muted_by(reader):
    """Whom `reader` has muted, and not blocked as well: rows with their `to_user`."""
    mutes = reader.mutes.through.objects.filter(from_user=reader, to_user__is_active=True)
    return mutes.exclude(to_user__blocked_by=reader).select_related("to_user")


def blocked_by(reader):
    """As `muted_by`: whom `reader` has blocked."""
    blocks = reader.blocks.through.objects.filter(from_user=reader, to_user__is_active=True)
    return blocks.select_related("to_user")


def suggested_to(reader):
    """A few people who have written lately and whom the reader does not follow."""
    posts = Post.objects.seen_by(reader).not_muted_by(reader).exclude(author=reader)
    lately = posts.newest_first().values("author")[:LATEST]
    people = with_bonds_to(reader).filter(is_followed=False, pk__in=lately)
    return people.order_by("-last_seen")[:SUGGESTED]
