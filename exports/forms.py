from datetime import datetime, time, timedelta

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from . import contents
from .formats import PostsJson

DAY = timedelta(days=1)


class ExportForm(forms.Form):
    """What to take out. The days are the reader's; nothing filled in is all of the default."""

    contents = forms.ChoiceField(label=_("Contents"), choices=contents.choices, required=False)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Until"),
        required=False,
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
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
        until = self.cleaned_data["until"]
        try:
            return _moment(until and until + DAY)
        except OverflowError:
            raise ValidationError(_("This day is too far away.")) from None

    def clean(self):
        since, until = (self.cleaned_data.get(name) for name in ("since", "until"))
        if since and until and until <= since:
            self.add_error("until", _("It ends before it begins."))


def _moment(day):
    """The beginning of the day where the reader is."""
    return day and timezone.make_aware(datetime.combine(day, time()))


class VerifyForm(forms.Form):
    archive = forms.FileField(
        label=_("Archive"),
        widget=forms.FileInput(attrs={"accept": ".zip,application/zip"}),
        error_messages={"required": _("Choose the file of an archive.")},
    )
