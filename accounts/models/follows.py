"""Who follows whom."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .people import User


class Follow(models.Model):
    follower = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="following", verbose_name=_("follower")
    )
    followed = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="followed_by", verbose_name=_("followed")
    )
    created_at = models.DateTimeField(_("since"), auto_now_add=True)

    class Meta:
        verbose_name = _("follow")
        verbose_name_plural = _("follows")
        constraints = [
            models.UniqueConstraint(fields=["follower", "followed"], name="accounts_follow_once"),
            models.CheckConstraint(
                condition=~models.Q(follower=models.F("followed")), name="accounts_follow_others"
            ),
        ]

    def __str__(self):
        return f"{self.follower_id} → {self.followed_id}"
