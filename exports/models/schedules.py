from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from exports import contents
from exports.formats import PostsJson


class Schedule(models.Model):
    """The exports that a person gets without asking each time."""

    class Every(models.TextChoices):
        WEEK = "week", _("Every week")
        MONTH = "month", _("Every month")

    owner = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="export_schedule",
        verbose_name=_("owner"),
    )
    every = models.CharField(_("how often"), max_length=10, choices=Every)
    contents = models.CharField(
        _("contents"), max_length=30, choices=contents.choices, default=PostsJson.name
    )
    attach = models.BooleanField(
        _("attach it"), default=True, help_text=_("To its mail, where it is not too large.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    next_at = models.DateTimeField(_("next"))
    paused_at = models.DateTimeField(
        _("paused"), null=True, help_text=_("Since when nobody fetched what it made.")
    )

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        indexes = [models.Index(fields=["next_at"], name="exports_schedule_by_next")]

    def __str__(self):
        return f"{self.owner_id} {self.every}"
