"""What one person says to another one."""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models import Case, Count, F, Max, Q, When
from django.db.models.functions import Greatest, Least
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.validators import BLANK, validate_not_blank, validate_storable
from tasks.lifecycle import launch

from .posts import BodyField
from .reading import ReadableQuerySet

MESSAGE_MAX_LENGTH = 1_000  # code points


# Of the two people: so an index has what they say to each other in its order, whoever says it.
LOWER_ID, HIGHER_ID = (
    function("sender", "recipient", output_field=models.BigIntegerField())
    for function in (Least, Greatest)
)


class MessageQuerySet(ReadableQuerySet):
    def of(self, person):
        return self.filter(Q(sender=person) | Q(recipient=person))

    def between(self, one, other):
        low, high = sorted([one.pk, other.pk])
        return self.alias(low=LOWER_ID, high=HIGHER_ID).filter(low=low, high=high)

    def latest_with_each(self, person):
        """Of each conversation of `person`: `other` (the id of whom it is with), `latest` (the id
        of its last message), `unread` (how many of theirs wait to be read); latest first."""
        other = Case(When(sender=person, then=F("recipient")), default=F("sender"))
        return (
            self.of(person)
            .annotate(other=other)
            .filter(other__isnull=False)
            .values("other")
            .annotate(
                latest=Max("id"), unread=Count("id", filter=Q(recipient=person, read_at=None))
            )
            .order_by("-latest")
        )


class Message(models.Model):
    """A message stays with the other one when one of the two deletes their account."""

    sender = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,  # blog_message_sent serves it too
        related_name="sent_messages",
        verbose_name=_("from"),
    )
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,  # blog_message_received serves it too
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
            models.Index(fields=["recipient", "id"], name="blog_message_received"),
            models.Index(fields=["sender", "id"], name="blog_message_sent"),
            models.Index(LOWER_ID, HIGHER_ID, "id", name="blog_message_between_two"),
            models.Index(
                fields=["recipient", "sender"],
                condition=Q(read_at=None),
                name="blog_message_unread",
            ),
        ]

    def __str__(self):
        return f"{self.sender_id} → {self.recipient_id}"

    def other(self, person):
        """Who of the two is not `person`; None if they have deleted their account."""
        return self.recipient if self.sender == person else self.sender

    @transaction.atomic
    def send(self):
        """Save a new message, and have its recipient told by mail who wants to be. While there is
        one unread, they have been told."""
        unread = Message.objects.filter(sender=self.sender, recipient=self.recipient).unread()
        is_told = self.is_to_be_mailed() and not unread.exists()
        self.save(force_insert=True)
        if is_told:
            launch("blog.jobs.mail_message", key=str(self.pk), args={"message": self.pk})

    def is_to_be_mailed(self) -> bool:
        """Whether its recipient wants a mail about messages, and to hear of its sender."""
        if not (self.recipient.mail_messages and self.recipient.email):
            return False
        return User.objects.who_hear_of(self.sender).filter(pk=self.recipient_id).exists()
