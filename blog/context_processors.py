from functools import cached_property

from django.contrib.auth import get_user_model
from django.db.models import BigAutoField, Count, Subquery
from django.db.models.functions import Coalesce

from tasks.statements import Given, Select

from .models import Message, Notification


def _count(rows):
    counts = rows.order_by().values("recipient").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counts), 0)


READER = Given("reader", BigAutoField())
COUNTS = Select(  # composed once, for every page and every poll asks
    lambda: (
        get_user_model()
        .objects.filter(pk=READER)
        .values_list(
            _count(Message.objects.filter(recipient=READER).unread()),
            _count(Notification.objects.shown_to(READER).unread()),
        )
    )
)


class Unread:
    """How much the user of a request has not read; asks the database at its first use, once."""

    def __init__(self, user):
        self.user = user

    @property
    def messages(self) -> int:
        return self._counts[0]

    @property
    def notifications(self) -> int:
        return self._counts[1]

    @cached_property
    def _counts(self):
        if not self.user.is_authenticated:
            return 0, 0
        return COUNTS.one(reader=self.user.pk) or (0, 0)  # deleted a moment ago


def unread(request):
    return {"unread": Unread(request.user)} if hasattr(request, "user") else {}
