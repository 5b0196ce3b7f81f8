"""The pages of those who run the site: the board, and the list of tasks."""

import django_q.admin  # noqa: F401 (so that its pages are there to be taken out)
from django.contrib import admin
from django_q.models import Failure, Schedule, Success

from .read_only import ReadOnly
from .tasks import TaskAdmin

__all__ = ["ReadOnly", "TaskAdmin"]

# They say nothing of what the rows of tasks say, and who plans a function there runs any code. What
# crashes past the engine is in the log.
admin.site.unregister([Failure, Schedule, Success])
