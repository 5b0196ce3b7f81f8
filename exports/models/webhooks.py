"""Web servers of people that are told of their exports, and what became of each telling."""

import secrets
import uuid
from datetime import timedelta
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Prefetch, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from exports import webhooks
from exports.webhooks import GONE, INTERRUPTED, URL_MAX, WORDS
from tasks import lifecycle
from tasks.models import State, Task
from tasks.registry import Refused

JOB = "exports.jobs.call_webhook"
SECRET_PREFIX = "whsec_"  # noqa: S105
PAGE_SIZE = 25  # deliveries


class Event(models.TextChoices):
    SUCCEEDED = "export.succeeded", _("An export is there to be fetched.")
    FAILED = "export.failed", _("An export has failed.")


PING = "ping"
EVENT_WORDS = dict(Event.choices) | {PING: _("A call to try it out.")}
NOT_CALLED = _("It was not called: it was disabled meanwhile, or we were interrupted.")


class WebhookQuerySet(models.QuerySet):
    def with_standing(self):
        """With `is_gone`: whether it is an answer (410) that they are disabled for."""
        gone = Delivery.objects.filter(
            webhook=OuterRef("pk"), error=GONE, attempted_at=OuterRef("disabled_at")
        )
        return self.annotate(is_gone=Exists(gone))

    def with_last_delivery(self):
        latest = Delivery.objects.select_related("task").order_by("-created_at", "-id")[:1]
        return self.prefetch_related(Prefetch("deliveries", latest, to_attr="latest"))


class WebhookManager(models.Manager.from_queryset(WebhookQuerySet)):
    @transaction.atomic
    def register(self, owner, url: str, events) -> "Webhook":
        """A new one, with its `secret`, which is to be shown only now.

        Raises ValidationError when the URL can't be one, and Refused when there are too many.
        """
        url = str(webhooks.Address.of(url))
        User.objects.select_for_update(no_key=True).get(pk=owner.pk)  # one at a time
        if owner.webhooks.count() >= Webhook.MOST:
            words = _("You can have %(most)s webhooks, and have them. Delete one of them first.")
            raise Refused(words % {"most": Webhook.MOST})
        secret = SECRET_PREFIX + secrets.token_urlsafe(32)
        return self.create(owner=owner, url=url, events=_joined(events), secret=secret)


class Webhook(models.Model):
    """A URL that is called when one of these events happens to its owner."""

    MOST = 10  # of a person

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="webhooks",
        verbose_name=_("owner"),
    )
    url = models.CharField(_("URL"), max_length=2 * URL_MAX)  # with room to spare
    events = models.CharField(_("events"), max_length=100)
    secret = models.CharField(_("secret"), max_length=100, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    disabled_at = models.DateTimeField(
        _("disabled"), null=True, blank=True, help_text=_("It is not called since then.")
    )

    objects = WebhookManager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["-created_at", "-id"]

    def __str__(self):
        return str(self.pk)

    @property
    def active(self) -> bool:
        return self.disabled_at is None

    @property
    def host(self) -> str:
        """All that others get to know of the URL: the rest of it may be secret."""
        return urlsplit(self.url).hostname

    @property
    def event_labels(self) -> list:
        """What it is called for, in words."""
        return [event.label for event in Event if event in self.events.split()]

    @property
    def last_delivery(self) -> "Delivery | None":
        """Of those of `with_last_delivery()`."""
        return self.latest[0] if self.latest else None

    def change(self, *, url=None, events=None, active=None) -> bool:
        """Change what is given. False when it is gone. Raises ValidationError when the URL can't be
        one."""
        changed = {}
        if url is not None:
            changed["url"] = str(webhooks.Address.of(url))
        if events is not None:
            changed["events"] = _joined(events)
        if active is not None and active != self.active:
            changed["disabled_at"] = None if active else timezone.now()
        for name, value in changed.items():
            setattr(self, name, value)
        return not changed or bool(Webhook.objects.filter(pk=self.pk).update(**changed))

    def ping(self) -> "Delivery":
        """Call it to see whether it answers. Raises Refused when it is disabled."""
        return self.tell(PING, {"webhook": str(self.pk)})

    @transaction.atomic
    def tell(self, event: str, data: dict) -> "Delivery":
        """Have it called, in the background. Raises Refused when it is disabled."""
        delivery = Delivery(webhook=self, event=event, data=data)
        delivery.launch()
        delivery.save(force_insert=True)
        return delivery


class DeliveryQuerySet(models.QuerySet):
    def to_make(self):
        """Those whose webhooks and people are still there to be called."""
        return self.filter(webhook__disabled_at=None, webhook__owner__is_active=True)

    def to_forget(self):
        """Those that nobody asks for any more; not those that are being made again."""
        long_ago = Now() - timedelta(days=settings.KEEP_DELIVERIES_DAYS)
        under_way = Task.objects.active().filter(pk=OuterRef("task"))
        return self.filter(~Exists(under_way), created_at__lt=long_ago)

    def page(self, before: str = ""):
        """(the latest ones, or those before the one with this id; the `before` of the next page, or
        ""). What is no id of one of them names the first page."""
        rows = self.select_related("task").order_by("-created_at", "-id")
        if last := self._named(before):
            beside = Q(created_at__lt=last.created_at) | Q(pk__lt=last.pk)
            rows = rows.filter(beside, created_at__lte=last.created_at)
        found = list(rows[: PAGE_SIZE + 1])
        shown = found[:PAGE_SIZE]
        return shown, str(shown[-1].pk) if len(found) > PAGE_SIZE else ""

    def _named(self, pk):
        try:
            return self.filter(pk=uuid.UUID(pk)).first()
        except ValueError:
            return None


class DeliveryManager(models.Manager.from_queryset(DeliveryQuerySet)):
    def announce(self, owner, event: Event, data: dict):
        """Tell all webhooks of `owner` that listen to it, once the caller's transaction is
        committed."""
        for webhook in owner.webhooks.filter(disabled_at=None):
            if event in webhook.events.split():
                webhook.tell(event, data)


class Delivery(models.Model):
    """One telling of one webhook. It may take several attempts, and be made again."""

    class State(models.TextChoices):
        PENDING = "pending", pgettext_lazy("delivery", "Pending")
        DELIVERED = "delivered", pgettext_lazy("delivery", "Delivered")
        FAILED = "failed", pgettext_lazy("delivery", "Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    webhook = models.ForeignKey(
        Webhook, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("webhook")
    )
    task = models.ForeignKey(
        Task,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("task"),
        help_text=_("The latest one that works on it."),
    )
    event = models.CharField(_("event"), max_length=50)
    data = models.JSONField(_("data"), encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    attempted_at = models.DateTimeField(_("last attempt"), null=True)
    status = models.PositiveIntegerField(
        _("status"), null=True, help_text=_("That the last attempt was answered with.")
    )
    error = models.CharField(_("error"), max_length=50, blank=True)
    duration_ms = models.PositiveIntegerField(_("duration"), null=True, help_text=_("In ms."))

    objects = DeliveryManager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["webhook", "created_at"], name="exports_delivery_by_webhook"),
            models.Index(fields=["created_at"], name="exports_delivery_by_age"),
        ]

    def __str__(self):
        return str(self.pk)

    @property
    def state(self) -> State:
        if self.task and self.task.is_active:
            return self.State.PENDING
        taken = self.attempts and not self.error
        return self.State.DELIVERED if taken else self.State.FAILED

    @property
    def error_label(self) -> str:
        """What is wrong, in the reader's language; or ""."""
        if self.error == INTERRUPTED and self.task and self.task.state == State.RUNNING:
            return ""  # it is being called just now
        if self.error:
            return str(WORDS[self.error])
        return str(NOT_CALLED) if self.state == self.State.FAILED else ""

    @property
    def event_label(self):
        return EVENT_WORDS[self.event]

    @property
    def body(self) -> bytes:
        """What is sent: the same each time."""
        created = self.created_at.isoformat().replace("+00:00", "Z")
        said = {"id": self.pk, "event": self.event, "created": created, "data": self.data}
        return orjson.dumps(said)

    def launch(self):
        """Have it made. Raises Refused when that is under way, or can't be."""
        if not self.webhook.active:
            raise Refused(_("This webhook is disabled. Enable it first."))
        key = str(self.pk)
        self.task, created = lifecycle.launch(JOB, key=key, args={"delivery": key}, background=True)
        if not created:
            raise Refused(_("This delivery is under way already."))

    @transaction.atomic
    def redeliver(self):
        """Have it made again. Raises Refused as `launch()`."""
        self.launch()
        self.save(update_fields=["task"])

    def attempt(self, run) -> webhooks.Answer:
        """Make it, and note what came of it. Raises Superseded."""
        # Should nobody live to note more than that it was begun:
        begun = {"attempts": self.attempts + 1, "attempted_at": Now(), "error": INTERRUPTED}
        self._note(run, **begun, status=None, duration_ms=None)
        with run.kept_alive():
            answer = webhooks.call(self.webhook.url, self.body, self.webhook.secret)
        with transaction.atomic():
            self._note(
                run, status=answer.status, error=answer.error, duration_ms=answer.duration_ms
            )
            if answer.error == GONE:  # unless it was changed meanwhile
                same = Webhook.objects.filter(pk=self.webhook_id, url=self.webhook.url)
                # The very moment, by which `with_standing()` knows for which answer it is.
                moment = Delivery.objects.filter(pk=self.pk).values("attempted_at")
                same.update(disabled_at=moment)
        return answer

    def _note(self, run, **values):
        with run.fenced():
            Delivery.objects.filter(pk=self.pk).update(**values)


def _joined(events) -> str:
    return " ".join(sorted(set(events)))
