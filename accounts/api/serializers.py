from django.contrib.auth import authenticate, password_validation
from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import AuthenticationFailed, ValidationError

from accounts.models import Token
from accounts.models.tokens import NAME_MAX_LENGTH, SCOPES

EXPIRES_IN_MAX = 5 * 365  # days


class Strict(serializers.Serializer):
    """Refuses what it does not know, so that nobody's misspelt wish goes unheard."""

    def to_internal_value(self, data):
        if isinstance(data, dict):
            known = {name for name, field in self.fields.items() if not field.read_only}
            if unknown := set(data) - known:
                raise ValidationError({name: [_("There is no such field.")] for name in unknown})
        return super().to_internal_value(data)


class Credentials(Strict):
    username = serializers.CharField(max_length=150)
    password = serializers.CharField(max_length=4096, trim_whitespace=False, write_only=True)

    def get_person(self):
        """Whose they are. Raises AuthenticationFailed."""
        given = {name: self.validated_data[name] for name in ("username", "password")}
        person = authenticate(self.context["request"], **given)
        if person is None:
            raise AuthenticationFailed(_("Please enter a correct user name and password."))
        return person


class TokenSerializer(serializers.ModelSerializer):
    """A token without its secret."""

    scopes = serializers.SerializerMethodField()

    class Meta:
        model = Token
        fields = ["id", "name", "scopes", "created_at", "expires_at", "used_at"]

    def get_scopes(self, token) -> list[str]:
        return token.scopes.split()


class TokenName(Strict):
    name = serializers.CharField(max_length=NAME_MAX_LENGTH)


class NewToken(Credentials, TokenName):
    scopes = serializers.MultipleChoiceField(choices=list(SCOPES.items()), allow_empty=False)
    expires_in_days = serializers.IntegerField(
        min_value=1, max_value=EXPIRES_IN_MAX, required=False, allow_null=True
    )


class IssuedToken(TokenSerializer):
    """A token with its secret, which is shown this once."""

    token = serializers.CharField(read_only=True)

    class Meta(TokenSerializer.Meta):
        fields = [*TokenSerializer.Meta.fields, "token"]


def check_password(password, person):
    """Raises ValidationError as the rules of the site have it."""
    try:
        password_validation.validate_password(password, person)
    except DjangoValidationError as error:
        raise ValidationError({"password": error.messages}) from error
