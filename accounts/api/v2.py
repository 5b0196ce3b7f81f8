"""Tokens, sessions and preferences."""

from copy import copy

from django.http import Http404
from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.forms import SettingsForm, TokenNameForm

from .serializers import (
    SHOWN_ONCE,
    IssuedToken,
    NewToken,
    Preferences,
    SessionSerializer,
    TokenName,
    TokenSerializer,
    checked,
    sent,
)


class Tokens(generics.ListAPIView):
    serializer_class = TokenSerializer
    public = {"POST"}

    def get_queryset(self):
        return self.request.user.tokens.alive()

    @extend_schema(operation_id="tokens_list")
    def get(self, request):
        """Your tokens that have not expired, the latest first."""
        return self.list(request)

    @extend_schema(operation_id="tokens_create", request=NewToken, responses={201: IssuedToken})
    def post(self, request):
        """A new token for a user name and a password. Its secret is shown this once."""
        new = NewToken(data=sent(request), context={"request": request})
        new.is_valid(raise_exception=True)
        token, token.token = new.issue()
        return Response(IssuedToken(token).data, status.HTTP_201_CREATED, headers=SHOWN_ONCE)


class OneToken(generics.GenericAPIView):
    serializer_class = TokenSerializer

    def get_queryset(self):
        return self.request.user.tokens.all()

    @extend_schema(operation_id="tokens_rename", request=TokenName)
    def patch(self, request, pk):
        """Give a token another name."""
        token, named = self.get_object(), TokenName(data=sent(request))
        named.is_valid(raise_exception=True)
        if not checked(TokenNameForm(named.validated_data)).rename(token):
            raise Http404
        return Response(self.get_serializer(token).data)

    @extend_schema(operation_id="tokens_revoke", responses={204: None})
    def delete(self, request, pk):
        """Revoke a token. What uses it is shut out at once."""
        self.get_object().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class Sessions(generics.ListAPIView):
    serializer_class = SessionSerializer
    ordering = ("-created_at", "-public_id")

    def get_queryset(self):
        return self.request.user.sessions.alive()

    @extend_schema(operation_id="sessions_list")
    def get(self, request):
        """The browsers in which you are signed in, the latest first."""
        return self.list(request)

    @extend_schema(operation_id="sessions_end_all", responses={204: None})
    def delete(self, request):
        """Sign out all browsers. Tokens stay."""
        request.user.sign_out()
        return Response(status=status.HTTP_204_NO_CONTENT)


class OneSession(generics.GenericAPIView):
    serializer_class = SessionSerializer
    lookup_field, lookup_url_kwarg = "public_id", "pk"

    def get_queryset(self):
        return self.request.user.sessions.all()

    @extend_schema(operation_id="sessions_end", responses={204: None})
    def delete(self, request, pk):
        """Sign out a browser."""
        self.get_object().delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class OwnPreferences(APIView):
    @extend_schema(operation_id="preferences_retrieve", responses=Preferences)
    def get(self, request):
        """Your language, your time zone, and what you want mails about."""
        return Response(Preferences(request.user).data)

    @extend_schema(
        operation_id="preferences_update", request=Preferences(partial=True), responses=Preferences
    )
    def patch(self, request):
        """Change some of it, or all."""
        given = Preferences(data=sent(request), partial=True)
        given.is_valid(raise_exception=True)
        person = copy(request.user)  # a form writes to it also what it then refuses
        present = Preferences(person).data
        form = checked(SettingsForm(present | given.validated_data, instance=person))
        return Response(Preferences(form.save()).data)


urlpatterns = [
    path("tokens", Tokens.as_view(), name="tokens"),
    path("tokens/<int:pk>", OneToken.as_view(), name="token"),
    path("me/sessions", Sessions.as_view(), name="sessions"),
    path("me/sessions/<uuid:pk>", OneSession.as_view(), name="session"),
    path("me/preferences", OwnPreferences.as_view(), name="preferences"),
]
