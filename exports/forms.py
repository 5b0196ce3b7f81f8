from datetime import UTC, datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import contents
from .formats import PostsJson

DAY = timedelta(days=1)


class DayField(forms.DateField):
    """A day; or a moment, where a program hands one over."""

    widget = forms.DateInput({"type": "date"}, "%Y-%m-%d")

    def to_python(self, value):
        return value if isinstance(value, datetime) else super().to_python(value)


class ExportForm(forms.Form):
    """What to take out. The days are the reader's; nothing filled in is all of the default."""

    contents = forms.ChoiceField(label=_("Contents"), choices=contents.choices, required=False)
    since = DayField(label=_("From"), required=False)
    until = DayField(
        label=_("Until"),
        required=False,
        help_text=_("Both days included. Empty: everything."),
    )

    def clean_contents(self):
        return self.cleaned_data["contents"] or PostsJson.name

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


def _moment(day, days_later=0):
    """The beginning of the day, or of one so many days later, where the reader is; a moment is
    itself. In UTC."""
    if not day:
        return None
    try:
        if not isinstance(day, datetime):
            day = timezone.make_aware(datetime.combine(day + days_later * DAY, time()))
        return day.astimezone(UTC)
    except OverflowError:
        raise ValidationError(_("This day is too far away.")) from None


class VerifyForm(forms.Form):
    archive = forms.FileField(
        label=_("Archive"),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
        error_messages={"required": _("Choose the file of an archive.")},
    )
