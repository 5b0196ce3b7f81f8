"""What people say of the exports they want."""

from datetime import UTC, datetime, time, timedelta

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from tasks.registry import Refused

from . import contents
from .formats import PostsJson
from .models import Export, Schedule, Webhook
from .models.webhooks import Event
from .webhooks import Address

DAY = timedelta(days=1)
# What is nearer to the ends of time is no moment any more in some time zone.
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
NO_BASE = _(
    "You can have this when an export of all your posts has reached you: with its mail, or because"
    " you downloaded it."
)
DAYS_TOO = _("Changes are of all days: leave the days empty, or do not tick this.")


def ways() -> list[tuple[bool, str]]:
    """How a file can come: whether it is attached to its mail, and how that is called."""
    most = filesizeformat(settings.EXPORT_ATTACH_MAX_BYTES)
    attached = gettext("Attached to the mail, up to %(size)s")
    return [(True, attached % {"size": most}), (False, gettext("Only a link"))]


class ChoicesForm(forms.Form):
    """What to take out, and how it comes; nothing filled in is the default."""

    contents = forms.ChoiceField(label=_("Contents"), choices=contents.choices, required=False)
    attach = forms.TypedChoiceField(
        label=_("How it comes"),
        choices=ways,
        coerce=lambda value: value == "True",
        empty_value=True,
        required=False,
    )

    def clean_contents(self):
        return self.cleaned_data["contents"] or PostsJson.name


class DayField(forms.DateField):
    """A day; or a moment, where a program hands one over."""

    widget = forms.DateInput({"type": "date"}, "%Y-%m-%d")

    def to_python(self, value):
        return value if isinstance(value, datetime) else super().to_python(value)


class ExportForm(ChoicesForm):
    """What `owner` takes out now. The days are the reader's; nothing filled in is all of the
    default. `base`: the export since which they can take out changes, or None."""

    changes = forms.BooleanField(
        label=_("Only what is new, edited or deleted since my last export"), required=False
    )
    since = DayField(label=pgettext_lazy("day", "From"), required=False)
    until = DayField(
        label=pgettext_lazy("day", "Until"),
        required=False,
        help_text=_("Both days included. Empty: everything."),
    )
    field_order = ["contents", "changes", "since", "until", "attach"]

    def __init__(self, owner, *args):
        super().__init__(*args)
        self.base = Export.objects.base_for(owner)
        changes = self.fields["changes"]
        if self.base:
            moment = timezone.localtime(self.base.snapshot_at)
            changes.label = _(
                "Only what is new, edited or deleted since my last export, of %(moment)s"
            ) % {"moment": date_format(moment, "SHORT_DATETIME_FORMAT")}
        else:
            changes.widget.attrs["disabled"] = True
            changes.help_text = NO_BASE

    def say_sizes(self, sizes: dict[str, int]):
        """Have each of the contents say how large it is about."""
        said = gettext("%(contents)s, about %(size)s")
        self.fields["contents"].choices = [
            (name, said % {"contents": words, "size": filesizeformat(sizes[name])})
            for name, words in contents.choices()
        ]

    def clean_since(self):
        since = _moment(self.cleaned_data["since"])
        if since and since > timezone.now():
            raise ValidationError(_("This day is still to come."))
        return since

    def clean_until(self):
        """The end of that day."""
        return _moment(self.cleaned_data["until"], days_later=1)

    def clean(self):
        since, until = (self.cleaned_data.get(name) for name in ("since", "until"))
        if since and until and until <= since:
            self.add_error("until", _("It ends before it begins."))
        changes = self.cleaned_data.pop("changes", False)
        if changes and not self.base:
            self.add_error("changes", NO_BASE)
        elif changes and (since or until):
            self.add_error("changes", DAYS_TOO)
        self.cleaned_data["base"] = self.base if changes else None


class ScheduleForm(ChoicesForm):
    """Exports that come by themselves."""

    every = forms.ChoiceField(label=_("How often"), choices=Schedule.Every.choices)
    field_order = ["every", "contents", "attach"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, auto_id="schedule_%s", **kwargs)  # beside the form of an export


def _moment(day, days_later=0):
    """The beginning of the day, or of one so many days later, where the reader is; a moment is
    itself. In UTC. Raises ValidationError when it is not between EARLIEST and LATEST."""
    if not day:
        return None
    is_moment = isinstance(day, datetime)
    earliest, latest = (EARLIEST, LATEST) if is_moment else (EARLIEST.date(), LATEST.date())
    if not earliest <= day <= latest:
        raise ValidationError(_("This day is too far away."))
    if not is_moment:
        day = timezone.make_aware(datetime.combine(day + days_later * DAY, time()))
    return day.astimezone(UTC)


class VerifyForm(forms.Form):
    archive = forms.FileField(
        label=_("Archive"),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
        error_messages={"required": _("Choose the file of an archive.")},
    )


class WebhookForm(forms.Form):
    """What is to be called, and when."""

    url = forms.CharField(
        label=_("Address"),
        widget=forms.URLInput({"placeholder": "https://example.org/hook"}),
        help_text=_("A URL that begins with https://, out in the public Internet."),
    )
    events = forms.MultipleChoiceField(
        label=_("When is it called?"),
        choices=Event.choices,
        initial=Event.values,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
        template_name="django/forms/checkboxes.html",
    )

    def clean_url(self):
        return str(Address.of(self.cleaned_data["url"]))

    def register(self, owner) -> Webhook | None:
        """The new one; or None when there are too many, which the form says."""
        try:
            return Webhook.objects.register(owner, **self.cleaned_data)
        except Refused as refusal:
            self.add_error(None, refusal.words)
            return None
