"""What is yours."""

from copy import copy

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import checked, sent
from accounts.forms import ProfileForm
from accounts.models import User
from blog import people

from .serializers import Own, OwnWords, Person


class Me(APIView):
    throttle_scope = {"PATCH": "write"}

    @extend_schema(operation_id="me_retrieve", responses=Own)
    def get(self, request):
        """Yourself."""
        return self._answer()

    @extend_schema(
        operation_id="me_update",
        request=OwnWords(partial=True),
        responses=Own,
        examples=[OpenApiExample("About me", {"about": "I like lemons."}, request_only=True)],
    )
    def patch(self, request):
        """Change what you say of yourself."""
        given = OwnWords(data=sent(request), partial=True)
        given.is_valid(raise_exception=True)
        person = copy(request.user)  # a form writes to it also what it then refuses
        present = {"display_name": person.display_name, "about": person.about}
        checked(ProfileForm(present | given.validated_data, instance=person)).save()
        return self._answer()

    def _answer(self):
        person = people.with_counts(User.objects.filter(pk=self.request.user.pk)).get()
        return Response(Own(person).data)


class OwnFollower(APIView):
    @extend_schema(operation_id="me_followers_remove", responses={204: None})
    def delete(self, request, username):
        """Have a person not follow you any more."""
        request.user.followers.remove(get_object_or_404(User.objects.named(username)))
        return Response(status=204)


class Hidden(generics.ListAPIView):
    serializer_class = Person

    def list(self, request):
        rows = self.paginate_queryset(self.get_queryset())
        people = self.get_serializer([row.to_user for row in rows], many=True)
        return self.get_paginated_response(people.data)


class Muted(Hidden):
    def get_queryset(self):
        return people.muted_by(self.request.user)

    @extend_schema(operation_id="me_muted_list")
    def get(self, request):
        """Whom you have muted, and not blocked as well, the latest first."""
        return self.list(request)


class Blocked(Hidden):
    def get_queryset(self):
        return people.blocked_by(self.request.user)

    @extend_schema(operation_id="me_blocked_list")
    def get(self, request):
        """Whom you have blocked, the latest first."""
        return self.list(request)
