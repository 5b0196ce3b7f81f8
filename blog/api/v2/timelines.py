"""Lists of posts, newest first; and what answers a post, oldest first."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import generics

from accounts.models import User
from blog import models, timelines
from blog.api.posts import asked_by, explored, get_or_404, seen

from .serializers import Post

SAID = (
    *("title", "body", "timestamp", "edited_at", "language", "reply_to", "thread"),
    *("hidden_at", "hidden_why"),
    *("author__username", "author__display_name", "author__avatar"),
)
SEEN, EXPLORED = seen(*SAID), explored(*SAID)


class Timeline(generics.ListAPIView):
    serializer_class = Post
    ordering = ("-timestamp", "-id")

    def get_posts(self):
        """A QuerySet of what the reader gets to see."""
        raise NotImplementedError

    def get_queryset(self):
        return self.get_posts().select_related("author")


class Home(Timeline):
    def get_posts(self):
        return timelines.home(self.request.user)

    @extend_schema(operation_id="timelines_home")
    def get(self, request):
        """What you and those write whom you follow, the latest first."""
        return self.list(request)


class Explore(Timeline):
    public = {"GET"}

    def get_queryset(self):
        return EXPLORED.of(**asked_by(self.request.user))

    @extend_schema(operation_id="timelines_explore")
    def get(self, request):
        """What everybody writes, the latest first."""
        return self.list(request)


class Mentions(Timeline):
    def get_posts(self):
        reader = self.request.user
        return reader.mentioned_in.seen_by(reader).not_muted_by(reader)

    @extend_schema(operation_id="timelines_mentions")
    def get(self, request):
        """Posts that mention you, the latest first."""
        return self.list(request)


class Tagged(Timeline):
    public = {"GET"}

    def get_posts(self):
        reader = self.request.user
        posts = models.Post.objects.tagged(self.kwargs["name"])
        return posts.seen_by(reader).not_muted_by(reader)

    @extend_schema(operation_id="timelines_tag")
    def get(self, request, name):
        """Posts with a tag (without its #, in whatever case), the latest first."""
        return self.list(request)


class PostsOf(Timeline):
    public = {"GET"}

    def get_queryset(self):
        person = get_object_or_404(User.objects.active().named(self.kwargs["username"]))
        return SEEN.of(**asked_by(self.request.user), author=person.pk)

    @extend_schema(operation_id="users_posts_list")
    def get(self, request, username):
        """What a person writes, the latest first."""
        return self.list(request)


class Replies(Timeline):
    public = {"GET"}
    ordering = ("id",)

    def get_queryset(self):
        reader = self.request.user
        answered = get_or_404(SEEN, reader, self.kwargs["pk"])
        return SEEN.of(**asked_by(reader), reply_to=answered.pk)

    @extend_schema(operation_id="posts_replies_list")
    def get(self, request, pk):
        """What answers a post, the oldest first. What answers those, is at those."""
        return self.list(request)
