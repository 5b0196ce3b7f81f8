"""What is not there any more."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

SPARE = timedelta(days=1)  # longer than an export takes that has begun to ask for them


class DeletionQuerySet(models.QuerySet):
    def to_forget(self):
        """Those that no copy is compared with any more."""
        long_ago = timezone.now() - Deletion.kept_for() - SPARE
        undone_lately = models.Q(undone_at__gte=long_ago)
        return self.filter(~undone_lately, at__lt=long_ago)


class DeletionManager(models.Manager.from_queryset(DeletionQuerySet)):
    def note(self, posts, at=None):
        """Write down that `posts` (of each `pk`, `author_id` and `deleted_at`) are gone: `at` a
        moment, or now. What is purged keeps the moment that was noted when it was removed; what had
        come back is gone."""
        now, removed, purged = timezone.now(), [], []
        for post in posts:
            kind = purged if post.deleted_at and not at else removed
            moment = at or post.deleted_at or now
            kind.append(self.model(post_id=post.pk, author_id=post.author_id, at=moment))
        self._write(removed, ["at", "undone_at"])
        self._write(purged, ["undone_at"])

    def _write(self, deletions, changing):
        self.bulk_create(
            deletions, update_conflicts=True, update_fields=changing, unique_fields=["post_id"]
        )


class Deletion(models.Model):
    """That a post is gone, for those who keep a copy: an export says what of the last one is."""

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        db_index=False,  # blog_deletion_by_time serves it too
        related_name="deletions",
        verbose_name=_("author"),
    )
    post_id = models.PositiveBigIntegerField(_("post"), unique=True)
    at = models.DateTimeField(_("deleted"))
    undone_at = models.DateTimeField(
        _("undone"), null=True, blank=True, help_text=_("When the post came back.")
    )

    objects = DeletionManager()

    class Meta:
        verbose_name = _("deletion")
        verbose_name_plural = _("deletions")
        indexes = [
            models.Index(fields=["author", "at", "post_id"], name="blog_deletion_by_time"),
            models.Index(fields=["at"], name="blog_deletion_by_age"),
            models.Index(
                fields=["author", "undone_at"],
                condition=models.Q(undone_at__isnull=False),
                name="blog_deletion_undone",
            ),
        ]

    def __str__(self):
        return f"{self.post_id} @ {self.at}"

    @staticmethod
    def kept_for() -> timedelta:
        """So old a copy can be, and be told what of it is gone."""
        return timedelta(days=settings.KEEP_DELETIONS_DAYS)
