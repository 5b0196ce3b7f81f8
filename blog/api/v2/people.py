"""People, and what one does about another one."""

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from blog import people, search
from tasks.api.refusals import Conflict, problem

from .serializers import KnownPerson, Profile

ONESELF = problem(409, "It is you.")
DONE = {204: None} | ONESELF


class PeopleQuery(serializers.Serializer):
    """Which people."""

    q = serializers.CharField(
        max_length=search.QUERY_MAX_LENGTH,
        required=False,
        help_text="Those that are found by these words; the last may be the beginning of one.",
    )


class People(generics.ListAPIView):
    serializer_class = KnownPerson
    public = {"GET"}

    @property
    def throttle_scope(self):
        return "search" if "q" in self.request.query_params else None

    def get_queryset(self):
        return people.with_bonds_to(self.request.user).seen_by(self.request.user)

    @extend_schema(operation_id="users_list", parameters=[PeopleQuery])
    def get(self, request):
        """People, the latest first; or those that are found, the best first, on one page."""
        asked = PeopleQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        if "q" not in asked.validated_data:
            return self.list(request)
        size = self.paginator.size(request, self)
        found = search.find_people(asked.validated_data["q"], self.get_queryset())[:size]
        results = self.get_serializer(found, many=True).data
        return Response({"next": None, "previous": None, "results": results})


class OnePerson(APIView):
    public = {"GET"}

    @extend_schema(operation_id="users_retrieve", responses=Profile)
    def get(self, request, username):
        """One person."""
        return Response(Profile(get_object_or_404(people.named(request.user, username))).data)


class Followers(generics.ListAPIView):
    serializer_class = KnownPerson
    public = {"GET"}
    ordering = ("-follow_id",)

    def get_queryset(self):
        return people.followers(_active(self.kwargs["username"]), self.request.user)

    @extend_schema(operation_id="followers_list")
    def get(self, request, username):
        """Who follows a person, the latest first."""
        return self.list(request)


class Following(generics.ListAPIView):
    serializer_class = KnownPerson
    public = {"GET"}
    ordering = ("-follow_id",)

    def get_queryset(self):
        return people.following(_active(self.kwargs["username"]), self.request.user)

    @extend_schema(operation_id="following_list")
    def get(self, request, username):
        """Whom a person follows, the latest first."""
        return self.list(request)


class Follow(APIView):
    @extend_schema(operation_id="users_follow", request=None, responses=DONE)
    def put(self, request, username):
        """Follow a person. Twice is once."""
        person = _other(request, User.objects.active(), username)
        if not people.follow(request.user, person):
            words = _("You can't follow @%(name)s.") % {"name": person.username}
            raise PermissionDenied(words)
        return Response(status=204)

    @extend_schema(operation_id="users_unfollow", responses=DONE)
    def delete(self, request, username):
        """Do not follow a person any more."""
        request.user.follows.remove(_other(request, User.objects, username))
        return Response(status=204)


class Mute(APIView):
    @extend_schema(operation_id="users_mute", request=None, responses=DONE)
    def put(self, request, username):
        """Keep a person off your timelines. They don't know."""
        request.user.mutes.add(_other(request, User.objects, username))
        return Response(status=204)

    @extend_schema(operation_id="users_unmute", responses=DONE)
    def delete(self, request, username):
        """Have a person on your timelines again."""
        request.user.mutes.remove(_other(request, User.objects, username))
        return Response(status=204)


class Block(APIView):
    @extend_schema(operation_id="users_block", request=None, responses=DONE)
    def put(self, request, username):
        """Keep a person away: neither of you sees what the other one writes, or follows them."""
        request.user.block(_other(request, User.objects, username))
        return Response(status=204)

    @extend_schema(operation_id="users_unblock", responses=DONE)
    def delete(self, request, username):
        """Do not keep a person away any more."""
        request.user.blocks.remove(_other(request, User.objects, username))
        return Response(status=204)


def _active(username):
    return get_object_or_404(User.objects.active().named(username))


def _other(request, people, username):
    """Who has this name, if it is not who asks."""
    person = get_object_or_404(people.named(username))
    if person == request.user:
        raise Conflict(
            _("This is for other people; you are @%(name)s.") % {"name": person.username}
        )
    return person
