from datetime import UTC

from django.conf import settings
from django.contrib.auth import authenticate
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, UnsupportedMediaType, ValidationError

from accounts.forms import TokenForm
from accounts.models import Session, Token, User
from accounts.models.tokens import EXPIRES_IN_MAX, NAME_MAX_LENGTH, SCOPES

from .authentication import WRONG, as_signed_in

SHOWN_ONCE = {"Cache-Control": "no-store"}  # headers of an answer with a secret


def sent(request):
    """What is in the body. Raises UnsupportedMediaType where that is no JSON, be it empty, and
    ParseError."""
    if request.content_type.partition(";")[0].strip().lower() != "application/json":
        raise UnsupportedMediaType(request.content_type)
    return request.data


class Strict(serializers.Serializer):
    """Refuses what it does not know, so that nobody's misspelt wish goes unheard; and what is of
    another type in JSON, where Django takes a "no" for a yes."""

    missing = ""  # what is said, as in the first version, of whatever is required and is not there

    def to_internal_value(self, data):
        if isinstance(data, dict):
            if self.missing and not self._is_complete(data):
                raise ValidationError({"non_field_errors": [self.missing]})
            known = {name: field for name, field in self.fields.items() if not field.read_only}
            wrong = {name: _("There is no such field.") for name in data if name not in known}
            wrong |= {
                name: _("This is not of the right type.")
                for name, field in known.items()
                if not _is_of_type(field, data.get(name))
            }
            if wrong:
                raise ValidationError({name: [words] for name, words in wrong.items()})
        return super().to_internal_value(data)

    def _is_complete(self, data):
        required = {name for name, field in self.fields.items() if field.required}
        return all(data.get(name) for name in required if name in data or not self.partial)


def _is_of_type(field, value):
    if value is None:
        return True  # the field says whether it may be
    if isinstance(field, serializers.CharField | serializers.ChoiceField):
        is_list = isinstance(field, serializers.MultipleChoiceField)
        return isinstance(value, list if is_list else str)
    if isinstance(field, serializers.BooleanField):
        return isinstance(value, bool)
    if isinstance(field, serializers.IntegerField):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return True


class Text(serializers.CharField):
    """Text as it is written, but with `\\n` for all line ends before anything counts its length."""

    def __init__(self, **options):
        super().__init__(trim_whitespace=False, **options)

    def to_internal_value(self, data):
        return super().to_internal_value(data).replace("\r\n", "\n").replace("\r", "\n")


class Moment(serializers.DateTimeField):
    """In UTC, whatever zone the reader of a page is in."""

    timezone = UTC

    def to_representation(self, moment):
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def checked(form, **names):
    """The form of a page, which has the rules for what is put into it. `names`: what the API calls
    a field. Raises ValidationError with the form's sentences, together and by field."""
    if form.is_valid():
        return form
    fields = {}
    for name, said in form.errors.items():
        fields.setdefault(names.get(name, name), []).extend(map(str, said))
    general = [sentence for said in fields.values() for sentence in said]
    fields.pop("__all__", None)
    raise ValidationError({"non_field_errors": general} | fields)


class Credentials(Strict):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)

    def get_person(self):
        """Whose they are. Raises AuthenticationFailed."""
        given = {name: self.validated_data[name] for name in ("username", "password")}
        person = authenticate(self.context["request"], **given)
        if person is None:
            if suspended := User.objects.suspended_as(**given):
                raise AuthenticationFailed(" ".join(suspended.why_out))
            raise AuthenticationFailed(WRONG)
        return person


class TokenSerializer(serializers.ModelSerializer):
    """A token without its secret."""

    scopes = serializers.SerializerMethodField()

    class Meta:
        model = Token
        fields = ["id", "name", "scopes", "created_at", "expires_at", "used_at"]

    def get_scopes(self, token) -> list[str]:
        return token.scopes.split()


class SessionSerializer(serializers.ModelSerializer):
    """A session by its public name: its key, which is what a browser shows, is nobody's to see."""

    id = serializers.UUIDField(source="public_id")

    class Meta:
        model = Session
        fields = ["id", "created_at", "seen_at", "address", "user_agent"]


class Preferences(Strict):
    language = serializers.ChoiceField(choices=settings.LANGUAGES)
    time_zone = serializers.CharField(max_length=64, help_text="As of the IANA database.")
    mail_new_posts = serializers.BooleanField(
        help_text="A mail for each new post of the people you follow."
    )
    mail_messages = serializers.BooleanField(
        help_text="A mail when somebody writes you a private message."
    )


class TokenName(Strict):
    name = serializers.CharField(max_length=NAME_MAX_LENGTH)


class NewToken(Credentials, TokenName):
    scopes = serializers.MultipleChoiceField(choices=list(SCOPES.items()), allow_empty=False)
    expires_in_days = serializers.IntegerField(
        min_value=1, max_value=EXPIRES_IN_MAX, required=False, allow_null=True
    )

    def issue(self):
        """(the token, its secret). Raises ValidationError and AuthenticationFailed."""
        scopes = list(self.validated_data["scopes"])
        form = checked(TokenForm(self.validated_data | {"scopes": scopes}))
        with as_signed_in():
            return form.issue(self.get_person())


class IssuedToken(TokenSerializer):
    """A token with its secret, which is shown this once."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]
