"""What has been counted."""

from django.db import models


class Tally(models.Model):
    """The one row with what has been counted so far; see `tally`."""

    until = models.DateTimeField()
    counts = models.JSONField(default=dict)
    rerung = models.BigIntegerField(default=0)
    fenced = models.BigIntegerField(default=0)

    def __str__(self):
        return f"until {self.until}"
