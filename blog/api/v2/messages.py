"""What is said between two."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import Moment, Strict, Text, checked, sent
from accounts.models import User
from blog import models
from blog.forms import MessageForm
from blog.models.messages import MESSAGE_MAX_LENGTH

from .serializers import Person, Until

UP_TO_ONE = OpenApiExample("Up to one", {"until": 17}, request_only=True)


class Message(serializers.Serializer):
    """A message; who has deleted their account is null."""

    id = serializers.IntegerField()
    sender = Person(allow_null=True)
    recipient = Person(allow_null=True)
    body = serializers.CharField()
    sent_at = Moment()
    read_at = Moment(allow_null=True)


class MessageWords(Strict):
    """A message to write."""

    body = Text(max_length=MESSAGE_MAX_LENGTH)


class ConversationSummary(serializers.Serializer):
    """Whom you talk with, the last that was said, and how many of theirs you have not read."""

    person = Person()
    latest = Message()
    unread = serializers.IntegerField()


class Conversations(generics.ListAPIView):
    serializer_class = ConversationSummary
    ordering = ("-latest",)

    def get_queryset(self):
        return models.Message.objects.latest_with_each(self.request.user)

    @extend_schema(operation_id="messages_list")
    def get(self, request):
        """Whom you talk with, the latest first."""
        rows = self.paginate_queryset(self.get_queryset())
        messages = models.Message.objects.select_related("sender", "recipient")
        said = messages.in_bulk([row["latest"] for row in rows])
        shown = [
            {"person": person, "latest": message, "unread": row["unread"]}
            for row in rows
            if (message := said.get(row["latest"])) and (person := message.other(request.user))
        ]
        return self.get_paginated_response(self.get_serializer(shown, many=True).data)


class Conversation(generics.ListAPIView):
    serializer_class = Message
    throttle_scope = {"POST": "write"}

    def get_queryset(self):
        other = get_object_or_404(User.objects.named(self.kwargs["username"]))
        between = models.Message.objects.between(self.request.user, other)
        if not other.is_active and not between.exists():
            raise Http404
        return between.select_related("sender", "recipient")

    @extend_schema(operation_id="messages_with_list")
    def get(self, request, username):
        """What you and a person said to each other, the latest first. Looking is not reading."""
        return self.list(request)

    @extend_schema(
        operation_id="messages_send",
        request=MessageWords,
        responses={201: Message},
        examples=[OpenApiExample("A message", {"body": "Hello!"}, request_only=True)],
    )
    def post(self, request, username):
        """Write to a person."""
        other = get_object_or_404(User.objects.named(username))
        given = MessageWords(data=sent(request))
        given.is_valid(raise_exception=True)
        message = models.Message(sender=request.user, recipient=other)
        form = MessageForm(given.validated_data, instance=message)
        if refusal := form.non_field_errors():
            raise PermissionDenied(" ".join(refusal))
        checked(form).instance.send()
        return Response(Message(message).data, status=201)


class Read(APIView):
    @extend_schema(
        operation_id="messages_read", request=Until, responses={204: None}, examples=[UP_TO_ONE]
    )
    def post(self, request, username):
        """Mark what a person wrote to you as read, up to the message with an id."""
        other = get_object_or_404(User.objects.named(username))
        given = Until(data=sent(request))
        given.is_valid(raise_exception=True)
        received = models.Message.objects.between(request.user, other).filter(
            recipient=request.user
        )
        received.filter(pk__lte=given.validated_data["until"]).mark_read()
        return Response(status=204)


class Received(generics.ListAPIView):
    serializer_class = Message

    def get_queryset(self):
        return self.request.user.messages.select_related("sender", "recipient")

    @extend_schema(operation_id="messages_received_list")
    def get(self, request):
        """All that was written to you, also by people who have deleted their account, the latest
        first."""
        return self.list(request)


class ReadReceived(APIView):
    @extend_schema(
        operation_id="messages_received_read",
        request=Until,
        responses={204: None},
        examples=[UP_TO_ONE],
    )
    def post(self, request):
        """Mark all that was written to you as read, up to the message with an id."""
        given = Until(data=sent(request))
        given.is_valid(raise_exception=True)
        request.user.messages.filter(pk__lte=given.validated_data["until"]).mark_read()
        return Response(status=204)
