"""What people and posts are to programs."""

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.serializers import Moment, Strict, Text
from accounts.models import ABOUT_MAX_LENGTH
from accounts.models.people import NAME_MAX_LENGTH
from blog import people
from blog.keyset import ID_MAX
from blog.models.posts import BODY_MAX_LENGTH, TITLE_MAX_LENGTH
from tasks.api.answers import MadeOnce


class Address(serializers.CharField):
    """Of a path on this site."""

    def to_representation(self, path):
        return settings.SITE_URL + path


class Page(serializers.CharField):
    """Where a person or a post is to be seen on this site."""

    def __init__(self):
        super().__init__(source="*")

    def to_representation(self, thing):
        return settings.SITE_URL + thing.get_absolute_url()


class Person(MadeOnce, serializers.Serializer):
    """A person in short. `url` is their page, `avatar_url` their picture."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    display_name = serializers.CharField()
    url = Page()
    avatar_url = Address()


class Bonds(MadeOnce, serializers.Serializer):
    """What you have to do with a person."""

    is_followed = serializers.BooleanField()
    is_muted = serializers.BooleanField()
    is_blocked = serializers.BooleanField()
    blocks_you = serializers.BooleanField(source="blocks_reader")


class KnownPerson(Person):
    """A person, and what you have to do with them: `bonds` is null for visitors."""

    about = serializers.SerializerMethodField()
    bonds = serializers.SerializerMethodField()

    def get_about(self, person) -> str:
        return people.words_about(person)

    @extend_schema_field(Bonds(allow_null=True))
    def get_bonds(self, person):
        return Bonds(person).data if hasattr(person, "is_followed") else None


class Counts(MadeOnce, serializers.Serializer):
    """Counts end at 10,001, which is more than 10,000."""

    posts = serializers.IntegerField(source="posts_count")
    followers = serializers.IntegerField(source="followers_count")
    following = serializers.IntegerField(source="following_count")


class Profile(KnownPerson):
    """All that is to be seen of a person."""

    counts = Counts(source="*")
    joined_at = Moment(source="date_joined")
    last_seen_at = Moment(source="last_seen", allow_null=True)


class Own(Person):
    """All that is to be seen of yourself."""

    about = serializers.CharField()
    email = serializers.CharField()
    is_admin = serializers.BooleanField(source="is_staff")
    counts = Counts(source="*")
    joined_at = Moment(source="date_joined")


class OwnWords(Strict):
    """What you say of yourself."""

    display_name = serializers.CharField(max_length=NAME_MAX_LENGTH, allow_blank=True)
    about = Text(max_length=ABOUT_MAX_LENGTH, allow_blank=True)


class Post(MadeOnce, serializers.Serializer):
    """A post. `edited_at` is null as long as it is as it was written; `language` (ISO 639-1) is a
    guess, and empty where there is none; `thread` is the id of the post that all began with.
    `hidden_at` and `hidden_why`: when and why an admin has hidden it, which then only its author
    and admins see; else null, and empty."""

    id = serializers.IntegerField()
    url = Page()
    author = Person()
    title = serializers.CharField()
    body = serializers.CharField()
    created_at = Moment(source="timestamp")
    edited_at = Moment(allow_null=True)
    language = serializers.CharField()
    reply_to = serializers.IntegerField(source="reply_to_id", allow_null=True)
    thread = serializers.IntegerField(allow_null=True)
    hidden_at = Moment(allow_null=True)
    hidden_why = serializers.CharField()


class PostWords(Strict):
    """What a post says: plain text, in which addresses, @mentions and #tags are links."""

    title = Text(max_length=TITLE_MAX_LENGTH, required=False, allow_blank=True)
    body = Text(max_length=BODY_MAX_LENGTH)


class NewPost(PostWords):
    """A new post; `reply_to` is the id of the post that it answers."""

    reply_to = serializers.IntegerField(
        min_value=1, max_value=ID_MAX, required=False, allow_null=True
    )


class Revision(MadeOnce, serializers.Serializer):
    """What a post said before it was edited; `said_at` is when it was written like this."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    body = serializers.CharField()
    said_at = Moment()


class Until(Strict):
    """The id of the latest one that was read, and all before it."""

    until = serializers.IntegerField(min_value=1, max_value=ID_MAX)
