from copy import copy

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import Moment, Strict, Text, checked, sent
from blog.api.posts import asked_by, get_or_404, seen_by_name
from blog.forms import PostForm
from blog.keyset import ID_MAX
from blog.models import Post
from blog.models.managers import is_admin
from blog.models.posts import BODY_MAX_LENGTH, TITLE_MAX_LENGTH, ChangedMeanwhile
from tasks.api.answers import MadeOnce
from tasks.api.refusals import Conflict, error

ON_A_PAGE = 100  # posts
SEEN = seen_by_name("title", "body", "timestamp", "edited_at", "author")
NOT_TO_EDIT = "You can only edit your own posts unless you are an admin"
NOT_TO_DELETE = "You can only delete your own posts unless you are an admin"
NOT_TO_DELETE_ALL = "Only an admin can delete all posts"
CHANGED = "The post was changed by somebody else meanwhile"


class V1Post(MadeOnce, serializers.Serializer):
    """A post; `updated_at` is when it was last edited, or was created."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    content = serializers.CharField(source="body")
    user_id = serializers.IntegerField(source="author_id")
    username = serializers.SerializerMethodField()
    created_at = Moment(source="timestamp")
    updated_at = serializers.SerializerMethodField()

    def get_username(self, post) -> str:
        return post.username if "username" in vars(post) else post.author.username

    def get_updated_at(self, post) -> str:
        return self.fields["created_at"].to_representation(post.edited_at or post.timestamp)


@extend_schema_serializer(many=False)
class V1Posts(serializers.Serializer):
    """Posts, the latest first."""

    posts = V1Post(many=True)


class V1PostWords(Strict):
    """What a post says."""

    missing = "Missing title or content"
    title = Text(max_length=TITLE_MAX_LENGTH)
    content = Text(max_length=BODY_MAX_LENGTH)


class V1Done(serializers.Serializer):
    """What was done."""

    message = serializers.CharField()


class PostQuery(serializers.Serializer):
    """Which posts."""

    user_id = serializers.IntegerField(
        required=False, min_value=1, max_value=ID_MAX, help_text="Only those of this person."
    )


WRITTEN = OpenApiExample(
    "A post", {"title": "Lemons", "content": "When life gives you some."}, request_only=True
)


class Posts(generics.ListAPIView):
    serializer_class = V1Post
    public = {"GET"}
    ordering = ("-timestamp", "-id")
    page_size = ON_A_PAGE
    throttle_scope = {"POST": "write"}
    answer_headers = {"POST": ["Location"]}

    def get_queryset(self):
        asked = PostQuery(data=self.request.query_params.dict())
        asked.is_valid(raise_exception=True)
        author = asked.validated_data.get("user_id")
        return SEEN.of(**asked_by(self.request.user), author=author)

    @extend_schema(operation_id="v1_posts_list", parameters=[PostQuery], responses=V1Posts)
    def get(self, request):
        """Posts of all people or of one, the latest first, 100 at most. The header `Link` has the
        next page."""
        posts = self.paginate_queryset(self.get_queryset())
        response = Response({"posts": V1Post(posts, many=True).data})
        self.paginator.link(response)
        return response

    @extend_schema(
        operation_id="v1_posts_create",
        request=V1PostWords,
        responses={201: V1Post},
        examples=[WRITTEN],
    )
    def post(self, request):
        """Write a post. Who wants a mail about it gets one a little later."""
        post = Post(author=request.user)
        checked(_form(request, post), body="content")
        post.publish()
        location = reverse("api:v1:post", args=[post.pk])
        return Response(V1Post(post).data, status=201, headers={"Location": location})


class OnePost(APIView):
    public = {"GET"}
    throttle_scope = {"PUT": "write"}

    @extend_schema(operation_id="v1_posts_retrieve", responses=V1Post)
    def get(self, request, pk):
        """One post."""
        return Response(V1Post(get_or_404(SEEN, request.user, pk)).data)

    @extend_schema(
        operation_id="v1_posts_update",
        request=V1PostWords(partial=True),
        responses={200: V1Post} | error(409, "It was changed by somebody else meanwhile."),
        examples=[OpenApiExample("Another title", {"title": "Lemonade"}, request_only=True)],
    )
    def put(self, request, pk):
        """Change the title, or the content, or both. For its author, and for admins who may
        change posts."""
        posts = Post.objects.changed_by(request.user).select_related("author")
        post = get_object_or_404(posts, pk=pk)
        if not post.is_to_be_changed_by(request.user):
            raise PermissionDenied(NOT_TO_EDIT)
        form = checked(_form(request, copy(post), partial=True), body="content")
        try:
            post.revise(form.instance.title, form.instance.body)
        except ChangedMeanwhile as changed:
            raise Conflict(CHANGED) from changed
        return Response(V1Post(post).data)

    @extend_schema(operation_id="v1_posts_delete", responses={200: V1Done})
    def delete(self, request, pk):
        """Delete a post. For its author, and for admins who may delete posts."""
        post = get_object_or_404(Post.objects.deletable_by(request.user), pk=pk)
        if not post.is_to_be_deleted_by(request.user):
            raise PermissionDenied(NOT_TO_DELETE)
        if not post.remove(by=request.user):
            raise Http404
        return Response({"message": "Post deleted"})


class AllPosts(APIView):
    @extend_schema(operation_id="v1_posts_delete_all", responses={200: V1Done})
    def delete(self, request):
        """Delete all posts of everybody, for good. For admins who may delete posts. The latest
        2,000 are gone at once, older ones within the next minutes."""
        if not is_admin(request.user, "delete"):
            raise PermissionDenied(NOT_TO_DELETE_ALL)
        Post.objects.remove_all(request.user)
        return Response({"message": "All posts deleted"})


def _form(request, post, partial=False):
    """The form of the page, with what was sent."""
    given = V1PostWords(data=sent(request), partial=partial)
    given.is_valid(raise_exception=True)
    present = {"title": post.title, "content": post.body}
    said = present | given.validated_data
    return PostForm({"title": said["title"], "body": said["content"]}, instance=post)
