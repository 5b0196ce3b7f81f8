"""What people are told of: that somebody follows, mentions or answers them, that their export is
ready."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .posts import Post


class NotificationQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at=None)

    def newest_first(self):
        return self.order_by("-created_at", "-id")


class Notification(models.Model):
    class Kind(models.TextChoices):
        FOLLOWED = "followed", _("followed")
        MENTIONED = "mentioned", _("mentioned")
        REPLIED = "replied", _("replied")
        EXPORT_READY = "export_ready", _("export ready")

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        db_index=False,  # blog_notification_to serves it too
        related_name="notifications",
        verbose_name=_("to"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=Kind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("who did it"),
    )
    post = models.ForeignKey(
        Post,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("post"),
    )
    url = models.CharField(
        _("address"), max_length=200, blank=True, help_text=_("Where to look, if not at the post.")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("notification")
        verbose_name_plural = _("notifications")
        constraints = [
            # Who follows, unfollows and follows again is told of once, and so is all else.
            models.UniqueConstraint(
                fields=["recipient", "kind", "actor"],
                condition=models.Q(kind="followed"),
                name="blog_notification_follow",
            ),
            models.UniqueConstraint(
                fields=["recipient", "kind", "post"],
                condition=models.Q(post__isnull=False),
                name="blog_notification_post",
            ),
            models.UniqueConstraint(
                fields=["recipient", "kind", "url"],
                condition=~models.Q(url=""),
                name="blog_notification_url",
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "created_at", "id"], name="blog_notification_to"),
        ]

    def __str__(self):
        return f"{self.kind} → {self.recipient_id}"
