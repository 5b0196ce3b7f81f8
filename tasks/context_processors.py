from functools import cached_property

from django.db.models import BigAutoField

from .models import Task
from .statements import Given, Select

OWNER = Given("owner", BigAutoField())
TO_SHOW = Select(lambda: Task.objects.filter(owner=OWNER).to_show())  # every page, every poll


class OwnTasks:
    """The tasks to show to the user of a request; asks the database at their first use, once."""

    def __init__(self, user):
        self.user = user

    @cached_property
    def to_show(self):
        return TO_SHOW.all(owner=self.user.pk) if self.user.is_authenticated else []

    @property
    def active_jobs(self):
        return {task.job for task in self.to_show if task.is_active}

    @property
    def any_active(self):
        return bool(self.active_jobs)


def tasks(request):
    return {"own_tasks": OwnTasks(request.user)} if hasattr(request, "user") else {}
