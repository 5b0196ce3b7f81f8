from datetime import UTC

from django.conf import settings
from django.urls import reverse
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import Strict
from exports import contents
from exports.formats import PostsJson
from exports.forms import EARLIEST, LATEST
from exports.models import Delivery, Export, Schedule, Webhook
from exports.models.webhooks import PING, Event
from exports.webhooks import URL_MAX
from tasks.api.serializers import TaskSerializer
from tasks.models import State

MOMENT_MAX = 40  # characters
CALLED_FOR = [*Event.values, PING]
FROM_TO = f"From {EARLIEST:%Y-%m-%d} to {LATEST:%Y-%m-%d}."
DAY_OR_MOMENT = {"anyOf": [{"type": "string", "format": each} for each in ("date", "date-time")]}


class ExportSerializer(serializers.ModelSerializer):
    """As `Export.to_dict()` says it, and its task."""

    url = serializers.SerializerMethodField(help_text="Its page, for its owner.")
    deleted = serializers.SerializerMethodField(
        help_text="How many posts were deleted while it was made."
    )
    download_url = serializers.SerializerMethodField(
        help_text="Where its file is to be had, with a token; null where there is none."
    )

    state = serializers.ChoiceField(
        State.choices,
        source="task.state",
        read_only=True,
        allow_null=True,
        default=None,
        help_text="That of its task; null where that is forgotten.",
    )
    task = TaskSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Export
        fields = [
            "id",
            "url",
            "contents",
            "since",
            "until",
            "attach",
            "scheduled",
            "created_at",
            "snapshot_at",
            "total",
            "count",
            "deleted",
            "size",
            "sha256",
            "published_at",
            "expires_at",
            "removed_at",
            "mailed_at",
            "download_url",
            "state",
            "task",
        ]
        read_only_fields = fields

    def get_url(self, export) -> str:
        return settings.SITE_URL + export.get_absolute_url()

    def get_deleted(self, export) -> int | None:
        return None if export.count is None else export.deleted

    def get_download_url(self, export) -> str | None:
        if not export.file:
            return None
        return settings.SITE_URL + reverse("api:v2:export_download", args=[export.pk])


@extend_schema_field(DAY_OR_MOMENT)
class DayOrMoment(serializers.Field):
    default_error_messages = {
        "invalid": _("A day like 2026-01-31, or a moment like 2026-01-31T12:00:00Z, please."),
    }

    def to_internal_value(self, value):
        """A date, or a datetime in UTC."""
        if not isinstance(value, str) or len(value) > MOMENT_MAX:
            self.fail("invalid")
        try:
            found = parse_datetime(value) if "T" in value.upper() else parse_date(value)
            if hasattr(found, "astimezone"):
                found = found.astimezone(UTC) if found.tzinfo else None
        except (ValueError, OverflowError):
            found = None
        if found is None:
            self.fail("invalid")
        return found


class NewExport(Strict):
    contents = serializers.ChoiceField(contents.choices(), required=False)
    since = DayOrMoment(
        required=False,
        allow_null=True,
        help_text="Only what was written from then on. Of a day, its beginning where you are."
        f" {FROM_TO}",
    )
    until = DayOrMoment(
        required=False,
        allow_null=True,
        help_text=f"Only what was written before then. Of a day, its end where you are. {FROM_TO}",
    )
    changes = serializers.BooleanField(
        default=False,
        help_text="Only what is new, edited or deleted since the last export that reached you.",
    )
    attach = serializers.BooleanField(
        default=True, help_text="To its mail, where it is not too large."
    )


class ScheduleSerializer(serializers.ModelSerializer):
    class Meta:
        model = Schedule
        fields = ["every", "contents", "attach", "created_at", "next_at", "paused_at"]
        read_only_fields = fields


class NewSchedule(Strict):
    every = serializers.ChoiceField(Schedule.Every.choices)
    contents = serializers.ChoiceField(contents.choices(), default=PostsJson.name)
    attach = serializers.BooleanField(default=True)


class Estimate(serializers.Serializer):
    posts = serializers.IntegerField(min_value=0)
    sizes = serializers.DictField(
        child=serializers.IntegerField(min_value=0),
        help_text="About how many bytes it would have, by its contents.",
    )


class WebhookSerializer(serializers.ModelSerializer):
    """A webhook without its secret."""

    events = serializers.SerializerMethodField()
    active = serializers.BooleanField(
        read_only=True, help_text="Whether it is called. One that answers 410 is not, any more."
    )

    class Meta:
        model = Webhook
        fields = ["id", "url", "events", "active", "created_at", "disabled_at"]
        read_only_fields = fields

    @extend_schema_field({"type": "array", "items": {"type": "string", "enum": Event.values}})
    def get_events(self, webhook):
        return webhook.events.split()


class RegisteredWebhook(WebhookSerializer):
    """A webhook with its secret, which is shown this once."""

    secret = serializers.CharField(read_only=True)

    class Meta(WebhookSerializer.Meta):
        fields = [*WebhookSerializer.Meta.fields, "secret"]
        read_only_fields = fields


@extend_schema_field({"type": "string", "format": "uri", "maxLength": URL_MAX})
class UrlField(serializers.CharField):
    """What may be one; what it has to be is the model's to say."""


@extend_schema_field(
    {"type": "array", "items": {"type": "string", "enum": Event.values}, "minItems": 1}
)
class EventsField(serializers.MultipleChoiceField):
    pass


class NewWebhook(Strict):
    url = UrlField(max_length=URL_MAX, help_text="Beginning with https://")
    events = EventsField(choices=Event.choices, allow_empty=False)


class WebhookChange(Strict):
    url = UrlField(max_length=URL_MAX, required=False)
    events = EventsField(choices=Event.choices, allow_empty=False, required=False)
    active = serializers.BooleanField(required=False)


class DeliverySerializer(serializers.ModelSerializer):
    event = serializers.ChoiceField(CALLED_FOR, read_only=True)
    state = serializers.ChoiceField(Delivery.State.choices, read_only=True)
    attempts = serializers.IntegerField(read_only=True, min_value=0)
    status = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="That the last attempt was answered with."
    )
    error = serializers.SerializerMethodField(help_text="Of the last attempt; in your language.")
    duration_ms = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = Delivery
        fields = [
            "id",
            "event",
            "state",
            "created_at",
            "attempts",
            "attempted_at",
            "status",
            "error",
            "duration_ms",
        ]
        read_only_fields = fields

    def get_error(self, delivery) -> str | None:
        return delivery.error_label or None
