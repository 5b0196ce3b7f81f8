"""One post, and what one does with it."""

import hashlib
from copy import copy

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import parse_etags
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import checked, sent
from blog import models
from blog.api.posts import get_or_404
from blog.forms import PostForm
from blog.models.posts import AnsweredIsGone, ChangedMeanwhile
from tasks.api.asking import IF_NONE_MATCH, NOT_MODIFIED
from tasks.api.refusals import Conflict, Outdated, TooLate, problem

from .serializers import NewPost, Post, PostWords, Revision
from .timelines import SEEN

NOT_YOURS = _("This is somebody else's post.")
NO_SUCH_POST = _("There is no such post.")
CHANGED = _("The post was changed meanwhile. Please read it again.")
IF = OpenApiParameter(
    "If-Match", location="header", description="The `ETag` of what you want to change."
)
WRITTEN = OpenApiExample(
    "A post", {"title": "Lemons", "body": "Thank you, @bob! #lemons"}, request_only=True
)


class Posts(APIView):
    throttle_scope = "write"
    answer_headers = {"POST": ["ETag", "Location"]}

    @extend_schema(
        operation_id="posts_create",
        request=NewPost,
        responses={201: Post},
        examples=[
            WRITTEN,
            OpenApiExample("An answer", {"body": "Yes.", "reply_to": 17}, request_only=True),
        ],
    )
    def post(self, request):
        """Write a post, or an answer to one. Who is mentioned or answered is told. A line in the
        post log follows a little later."""
        given = NewPost(data=sent(request))
        given.is_valid(raise_exception=True)
        post = models.Post(author=request.user, reply_to=self._answered(given.validated_data))
        form = checked(PostForm(given.validated_data, instance=post))
        try:
            form.instance.publish(logged=True)
        except AnsweredIsGone as gone:
            raise ValidationError({"reply_to": [NO_SUCH_POST]}) from gone
        response = answer(post, status=201)
        response["Location"] = reverse("api:v2:post", args=[post.pk])
        return response

    def _answered(self, given):
        if not given.get("reply_to"):
            return None
        seen = models.Post.objects.seen_by(self.request.user).select_related("author")
        if answered := seen.filter(pk=given["reply_to"]).first():
            return answered
        raise ValidationError({"reply_to": [NO_SUCH_POST]})


class OnePost(APIView):
    public = {"GET"}
    throttle_scope = {"PATCH": "write"}
    answer_headers = {"PATCH": ["ETag"]}

    @extend_schema(
        operation_id="posts_retrieve",
        parameters=[IF_NONE_MATCH],
        responses={200: Post, 304: NOT_MODIFIED},
    )
    def get(self, request, pk):
        """One post."""
        response = answer(get_or_404(SEEN, request.user, pk))
        if is_among(response["ETag"], request.headers.get("If-None-Match")):
            return Response(status=304, headers={"ETag": response["ETag"]})
        return response

    @extend_schema(
        operation_id="posts_update",
        parameters=[IF],
        request=PostWords(partial=True),
        responses={200: Post}
        | problem(409, "It was changed in this very moment.")
        | problem(412, "It is not any more what `If-Match` says."),
        examples=[OpenApiExample("Another text", {"body": "Thanks, @bob!"}, request_only=True)],
    )
    def patch(self, request, pk):
        """Say something else. What it said stays in its history. For its author, and for admins
        who may change posts."""
        posts = models.Post.objects.changed_by(request.user).select_related("author")
        post = get_object_or_404(posts, pk=pk)
        if not post.is_to_be_changed_by(request.user):
            raise PermissionDenied(NOT_YOURS)
        given = PostWords(data=sent(request), partial=True)
        given.is_valid(raise_exception=True)
        said = {"title": post.title, "body": post.body} | given.validated_data
        form = checked(PostForm(said, instance=copy(post)))
        wanted = request.headers.get("If-Match")
        if wanted and not is_among(answer(post)["ETag"], wanted):
            raise Outdated(CHANGED)
        try:
            post.revise(form.instance.title, form.instance.body)
        except ChangedMeanwhile as changed:
            raise Conflict(CHANGED) from changed
        return answer(post)

    @extend_schema(operation_id="posts_delete", responses={204: None})
    def delete(self, request, pk):
        """Delete a post. It is gone at once; who deleted one of theirs can restore it within a
        minute. For its author, and for admins who may delete posts."""
        post = get_object_or_404(models.Post.objects.deletable_by(request.user), pk=pk)
        if not post.is_to_be_deleted_by(request.user):
            raise PermissionDenied(NOT_YOURS)
        if not post.remove(by=request.user):
            raise Http404
        return Response(status=204)


class Restore(APIView):
    answer_headers = {"POST": ["ETag"]}

    @extend_schema(
        operation_id="posts_restore",
        request=None,
        responses={200: Post} | problem(410, "It is too late."),
    )
    def post(self, request, pk):
        """Bring a post of yours back that you deleted within the last minute."""
        own = models.Post.with_deleted.filter(author=request.user).select_related("author")
        post = get_object_or_404(own, pk=pk)
        if post.deleted_at and not post.restore():
            post = get_object_or_404(own, pk=pk)  # may be purged by now, or back
            if post.deleted_at:
                raise TooLate(_("It is too late: the post is gone."))
        return answer(post)


class History(generics.ListAPIView):
    serializer_class = Revision
    public = {"GET"}

    def get_queryset(self):
        seen = models.Post.objects.seen_by(self.request.user)
        return get_object_or_404(seen, pk=self.kwargs["pk"]).revisions.all()

    @extend_schema(operation_id="posts_history_list")
    def get(self, request, pk):
        """What a post said before it was edited, the latest first."""
        return self.list(request)


def answer(post, status=200):
    """The post, with an ETag (RFC 9110) of all that is said of it."""
    said = Post(post).data
    digest = hashlib.sha256(JSONRenderer().render(said)).hexdigest()[:32]
    return Response(said, status=status, headers={"ETag": f'"{digest}"'})


def is_among(etag, header):
    """Whether a header names the ETag. Whatever packs an answer on its way makes a W/ of it."""
    named = parse_etags(header or "")
    return "*" in named or etag in {each.removeprefix("W/") for each in named}
