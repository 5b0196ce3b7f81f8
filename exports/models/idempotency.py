"""What programs ask for once, also when they have to say it twice."""

import hashlib
import json
from datetime import timedelta

import orjson
from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEY_MAX = 100  # characters
HOLDS = timedelta(hours=24)


class OtherRequest(Exception):
    """The key was used for something else."""


class IdempotencyKeyQuerySet(models.QuerySet):
    def expired(self):
        """Those that nothing is known of any more."""
        return self.filter(created_at__lte=Now() - HOLDS)


class IdempotencyKeyManager(models.Manager.from_queryset(IdempotencyKeyQuerySet)):
    def once(self, owner, key: str, request: dict, do, before=lambda: None) -> dict:
        """Return what `do()` returns: the answer to `request`, both as JSON has them. Where the
        owner has used the key for the same request within a day, return what it returned then, also
        when both come at once. Nothing is kept of what ends in an exception. `do()` is called in a
        transaction; `before()` ahead of it, where the answer is not known yet.

        Raises OtherRequest, and what these raise.
        """
        digest = hashlib.sha256(orjson.dumps(request, option=orjson.OPT_SORT_KEYS)).hexdigest()
        kept = self.filter(owner=owner, key=key).first()
        if kept is None or not kept.holds:
            before()
            kept = self._keep(owner, key, digest, do)
        if kept.digest != digest:
            raise OtherRequest
        return json.loads(kept.answer)

    @transaction.atomic
    def _keep(self, owner, key, digest, do):
        """The row in which the answer is, be it ours or that of who was first."""
        new = self.model(owner=owner, key=key, digest=digest)
        # Who comes second waits here until the first one's transaction has ended.
        self.bulk_create([new], ignore_conflicts=True)
        kept = self.select_for_update().get(owner=owner, key=key)
        if not kept.answer or not kept.holds:
            kept.digest, kept.created_at = digest, timezone.now()
            kept.answer = json.dumps(do())
            kept.save()
        return kept


class IdempotencyKey(models.Model):
    """What a program said to name one request of its own, and what that was answered."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="idempotency_keys",
        verbose_name=_("owner"),
    )
    key = models.CharField(_("key"), max_length=KEY_MAX)
    digest = models.CharField(_("SHA-256"), max_length=64, help_text=_("Of the request."))
    # As text: PostgreSQL keeps JSON in an order of its own.
    answer = models.TextField(_("answer"), blank=True, help_text=_("As JSON."))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = IdempotencyKeyManager()

    class Meta:
        verbose_name = _("idempotency key")
        verbose_name_plural = _("idempotency keys")
        constraints = [
            models.UniqueConstraint(fields=["owner", "key"], name="exports_idempotencykey_once"),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="exports_idempotency_by_age"),
        ]

    def __str__(self):
        return self.key

    @property
    def holds(self) -> bool:
        return self.created_at > timezone.now() - HOLDS
