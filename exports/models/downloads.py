from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .exports import Export


class Download(models.Model):
    """One fetching of an export's file, as its owner may want to know of it."""

    export = models.ForeignKey(
        Export, on_delete=models.CASCADE, related_name="downloads", verbose_name=_("export")
    )
    at = models.DateTimeField(_("time"), default=timezone.now)
    address = models.CharField(
        _("address"), max_length=50, blank=True, help_text=_("Of IPv6, the network.")
    )
    user_agent = models.CharField(_("program"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        ordering = ["-at", "-id"]

    def __str__(self):
        return f"{self.export_id} @ {self.at}"
