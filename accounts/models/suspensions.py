"""Why people are kept out."""

from datetime import timedelta

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.validators import validate_not_blank, validate_storable

from .people import User

WORDS_MAX_LENGTH = 500  # code points


class SuspensionQuerySet(models.QuerySet):
    def to_forget(self):
        """Those that ended so long ago that they count no more."""
        return self.filter(ended_at__lt=Now() - timedelta(days=settings.KEEP_DECISIONS_DAYS))


class Suspension(models.Model):
    """Who kept a person out, when and why. Whether they are out is `User.is_active` alone, which
    `User.suspend()` and `User.restore()` change."""

    person = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="suspensions", verbose_name=_("person")
    )
    reason = models.TextField(
        _("reason"),
        max_length=WORDS_MAX_LENGTH,
        help_text=_("For admins."),
        validators=[validate_storable, validate_not_blank, MaxLengthValidator(WORDS_MAX_LENGTH)],
    )
    words = models.TextField(
        _("what they are told"),
        max_length=WORDS_MAX_LENGTH,
        blank=True,
        help_text=_(
            "They read it when they sign in, after a sentence that says that they are suspended."
        ),
        validators=[validate_storable, MaxLengthValidator(WORDS_MAX_LENGTH)],
    )
    began_at = models.DateTimeField(_("suspended"), default=timezone.now)
    began_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("suspended by"),
    )
    ended_at = models.DateTimeField(_("restored"), null=True, blank=True)
    ended_by = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("restored by"),
    )

    objects = SuspensionQuerySet.as_manager()

    class Meta:
        verbose_name = _("suspension")
        verbose_name_plural = _("suspensions")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person"],
                condition=models.Q(ended_at=None),
                name="accounts_suspension_once",
            )
        ]
        indexes = [
            models.Index(
                fields=["ended_at"],
                condition=models.Q(ended_at__isnull=False),
                name="accounts_suspension_by_end",
            )
        ]

    def __str__(self):
        return f"{self.began_at:%Y-%m-%d}"
