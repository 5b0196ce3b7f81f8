from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import browsers

from .exports import Export


class DownloadQuerySet(models.QuerySet):
    def to_forget(self):
        """Those of which nobody needs to know any more when and from where."""
        return self.filter(at__lt=Now() - timedelta(days=settings.KEEP_DOWNLOADS_DAYS))


class DownloadManager(models.Manager.from_queryset(DownloadQuerySet)):
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
        indexes = [models.Index(fields=["at"], name="exports_download_by_age")]

    def __str__(self):
        return f"{self.export_id} @ {self.at}"

    @transaction.atomic
    def save(self, *args, **kwargs):
        """In one transaction with what its export keeps of it, when it is forgotten."""
        super().save(*args, **kwargs)
        Export.objects.filter(pk=self.export_id, fetched_at=None).update(fetched_at=self.at)
