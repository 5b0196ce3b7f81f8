"""The resources of the tutorial, and how one registers."""

from copy import copy
from math import ceil

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from accounts.api.serializers import Moment, Strict, Text, checked, sent
from accounts.forms import ProfileForm, RegisterForm
from accounts.models import ABOUT_MAX_LENGTH, User
from accounts.models.people import NAME_MAX_LENGTH
from blog import people
from blog.people import COUNTED
from tasks.api.refusals import Conflict, error

PER_PAGE, PER_PAGE_MAX = 10, 100  # people
TAKEN = _("Somebody else has taken this name or this address a moment ago.")
NOT_TO_EDIT = "You can only edit your own account"


SOMEBODY = OpenApiExample(
    "Somebody new",
    {"username": "susan", "password": "a horse with no name"},
    request_only=True,
)


class PersonLinks(serializers.Serializer):
    """Addresses on this site."""

    self = serializers.CharField()
    followers = serializers.CharField()
    following = serializers.CharField()
    avatar = serializers.CharField()


class V1User(serializers.Serializer):
    """A person. Counts end at 10,001, which is more than 10,000. Only you see your `email`."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    display_name = serializers.CharField()
    email = serializers.CharField(required=False)
    last_seen = Moment(allow_null=True)
    about_me = serializers.SerializerMethodField()
    post_count = serializers.IntegerField(source="posts_count")
    follower_count = serializers.IntegerField(source="followers_count")
    following_count = serializers.IntegerField()
    _links = serializers.SerializerMethodField()

    def get_about_me(self, person) -> str:
        return people.words_about(person)

    @extend_schema_field(PersonLinks)
    def get__links(self, person):
        pages = {"self": "user", "followers": "followers", "following": "following"}
        links = {rel: reverse(f"api:v1:{name}", args=[person.pk]) for rel, name in pages.items()}
        return links | {"avatar": person.avatar_url}

    def to_representation(self, person):
        said = super().to_representation(person)
        if person != self.context["reader"]:
            del said["email"]
        return said


class V1Meta(serializers.Serializer):
    """Where this page is in the list; of more than 10,000 people the list has the first ones."""

    page = serializers.IntegerField()
    per_page = serializers.IntegerField()
    total_pages = serializers.IntegerField()
    total_items = serializers.IntegerField()


class PageLinks(serializers.Serializer):
    """The pages beside this one."""

    self = serializers.CharField()
    next = serializers.CharField(allow_null=True)
    prev = serializers.CharField(allow_null=True)


class V1Users(serializers.Serializer):
    """A page of people."""

    items = V1User(many=True)
    _meta = V1Meta()
    _links = PageLinks()


class PageQuery(serializers.Serializer):
    """Which page."""

    page = serializers.IntegerField(default=1, min_value=1, max_value=COUNTED)
    per_page = serializers.IntegerField(default=PER_PAGE, min_value=1, max_value=PER_PAGE_MAX)


class V1NewUser(Strict):
    """Who wants to register. Without an address, exports are not mailed, and a lost password can't
    be replaced."""

    missing = "Missing username or password"
    username = serializers.CharField(max_length=30)
    password = serializers.CharField(max_length=4096, trim_whitespace=False)
    email = serializers.CharField(max_length=254, required=False, allow_blank=True)


class V1OwnWords(Strict):
    """What people say of themselves. A `username` stays what it is, an `email` is changed on the
    site: both may be sent as they are, and nothing else."""

    username = serializers.CharField(required=False)
    email = serializers.CharField(required=False, allow_blank=True)
    display_name = serializers.CharField(
        max_length=NAME_MAX_LENGTH, required=False, allow_blank=True
    )
    about_me = Text(max_length=ABOUT_MAX_LENGTH, required=False, allow_blank=True)

    def validate_username(self, username):
        if username != self.context["request"].user.username:
            raise ValidationError(_("A user name can't be changed; what can be is display_name."))
        return username

    def validate_email(self, email):
        if email != self.context["request"].user.email:
            page = self.context["request"].build_absolute_uri(reverse("accounts:email"))
            words = _("A new address has to be confirmed by mail. Please change it at %(page)s")
            raise ValidationError(words % {"page": page})
        return email


class People(APIView):
    public = {"POST"}
    answer_headers = {"POST": ["Location"]}

    @extend_schema(operation_id="v1_users_list", parameters=[PageQuery], responses=V1Users)
    def get(self, request):
        """People, the latest first."""
        return _page(request, User.objects.seen_by(request.user).order_by("-pk"))

    @extend_schema(
        operation_id="v1_users_create",
        request=V1NewUser,
        responses={201: V1User} | error(409, "The name or the address was taken a moment ago."),
        examples=[SOMEBODY],
    )
    def post(self, request):
        """Register. A user name and a password are enough."""
        given = V1NewUser(data=sent(request))
        given.is_valid(raise_exception=True)
        passwords = dict.fromkeys(["password1", "password2"], given.validated_data["password"])
        names = dict.fromkeys(passwords, "password")
        form = checked(RegisterForm(given.validated_data | passwords, needs_email=False), **names)
        # All that this version says is English; what its people read later is not.
        with translation.override(translation.get_language_from_request(request)):
            is_new = form.register()
        if not is_new:
            raise Conflict(TAKEN)
        person = form.instance
        location = reverse("api:v1:user", args=[person.pk])
        return Response(_one(person.pk, person), status=201, headers={"Location": location})


class OnePerson(APIView):
    throttle_scope = {"PUT": "write"}

    @extend_schema(operation_id="v1_users_retrieve", responses=V1User)
    def get(self, request, pk):
        """One person."""
        return Response(_one(pk, request.user))

    @extend_schema(
        operation_id="v1_users_update",
        request=V1OwnWords,
        responses=V1User,
        examples=[OpenApiExample("About me", {"about_me": "I like lemons."}, request_only=True)],
    )
    def put(self, request, pk):
        """Change what you say of yourself."""
        if get_object_or_404(User.objects.active(), pk=pk) != request.user:
            raise PermissionDenied(NOT_TO_EDIT)
        given = V1OwnWords(data=sent(request), context={"request": request})
        given.is_valid(raise_exception=True)
        person, said = copy(request.user), given.validated_data
        form = {
            "display_name": said.get("display_name", person.display_name),
            "about": said.get("about_me", person.about),
        }
        checked(ProfileForm(form, instance=person), about="about_me").save()
        return Response(_one(pk, request.user))


class Followers(APIView):
    @extend_schema(operation_id="v1_followers_list", parameters=[PageQuery], responses=V1Users)
    def get(self, request, pk):
        """Who follows a person, the latest first."""
        person = get_object_or_404(User.objects.active(), pk=pk)
        return _page(request, people.followers(person, request.user).order_by("-follow_id"))


class Following(APIView):
    @extend_schema(operation_id="v1_following_list", parameters=[PageQuery], responses=V1Users)
    def get(self, request, pk):
        """Whom a person follows, the latest first."""
        person = get_object_or_404(User.objects.active(), pk=pk)
        return _page(request, people.following(person, request.user).order_by("-follow_id"))


def _one(pk, reader):
    person = get_object_or_404(people.with_counts(people.with_bonds_to(reader)), pk=pk)
    return V1User(person, context={"reader": reader}).data


def _page(request, rows):
    """One page by number. So that neither counting nor skipping costs more the more people there
    are, the pages end after the first COUNTED."""
    asked = PageQuery(data=request.query_params.dict())
    asked.is_valid(raise_exception=True)
    page, per_page = asked.validated_data["page"], asked.validated_data["per_page"]
    total = rows[:COUNTED].count()
    shown = people.with_counts(rows)[:COUNTED][(page - 1) * per_page : page * per_page]
    pages = ceil(total / per_page)

    def link(number):
        return replace_query_param(request.get_full_path(), "page", number)

    meta = {"page": page, "per_page": per_page, "total_pages": pages, "total_items": total}
    links = {
        "self": link(page),
        "next": link(page + 1) if page < pages else None,
        "prev": link(page - 1) if page > 1 else None,
    }
    items = V1User(shown, many=True, context={"reader": request.user}).data
    return Response({"items": items, "_meta": meta, "_links": links})
