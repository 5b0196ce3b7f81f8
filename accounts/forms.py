from django import forms
from django.contrib.auth.forms import BaseUserCreationForm
from django.core.exceptions import ValidationError
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from .models import EMAIL_TAKEN, USERNAME_TAKEN, User


class RegisterForm(BaseUserCreationForm):
    """The constraints of `User` hold without this form too; it tells a duplicate at its field."""

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ["username", "email"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].required = True
        self.fields["email"].widget.attrs["autocomplete"] = "email"
        self.fields["email"].help_text = _("Your exports are mailed to it.")

    def clean_username(self):
        username = self.cleaned_data["username"]
        if User.objects.named(username).exists():
            raise ValidationError(USERNAME_TAKEN, code="unique")
        return username

    def clean_email(self):
        email = self.cleaned_data["email"]
        if User.objects.alias(folded=Lower("email")).filter(folded=email.lower()).exists():
            raise ValidationError(EMAIL_TAKEN, code="unique")
        return email


class SettingsForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ["language", "mail_new_posts"]
