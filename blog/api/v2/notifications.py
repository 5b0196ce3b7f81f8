"""What you are told of."""

from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics, serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import Moment, sent
from blog import models

from .serializers import Address, Person, Until

KINDS = models.Notification.Kind.values


class Notification(serializers.Serializer):
    """What happened: `actor` is who did it, if it was a person; `post` the id of the post, if it is
    about one; `url` where to look."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=KINDS)
    actor = Person(allow_null=True)
    post = serializers.IntegerField(source="post_id", allow_null=True)
    url = Address(source="target_url")
    created_at = Moment()
    read_at = Moment(allow_null=True)


class Notifications(generics.ListAPIView):
    serializer_class = Notification

    def get_queryset(self):
        shown = models.Notification.objects.shown_to(self.request.user)
        return shown.select_related("actor", "post")

    @extend_schema(operation_id="notifications_list")
    def get(self, request):
        """What you are told of, the latest first. Looking is not reading."""
        return self.list(request)


class OneNotification(generics.RetrieveAPIView):
    serializer_class = Notification

    def get_queryset(self):
        shown = models.Notification.objects.shown_to(self.request.user)
        return shown.select_related("actor", "post")

    @extend_schema(operation_id="notifications_retrieve")
    def get(self, request, pk):
        """One of them."""
        return self.retrieve(request)


class Read(APIView):
    @extend_schema(
        operation_id="notifications_read",
        request=Until,
        responses={204: None},
        examples=[OpenApiExample("Up to one", {"until": 17}, request_only=True)],
    )
    def post(self, request):
        """Mark them as read, up to the one with an id."""
        given = Until(data=sent(request))
        given.is_valid(raise_exception=True)
        request.user.notifications.filter(pk__lte=given.validated_data["until"]).mark_read()
        return Response(status=204)
