from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.validators import BLANK

from .models import Post


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
