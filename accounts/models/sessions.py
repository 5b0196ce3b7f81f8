"""Where people are signed in."""

import uuid
from importlib import import_module

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import browsers

from .people import User


class SessionQuerySet(models.QuerySet):
    def alive(self):
        return self.filter(expire_date__gt=timezone.now())

    def over(self):
        return self.filter(expire_date__lte=timezone.now())

    def latest_first(self):
        return self.order_by("-created_at", "-public_id")


class Session(AbstractBaseSession):
    """A session as Django's, with whose it is and from where it was last used. Visitors have some,
    too. Its key is what a browser shows: whoever learns it is let in, so it is on no page, and
    `public_id` stands for it."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    owner = models.ForeignKey(
        User,
        on_delete=models.CASCADE,
        null=True,
        related_name="sessions",
        verbose_name=_("owner"),
    )
    created_at = models.DateTimeField(_("signed in"), default=timezone.now)
    seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    address = models.CharField(_("address"), max_length=50, blank=True)
    user_agent = models.CharField(_("program"), max_length=browsers.USER_AGENT_MAX, blank=True)

    objects = BaseSessionManager.from_queryset(SessionQuerySet)()

    def __str__(self):
        return str(self.public_id)

    @classmethod
    def get_session_store_class(cls):
        return import_module(settings.SESSION_ENGINE).SessionStore

    def save(self, *args, force_update=False, **kwargs):
        """What is in the session may be written while another request notes from where it is used:
        neither undoes the other."""
        if force_update:
            kwargs["update_fields"] = ["session_data", "expire_date", "owner"]
        return super().save(*args, **kwargs)

    @property
    def program(self) -> str:
        """What it is used with, in words; nothing when that is not known."""
        return browsers.in_words(self.user_agent)
