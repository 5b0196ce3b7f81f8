from copy import copy

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.validators import BLANK

from .models import Message, Post, Report
from .models.messages import MESSAGE_MAX_LENGTH
from .models.posts import BODY_MAX_LENGTH, ChangedMeanwhile
from .models.reports import WORDS_MAX_LENGTH, behind


class PostForm(forms.ModelForm):
    most = BODY_MAX_LENGTH  # characters, which a counter counts

    class Meta:
        model = Post
        fields = ["title", "body"]
        widgets = {
            "title": forms.TextInput(attrs={"placeholder": _("Title (if you like)")}),
            "body": forms.Textarea(attrs={"rows": 3, "placeholder": _("What is on your mind?")}),
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Browsers count UTF-16 units, we count code points.
        if "title" in self.fields:
            del self.fields["title"].widget.attrs["maxlength"]
        self.fields["body"].strip = False  # verse and ASCII art begin with spaces
        self.fields["body"].error_messages["required"] = BLANK


class ReplyForm(PostForm):
    class Meta(PostForm.Meta):
        fields = ["body"]
        widgets = {"body": forms.Textarea(attrs={"rows": 3, "placeholder": _("Your answer")})}


class RevisionForm(PostForm):
    """Carries along when the post was last edited: so of two tabs the second one is told."""

    edited_at = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def __init__(self, *args, instance, **kwargs):
        super().__init__(*args, instance=copy(instance), **kwargs)
        self.post = instance
        self.initial["edited_at"] = self._version()

    def _version(self):
        return self.post.edited_at.isoformat() if self.post.edited_at else ""

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("edited_at") != self._version():
            self._tell_of_change()
        return cleaned

    def revise(self) -> bool:
        """False: it was changed meanwhile; the form says so, and keeps what was typed."""
        try:
            self.post.revise(self.instance.title, self.instance.body)  # cleaned by the model too
        except ChangedMeanwhile:
            self.post.refresh_from_db()
            self._tell_of_change()
            return False
        return True

    def _tell_of_change(self):
        self.data = self.data.copy()
        self.data["edited_at"] = self._version()  # who saves again means it
        self.add_error(
            None,
            ValidationError(
                _(
                    "This post was changed in another window meanwhile. Your text is below; save it"
                    " again to put it in the place of the other one."
                ),
                code="changed",
            ),
        )


class MessageForm(forms.ModelForm):
    most = MESSAGE_MAX_LENGTH

    class Meta:
        model = Message
        fields = ["body"]
        widgets = {"body": forms.Textarea(attrs={"rows": 2, "placeholder": _("Write a message")})}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["body"].strip = False
        self.fields["body"].error_messages["required"] = BLANK

    def clean(self):
        sender, recipient = self.instance.sender, self.instance.recipient
        if not recipient.is_active:
            raise ValidationError(
                _("@%(name)s is not here any more, and gets no messages."),
                code="gone",
                params={"name": recipient.username},
            )
        if sender == recipient:
            raise ValidationError(_("You can't write a message to yourself."), code="self")
        if sender.is_apart_from(recipient):
            raise ValidationError(
                _("You and @%(name)s can't write to each other."),
                code="apart",
                params={"name": recipient.username},
            )
        return super().clean()


class ReportForm(forms.ModelForm):
    """`about`: the post or the person that it is about."""

    class Meta:
        model = Report
        fields = ["reason", "words"]
        widgets = {"words": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args, about, **kwargs):
        super().__init__(*args, **kwargs)
        self.about = about
        limit = {"limit": WORDS_MAX_LENGTH}
        self.fields["words"].help_text = _("Up to %(limit)s characters.") % limit

    def clean(self):
        if behind(self.about) == self.instance.reporter:
            words = _("You can't report yourself, or what you wrote.")
            raise ValidationError(words, code="own")
        return super().clean()
