"""What somebody reads, or has yet to."""

from django.db import models
from django.utils import timezone


class ReadableQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at=None)

    def mark_read(self):
        self.unread().update(read_at=timezone.now())
