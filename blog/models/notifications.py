"""What people are told of: that somebody follows, mentions or answers them, that their export is
ready, that a post of theirs was hidden."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User, in_touch, not_muted

from .reading import ReadableQuerySet


class NotificationQuerySet(ReadableQuerySet):
    def tell(self, *recipients, kind, actor=None, post=None, url=""):
        """Tell `recipients`, once each: not of what they did themselves, nor of what people do whom
        they have muted, or with whom there is a block, nor those who are no more."""
        self.tell_each({person.pk: kind for person in recipients}, actor, post, url)

    def tell_each(self, kinds: dict, actor=None, post=None, url=""):
        """As `tell()`, each person, by their ids, of another kind."""
        people = User.objects.active().filter(pk__in=kinds)
        if actor:
            people = people.who_hear_of(actor).exclude(pk=actor.pk)
        self.bulk_create(
            [
                self.model(recipient_id=pk, kind=kinds[pk], actor=actor, post=post, url=url)
                for pk in people.values_list("pk", flat=True)
            ],
            ignore_conflicts=True,
        )

    def shown_to(self, reader):
        """The reader's own, of posts that are there and are not hidden, and of people whom the
        reader puts up with."""
        return self.filter(
            Q(actor=None) | Q(actor__is_active=True),
            *in_touch(reader, "actor"),
            not_muted(reader, "actor"),
            recipient=reader,
            post__deleted_at=None,
            post__hidden_at=None,
        )

    def to_forget(self):
        """Those that were read so long ago that nobody looks for them any more."""
        return self.filter(read_at__lt=Now() - timedelta(days=settings.KEEP_NOTIFICATIONS_DAYS))


class Notification(models.Model):
    class Kind(models.TextChoices):
        FOLLOWED = "followed", _("followed")
        MENTIONED = "mentioned", _("mentioned")
        REPLIED = "replied", _("replied")
        EXPORT_READY = "export_ready", _("export ready")
        EXPORTS_PAUSED = "exports_paused", _("exports paused")
        POST_HIDDEN = "post_hidden", _("post hidden")

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        db_index=False,  # blog_notification_list serves it too
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
        "blog.Post",
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
            models.Index(fields=["recipient", "id"], name="blog_notification_list"),
            # Every page and every poll counts these, among all that was ever read.
            models.Index(
                fields=["recipient", "id"],
                condition=Q(read_at=None),
                name="blog_notification_unread",
            ),
            models.Index(
                fields=["read_at"],
                condition=Q(read_at__isnull=False),
                name="blog_notification_by_reading",
            ),
        ]

    def __str__(self):
        return f"{self.kind} → {self.recipient_id}"

    def get_absolute_url(self):
        return reverse("blog:notification", args=[self.pk])

    @property
    def target_url(self) -> str:
        """Where what it tells of is to be seen."""
        return self.url or (self.post or self.actor).get_absolute_url()
