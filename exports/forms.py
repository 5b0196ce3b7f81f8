from datetime import datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from . import contents
from .formats import PostsJson
from .models import Export

DAY = timedelta(days=1)
NO_BASE = _(
    "You can have this when an export of all your posts has reached you: with its mail, or because"
    " you downloaded it."
)
DAYS_TOO = _("Changes are of all days: leave the days empty, or do not tick this.")


class ExportForm(forms.Form):
    """What `owner` takes out. The days are the reader's; nothing filled in is all of the default.
    `base`: the export since which they can take out changes, or None."""

    contents = forms.ChoiceField(label=_("Contents"), choices=contents.choices, required=False)
    changes = forms.BooleanField(
        label=_("Only what is new, edited or deleted since my last export"), required=False
    )
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        help_text=_("Both days included. Empty: everything."),
    )

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

    def clean_contents(self):
        return self.cleaned_data["contents"] or PostsJson.name

    def clean_since(self):
        since = _moment(self.cleaned_data["since"])
        if since and since > timezone.now():
            raise ValidationError(_("This day is still to come."))
        return since

    def clean_until(self):
        """The end of that day."""
        until = self.cleaned_data["until"]
        try:
            return _moment(until and until + DAY)
        except OverflowError:
            raise ValidationError(_("This day is too far away.")) from None

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


def _moment(day):
    """The beginning of the day where the reader is."""
    return day and timezone.make_aware(datetime.combine(day, time()))


class VerifyForm(forms.Form):
    archive = forms.FileField(
        label=_("Archive"),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
        error_messages={"required": _("Choose the file of an archive.")},
    )
