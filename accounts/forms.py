import logging
import zoneinfo
from datetime import timedelta

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm
from django.contrib.auth.forms import PasswordResetForm as DjangoPasswordResetForm
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.template.defaultfilters import filesizeformat
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import mail, pictures
from .models import ABOUT_MAX_LENGTH, EMAIL_TAKEN, USERNAME_TAKEN, Token, User
from .models.tokens import EXPIRES_IN_MAX, NAME_MAX_LENGTH, SCOPES, InvalidToken
from .validators import validate_display_name
from .zones import city_of, zone_choices

logger = logging.getLogger(__name__)

NOT_YOUR_PASSWORD = _("This is not your password.")
LIFETIMES = [
    (7, _("A week")),
    (30, _("30 days")),
    (90, _("90 days")),
    (365, _("A year")),
    ("", _("Until I revoke it")),
]


class RegisterForm(BaseUserCreationForm):
    """The constraints of `User` hold without this form too; it tells a duplicate at its field."""

    # Filled in by a script. What is no time zone is nothing to bother a person with.
    time_zone = forms.Field(
        required=False, widget=forms.HiddenInput({"data-browser-time-zone": True})
    )

    class Meta(BaseUserCreationForm.Meta):
        model = User
        fields = ["username", "email", "time_zone"]

    def __init__(self, *args, needs_email=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].required = needs_email
        self.fields["email"].widget.attrs["autocomplete"] = "email"
        self.fields["email"].help_text = _("Your exports are mailed to it.")
        self.initial["time_zone"] = ""

    def clean_username(self):
        username = self.cleaned_data["username"]
        if User.objects.named(username).exists():
            raise ValidationError(USERNAME_TAKEN, code="unique")
        return username

    def clean_email(self):
        email = self.cleaned_data["email"]
        if email and User.objects.with_email(email).exists():
            raise ValidationError(EMAIL_TAKEN, code="unique")
        return email

    def clean_time_zone(self):
        name = self.cleaned_data["time_zone"]
        return name if name in zoneinfo.available_timezones() else "UTC"

    def register(self) -> User | None:
        """The new person, in the language of this moment. None when somebody else has taken the
        name or the address a moment ago; the form says so."""
        self.instance.language = get_language()
        try:
            with transaction.atomic():
                return self.save()
        except IntegrityError:
            self.full_clean()
            return None


class SignInForm(AuthenticationForm):
    remember = forms.BooleanField(
        label=_("Remember me"),
        required=False,
        help_text=_("For 30 days in this browser. Otherwise, until you close it."),
    )

    def get_invalid_login_error(self):
        """Who is suspended, and knows the password, is told so."""
        given = {name: self.cleaned_data[name] for name in ("username", "password")}
        if person := User.objects.suspended_as(**given):
            return ValidationError(person.why_out)
        return super().get_invalid_login_error()


class PasswordResetForm(DjangoPasswordResetForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("E-mail address")

    def save(self, **kwargs):
        """Mail a link to whom the address belongs. Raises mail.Away, whoever asks, so that it does
        not say whether the address belongs to somebody."""
        with mail.server() as self.server:
            super().save(**kwargs)

    def send_mail(self, subject_template_name, email_template_name, context, *args, **kwargs):
        try:
            self.server.send_messages([mail.password_reset(**context)])
        except mail.ERRORS:
            logger.warning("A mail to reset a password was refused.", exc_info=True)


class LinesField(forms.CharField):
    """Text of several lines, whose ends are made `\\n` before anything counts its length."""

    widget = forms.Textarea

    def to_python(self, value):
        return super().to_python(value).replace("\r\n", "\n").replace("\r", "\n")


class PictureField(forms.FileField):
    """An uploaded picture, cleaned to what `pictures.make_square()` makes of it; or None."""

    widget = forms.FileInput({"accept": "image/jpeg,image/png,image/webp,image/gif"})

    def to_python(self, data):
        file = super().to_python(data)
        if file is None:
            return None
        if file.size > settings.AVATAR_MAX_BYTES:
            limit = filesizeformat(settings.AVATAR_MAX_BYTES)
            raise ValidationError(
                _("A picture may have up to %(limit)s. Please take a smaller one."),
                code="too_large",
                params={"limit": limit},
            )
        try:
            return pictures.make_square(file)
        except pictures.Unusable as error:
            raise ValidationError(str(error), code="unusable") from error


class OwnForm(forms.ModelForm):
    """Writes its own fields only: another one may be changed meanwhile, in another window."""

    def save(self):
        self.instance.save(update_fields=self._meta.fields)
        return self.instance


class ProfileForm(OwnForm):
    about = LinesField(
        label=_("About me"),
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )
    picture = PictureField(
        label=_("New picture"),
        required=False,
        help_text=_(
            "JPEG, PNG, WebP or GIF. Its middle is kept, and nothing of where it was taken."
        ),
    )
    remove_picture = forms.BooleanField(label=_("Remove my picture"), required=False)

    class Meta:
        model = User
        fields = ["display_name", "about"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Here, for a % makes a text of what is lazy, in the language of that moment.
        limit = {"limit": ABOUT_MAX_LENGTH}
        self.fields["about"].help_text = _("Up to %(limit)s characters.") % limit
        if not self.instance.avatar:
            del self.fields["remove_picture"]

    def save(self):
        """Raises pictures.Away, and then nothing is saved."""
        picture = self.cleaned_data["picture"]
        if picture or self.cleaned_data.get("remove_picture"):
            self.instance.change_avatar(picture or b"", *self._meta.fields)
            return self.instance
        return super().save()


class SettingsForm(OwnForm):
    class Meta:
        model = User
        fields = ["language", "time_zone", "mail_new_posts", "mail_messages"]
        widgets = {"time_zone": forms.Select}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        language = get_language()
        zones = zone_choices(language)
        present = self.initial["time_zone"]
        if not any(present == name for _, names in zones for name, _ in names):
            zones = [*zones, ("", [(present, city_of(present, language))])]
        self.fields["time_zone"].widget.choices = zones


class PasswordForm(forms.Form):
    """Asks who is signed in for their password."""

    password = forms.CharField(
        label=_("Your password"),
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, *args, person, **kwargs):
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_password(self):
        password = self.cleaned_data["password"]
        if not self.person.check_password(password):
            raise ValidationError(NOT_YOUR_PASSWORD, code="password")
        return password


class EmailForm(PasswordForm):
    email = forms.EmailField(
        label=_("New e-mail address"),
        widget=forms.EmailInput({"autocomplete": "email"}),
    )
    field_order = ["email", "password"]

    def clean_email(self):
        email = User._meta.get_field("email").clean(self.cleaned_data["email"], self.person)
        if email == self.person.email:
            raise ValidationError(_("This is your address already."), code="same")
        if User.objects.with_email(email).exclude(pk=self.person.pk).exists():
            raise ValidationError(EMAIL_TAKEN, code="unique")
        return email

    def send(self):
        """Mail the link to the new address and a notice to the present one, if there is one.

        Raises mail.Away, and one of mail.ERRORS when the new address is refused.
        """
        email = self.cleaned_data["email"]
        with mail.server() as server:
            server.send_messages([mail.confirm_email(self.person, email)])
            try:
                if self.person.email:
                    server.send_messages([mail.notice_of_email(self.person, email)])
            except mail.ERRORS:  # the old box may be gone, which is why they leave it
                logger.warning("A notice of a new address was refused.", exc_info=True)


class TokenNameForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=NAME_MAX_LENGTH,
        validators=[validate_display_name],
        help_text=_("By which you know the program later."),
    )

    def rename(self, token) -> bool:
        """False when it is revoked already."""
        token.name = self.cleaned_data["name"]
        return bool(Token.objects.filter(pk=token.pk).update(name=token.name))


class TokenForm(TokenNameForm):
    """What a new token is for, whoever asks for it."""

    scopes = forms.MultipleChoiceField(
        label=_("What the program may do"),
        choices=list(SCOPES.items()),
        initial=["read"],
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one.")},
        template_name="accounts/_scopes.html",
    )
    expires_in_days = forms.IntegerField(
        label=_("For how long"),
        min_value=1,
        max_value=EXPIRES_IN_MAX,
        required=False,
        initial=90,
        widget=forms.Select(choices=LIFETIMES),
    )

    def issue(self, owner):
        """(the token, its secret), for `owner`."""
        given = self.cleaned_data
        days = given["expires_in_days"]
        expires_in = timedelta(days=days) if days else None
        return Token.objects.issue(
            owner, given["scopes"], name=given["name"], expires_in=expires_in
        )


class OwnTokenForm(PasswordForm, TokenForm):
    """As people make one for themselves, who are signed in."""

    field_order = ["name", "scopes", "expires_in_days", "password"]

    def issue_own(self):
        """(the token, its secret). None, and the form says why, when the password was changed since
        it was checked."""
        try:
            return self.issue(self.person)
        except InvalidToken:
            self.add_error("password", NOT_YOUR_PASSWORD)
            return None
