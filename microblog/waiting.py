"""What waits for people: what every page shows, and every page polls."""

from functools import cached_property

from django.db.models import BigAutoField, Exists

from accounts.models import User
from blog.counting import CountUpTo
from blog.models import Message, Notification
from tasks.models import Task
from tasks.statements import Given, Select

UNREAD_MOST = 100  # pages show so many as 99+
READER = Given("reader", BigAutoField())
# The newest first: so it does not depend on how many a database believes there are.
NEWEST = Notification.objects.filter(recipient=READER).unread().order_by("-pk").values("pk")
# Composed once: there is nothing that people ask for more often.
TASKS = Select(lambda: Task.objects.filter(owner=READER).to_show())
SUMMARY = Select(
    lambda: User.objects.filter(pk=READER).values_list(
        CountUpTo(Message.objects.filter(recipient=READER).unread(), UNREAD_MOST),
        CountUpTo(
            Notification.objects.shown_to(READER).filter(pk__in=NEWEST[:UNREAD_MOST]), UNREAD_MOST
        ),
        Exists(Task.objects.filter(owner=READER).to_show()),
    )
)


class Waiting:
    """What waits for the user of a request; asks the database at its first use, once."""

    def __init__(self, user):
        self.user = user

    @property
    def messages(self) -> int:
        """How many private messages are not read yet, UNREAD_MOST at most."""
        return self._summary[0]

    @property
    def notifications(self) -> int:
        """As `messages`."""
        return self._summary[1]

    @cached_property
    def tasks(self) -> list[Task]:
        """Their own ones, active or ended lately."""
        return TASKS.all(reader=self.user.pk) if self._summary[2] else []

    @property
    def active_jobs(self) -> set[str]:
        return {task.job for task in self.tasks if task.is_active}

    @cached_property
    def _summary(self):
        nothing = 0, 0, False
        if not self.user.is_authenticated:
            return nothing
        return SUMMARY.one(reader=self.user.pk) or nothing  # deleted a moment ago


def waiting(request):
    """The context processor."""
    return {"waiting": Waiting(request.user)} if hasattr(request, "user") else {}
