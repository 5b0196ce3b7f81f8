from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import browsers

from .exports import Export


class DownloadManager(models.Manager):
    SHOWN = 20  # on the page of an export

    def newest(self):
        """Those that the page of their export shows."""
        return self.all()[: self.SHOWN]

    def note(self, request):
        """That one begins with this request."""
        return self.create(address=request.address, user_agent=browsers.user_agent(request))


class Download(models.Model):
    """One fetching of an export's file, as its owner may want to know of it."""

    export = models.ForeignKey(
        Export, on_delete=models.CASCADE, related_name="downloads", verbose_name=_("export")
    )
    at = models.DateTimeField(_("time"), default=timezone.now)
    address = models.CharField(
        _("address"), max_length=50, blank=True, help_text=_("Of IPv6, the network.")
    )
    user_agent = models.CharField(_("program"), max_length=browsers.USER_AGENT_MAX, blank=True)

    objects = DownloadManager()

    class Meta:
        verbose_name = _("download")
        verbose_name_plural = _("downloads")
        ordering = ["-at", "-id"]

    def __str__(self):
        return f"{self.export_id} @ {self.at}"
