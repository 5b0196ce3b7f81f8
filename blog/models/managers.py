"""Which posts there are of a kind, and what is done to many at once."""

from collections import Counter
from datetime import timedelta

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import User, in_touch, not_muted
from blog import languages, markup, search
from tasks.lifecycle import launch

from .deletions import Deletion
from .tags import Tag

CHUNK = 500  # posts that are deleted at once
MANY = 2_000  # posts that are taken away at once
UNDO_FOR = timedelta(seconds=60)  # in which a deleted post can be brought back
PURGED_AFTER = timedelta(days=1)  # longer than the tasks of purging take
FINAL = 2 * UNDO_FOR  # so long ago is what others delete deleted: its author can't bring it back


def is_admin(person, act) -> bool:
    """Whether `person` may `act` (change, delete) on everybody's posts."""
    return person.is_staff and person.has_perm(f"blog.{act}_post")


class PostQuerySet(models.QuerySet):
    def oldest_first(self):
        return self.order_by("timestamp", "id")

    def newest_first(self):
        return self.order_by("-timestamp", "-id")

    def shown(self):
        """What no admin has hidden."""
        return self.filter(hidden_at=None)

    def public(self):
        """What everybody gets to see: nothing that is hidden, nor of those who are no more."""
        return self.shown().filter(author__is_active=True)

    def seen_by(self, reader):
        """What `reader`, who may be a visitor, gets to see: what is public, and what is hidden of
        their own; an admin all that is hidden. Nothing of those who have blocked the reader, or
        whom the reader has blocked."""
        if not reader.is_authenticated:
            return self.public()
        posts = self.filter(*in_touch(reader, "author"), author__is_active=True)
        return posts if reader.is_staff else posts.filter(Q(hidden_at=None) | Q(author=reader))

    def changed_by(self, person):
        """What `person`, if it is theirs, may change: an admin all, others what they see."""
        return self.all() if is_admin(person, "change") else self.seen_by(person)

    def deletable_by(self, person):
        """As `changed_by`: what `person` may delete."""
        return self.all() if is_admin(person, "delete") else self.seen_by(person)

    def restorable(self):
        """Deleted a moment ago, by their authors."""
        return self.filter(deleted_at__gt=timezone.now() - UNDO_FOR)

    def to_purge(self):
        """Deleted, and left by the task that was to remove them for good: it failed, say."""
        return self.filter(deleted_at__lt=timezone.now() - PURGED_AFTER)

    def tagged(self, name):
        """`name`: in whatever case."""
        name = name.casefold()
        return self.none() if "\0" in name else self.filter(tags__name=name)

    def not_muted_by(self, reader):
        if not reader.is_authenticated:
            return self
        return self.filter(not_muted(reader, "author"))

    def after(self, timestamp, pk):
        """The posts that follow (timestamp, pk) when oldest come first."""
        return self.filter(timestamp__gte=timestamp).filter(
            Q(timestamp__gt=timestamp) | Q(pk__gt=pk)
        )

    def before(self, timestamp, pk):
        """The posts that follow (timestamp, pk) when newest come first."""
        return self.filter(timestamp__lte=timestamp).filter(
            Q(timestamp__lt=timestamp) | Q(pk__lt=pk)
        )

    def add(self, posts):
        """Save many new posts in a few statements, as they are: they can be found, and have their
        tags and mentions; nobody is told."""
        for post in posts:
            post.language = languages.guess(post.title, post.body)
        self._write(posts)

    @transaction.atomic
    def _write(self, posts):
        self.bulk_create(posts)
        self.link(posts)
        search.index_posts(posts)

    def link(self, posts):
        """Keep the tags and mentions of new posts; return the ids of who is mentioned."""
        names = {post.pk: markup.mentions(post.text) for post in posts}
        known = set().union(*names.values())
        people = User.objects.active().named(*known) if known else User.objects.none()
        pks = {name.lower(): pk for name, pk in people.values_list("username", "pk")}
        through = self.model.mentions.through
        through.objects.bulk_create(
            through(post_id=post, user_id=pks[name])
            for post, mentioned in names.items()
            for name in mentioned & pks.keys()
        )
        Tag.objects.bulk_create(
            Tag(post=post, name=name) for post in posts for name in markup.tags(post.text)
        )
        return list(pks.values())

    @transaction.atomic
    def remove_latest(self, up_to: int) -> int:
        """Take MANY of them away, those with the highest ids up to this one, as `Post.remove()`
        does for good, but for their purge. Returns the id to go on from, or 0."""
        posts = self.filter(pk__lte=up_to).order_by("-pk")
        found = list(posts.values_list("pk", "author_id", "deleted_at", named=True)[:MANY])
        pks = [post.pk for post in found]
        self.filter(pk__in=pks).update(deleted_at=timezone.now() - FINAL)
        Deletion.objects.note(found)
        search.forget_posts(pks)
        return pks[-1] - 1 if len(pks) == MANY else 0

    def delete(self, *, noted=True):
        """As Django's; and they can't be found any more. In chunks, so that neither the memory nor
        the number of statements grows with each post; each a transaction, so that what is noted of
        a moment is seen soon after. `noted`: whether there is to be a Deletion of each, for their
        author."""
        deleted, by_model = 0, Counter()
        posts = self.order_by("pk").values_list("pk", "author_id", "deleted_at", named=True)
        while chunk := list(posts[:CHUNK]):
            pks = [post.pk for post in chunk]
            with transaction.atomic():
                search.forget_posts(pks)
                if noted:
                    Deletion.objects.note(chunk)
                count, counts = models.QuerySet(self.model).filter(pk__in=pks).delete()
            deleted += count
            by_model.update(counts)
        return deleted, dict(by_model)

    delete.alters_data = True
    delete.queryset_only = True


class PresentPosts(models.Manager.from_queryset(PostQuerySet)):
    """All but those that are deleted and only wait for their undo to run out."""

    def get_queryset(self):
        return super().get_queryset().filter(deleted_at=None)

    @transaction.atomic
    def remove_all(self, admin):
        """Take all posts away: the latest at once, what is older in a job, whose progress `admin`
        sees. One UPDATE of a million rows would keep all others from writing for too long."""
        latest = self.order_by("-pk").values_list("pk", flat=True).first()
        if latest is not None:
            args = {"latest": latest, "up_to": self.remove_latest(latest)}
            launch("blog.jobs.remove_all_posts", key=str(latest), owner=admin, args=args)
