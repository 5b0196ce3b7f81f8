"""Tokens, as the first version has them."""

from datetime import timedelta

from django.conf import settings
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.authentication import BasicAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import Token
from tasks.api.refusals import error

from . import jwts
from .authentication import WRONG, as_signed_in
from .serializers import SHOWN_ONCE, Credentials, sent


class Issued(serializers.Serializer):
    token = serializers.CharField()


class V1Credentials(Credentials):
    missing = "Missing username or password"


class Login(APIView):
    public = {"POST"}
    authentication_classes = []

    def get_authenticate_header(self, request):
        return "Bearer"  # without one, 401 would be 403

    @extend_schema(
        operation_id="v1_login",
        request=V1Credentials,
        responses={200: Issued} | error(401, "The user name or the password is not correct."),
    )
    def post(self, request):
        """A token for a user name and a password. It holds for an hour."""
        given = V1Credentials(data=sent(request), context={"request": request})
        given.is_valid(raise_exception=True)
        with as_signed_in():
            token = jwts.issue(given.get_person())
        return Response({"token": token}, headers=SHOWN_ONCE)


class Tokens(APIView):
    """As in the tutorial: for who signs in by HTTP Basic (RFC 7617)."""

    public = {"POST"}
    scope = None  # whatever a token may do, it may end itself

    def get_authenticators(self):
        if self.request and self.request.method == "POST":
            return [BasicAuthentication()]
        return super().get_authenticators()

    @extend_schema(
        operation_id="v1_tokens_create", request=None, responses=Issued, auth=[{"basicAuth": []}]
    )
    def post(self, request):
        """A token for who signs in by HTTP Basic. It holds for an hour."""
        if not request.user.is_authenticated:
            raise NotAuthenticated(WRONG)
        lifetime = timedelta(seconds=settings.API_TOKEN_SECONDS)
        with as_signed_in():
            _token, secret = Token.objects.issue(request.user, expires_in=lifetime)
        return Response({"token": secret}, headers=SHOWN_ONCE)

    @extend_schema(operation_id="v1_tokens_revoke", request=None, responses={204: None})
    def delete(self, request):
        """Revoke the token that this is asked with."""
        request.auth.delete()
        return Response(status=204)


urlpatterns = [
    path("login", Login.as_view(), name="login"),
    path("tokens", Tokens.as_view(), name="tokens"),
]
