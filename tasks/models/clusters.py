"""The clusters of workers, by their signs of life."""

from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

# From the last sign of life of a cluster on: until it counts as dead, and until it is forgotten.
LIVE_FOR = timedelta(seconds=30)
DEAD_KEPT_FOR = timedelta(days=1)


class ClusterQuerySet(models.QuerySet):
    def live(self):
        """Those that gave a sign of life lately."""
        return self.filter(seen_at__gte=Now() - LIVE_FOR)

    def to_forget(self):
        """Those that nobody waits for any more."""
        return self.filter(seen_at__lt=Now() - DEAD_KEPT_FOR)


class Cluster(models.Model):
    """A worker cluster, by the signs of life that it gives itself every few seconds; see
    `heartbeat`. Its supervisor removes the row when it ends it; one whose host is lost stays a
    while."""

    id = models.CharField(
        primary_key=True, max_length=32, help_text=_("As in the attempts of its workers.")
    )
    host = models.CharField(_("host"), max_length=200)
    pid = models.PositiveIntegerField(
        _("process"), help_text=_("Of its supervisor, to whom to say that it is to stop.")
    )
    workers = models.PositiveIntegerField(_("workers"))
    started_at = models.DateTimeField(_("started"))
    seen_at = models.DateTimeField(_("last sign of life"))
    swept_at = models.DateTimeField(_("last sweep"), null=True, blank=True)

    objects = ClusterQuerySet.as_manager()

    class Meta:
        verbose_name = _("cluster")
        verbose_name_plural = _("clusters")

    def __str__(self):
        return f"{self.host}:{self.pid}"
