from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.validators import BLANK

from .models import Message, Post


class PostForm(forms.ModelForm):
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
        del self.fields["title"].widget.attrs["maxlength"]
        self.fields["body"].strip = False  # verse and ASCII art begin with spaces
        self.fields["body"].error_messages["required"] = BLANK


class MessageForm(forms.ModelForm):
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
        if sender == recipient:
            raise ValidationError(_("You can't write a message to yourself."), code="self")
        if sender.is_apart_from(recipient):
            raise ValidationError(
                _("You and @%(name)s can't write to each other."),
                code="apart",
                params={"name": recipient.username},
            )
        return super().clean()
