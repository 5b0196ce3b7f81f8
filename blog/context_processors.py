from functools import cached_property

from django.contrib.auth import get_user_model
from django.db.models import Count, OuterRef
from django.db.models.functions import Coalesce

from .models import Message, Notification


class Unread:
    """How much the user of a request has not read; asks the database at its first use, once."""

    def __init__(self, user):
        self.user = user

    @property
    def messages(self) -> int:
        return self._counts["unread_messages"]

    @property
    def notifications(self) -> int:
        return self._counts["unread_notifications"]

    @cached_property
    def _counts(self):
        nothing = {"unread_messages": 0, "unread_notifications": 0}
        if not self.user.is_authenticated:
            return nothing
        messages = Message.objects.filter(recipient=OuterRef("pk")).unread()
        notifications = Notification.objects.shown_to(self.user).unread()
        counts = get_user_model().objects.filter(pk=self.user.pk)
        return (
            counts.values(
                unread_messages=Coalesce(_count(messages), 0),
                unread_notifications=Coalesce(_count(notifications), 0),
            ).first()
            or nothing  # deleted a moment ago
        )


def _count(rows):
    return rows.order_by().values("recipient").annotate(count=Count("pk")).values("count")


def unread(request):
    return {"unread": Unread(request.user)} if hasattr(request, "user") else {}
