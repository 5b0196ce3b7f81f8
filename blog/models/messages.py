"""What one person says to another one."""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.validators import BLANK, validate_not_blank, validate_storable

from .posts import BodyField

MESSAGE_MAX_LENGTH = 1_000  # code points


class MessageQuerySet(models.QuerySet):
    def between(self, one, other):
        return self.filter(Q(sender=one, recipient=other) | Q(sender=other, recipient=one))

    def unread(self):
        return self.filter(read_at=None)


class Message(models.Model):
    """A message stays with the other one when one of the two deletes their account."""

    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,  # blog_message_between serves it too
        related_name="sent_messages",
        verbose_name=_("from"),
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,  # blog_message_to serves it too
        related_name="messages",
        verbose_name=_("to"),
    )
    body = BodyField(
        _("text"),
        error_messages={"blank": BLANK},
        validators=[validate_storable, validate_not_blank, MaxLengthValidator(MESSAGE_MAX_LENGTH)],
    )
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(fields=["recipient", "read_at"], name="blog_message_to"),
            models.Index(fields=["sender", "recipient", "id"], name="blog_message_between"),
        ]

    def __str__(self):
        return f"{self.sender_id} → {self.recipient_id}"
