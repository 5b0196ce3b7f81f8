"""Webhooks, as programs register them and see what became of them."""

from django.core.exceptions import ValidationError as DjangoValidationError
from django.http import Http404
from django.urls import path, reverse
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import generics
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response

from accounts.api.serializers import SHOWN_ONCE, sent
from exports.models import Delivery, Webhook
from tasks.api.asking import say_when
from tasks.api.refusals import Refusing, problem

from .serializers import (
    DeliverySerializer,
    NewWebhook,
    RegisteredWebhook,
    WebhookChange,
    WebhookSerializer,
)


class _Mine(Refusing, generics.GenericAPIView):
    scope = "export"
    serializer_class = WebhookSerializer

    def get_queryset(self):
        return self.request.user.webhooks.all()

    def handle_exception(self, error):
        if isinstance(error, DjangoValidationError):
            error = ValidationError({"url": error.messages})
        return super().handle_exception(error)


class Webhooks(_Mine, generics.ListAPIView):
    ordering = ("-created_at", "-id")
    answer_headers = {"POST": ["Location"]}

    @extend_schema(operation_id="webhooks_list")
    def get(self, request):
        """Your webhooks, the latest first."""
        return self.list(request)

    @extend_schema(
        operation_id="webhooks_create",
        request=NewWebhook,
        responses={201: RegisteredWebhook} | problem(409, "You have as many as you can."),
        examples=[
            OpenApiExample(
                "Both events",
                {
                    "url": "https://example.org/hooks/microblog",
                    "events": ["export.succeeded", "export.failed"],
                },
                request_only=True,
            )
        ],
    )
    def post(self, request):
        """Have a URL called when an export of yours is there, or has failed. Its `secret`, by which
        you know that a call is ours, is shown this once."""
        new = NewWebhook(data=sent(request))
        new.is_valid(raise_exception=True)
        webhook = Webhook.objects.register(request.user, **new.validated_data)
        headers = SHOWN_ONCE | {"Location": reverse("api:v2:webhook", args=[webhook.pk])}
        return Response(RegisteredWebhook(webhook).data, 201, headers=headers)


class OneWebhook(_Mine):
    @extend_schema(operation_id="webhooks_one")
    def get(self, request, pk):
        """One of your webhooks."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(operation_id="webhooks_update", request=WebhookChange)
    def patch(self, request, pk):
        """Have another URL called, or for other events; or have it called again, or not."""
        webhook, change = self.get_object(), WebhookChange(data=sent(request))
        change.is_valid(raise_exception=True)
        if not webhook.change(**change.validated_data):
            raise Http404
        return Response(self.get_serializer(webhook).data)

    @extend_schema(operation_id="webhooks_delete", responses={204: None})
    def delete(self, request, pk):
        """Have it called no more, and forget it and its deliveries."""
        self.get_object().delete()
        return Response(status=204)


class _OfDeliveries(_Mine):
    serializer_class = DeliverySerializer

    def accept(self, delivery):
        """The answer to what begins a delivery."""
        response = Response(DeliverySerializer(delivery).data, 202)
        place = [delivery.webhook_id, delivery.pk]
        response["Location"] = reverse("api:v2:delivery", args=place)
        return say_when(response, True)


class Ping(_OfDeliveries):
    throttle_scope = "webhook"

    @extend_schema(
        operation_id="webhooks_ping",
        request=None,
        responses={202: DeliverySerializer} | problem(409, "It is disabled."),
    )
    def post(self, request, pk):
        """Call it once to see whether it answers. Ask for what became of that at `Location`."""
        return self.accept(self.get_object().ping())


class Deliveries(_OfDeliveries, generics.ListAPIView):
    ordering = ("-created_at", "-id")

    def get_queryset(self):
        generics.get_object_or_404(super().get_queryset(), pk=self.kwargs["pk"])
        deliveries = Delivery.objects.filter(webhook=self.kwargs["pk"])
        return deliveries.select_related("task")

    @extend_schema(operation_id="webhooks_deliveries_list")
    def get(self, request, pk):
        """When it was called, as far back as that is kept (30 days, unless this site's operators
        have it otherwise), and what it answered, the latest first."""
        return self.list(request)


class _OneOfMine(_OfDeliveries):
    lookup_url_kwarg = "delivery"

    def get_queryset(self):
        mine = Delivery.objects.filter(webhook__owner=self.request.user, webhook=self.kwargs["pk"])
        return mine.select_related("task", "webhook")


class OneDelivery(_OneOfMine):
    answer_headers = {"GET": ["Retry-After"]}

    @extend_schema(operation_id="webhooks_deliveries_one")
    def get(self, request, pk, delivery):
        """One call, and what it was answered."""
        found = self.get_object()
        is_pending = found.state == Delivery.State.PENDING
        return say_when(Response(self.get_serializer(found).data), is_pending)


class Redelivery(_OneOfMine):
    throttle_scope = "webhook"

    @extend_schema(
        operation_id="webhooks_deliveries_redeliver",
        request=None,
        responses={202: DeliverySerializer}
        | problem(409, "It is under way, or the webhook disabled."),
    )
    def post(self, request, pk, delivery):
        """Make it again, with the same id and the same data."""
        found = self.get_object()
        found.redeliver()
        return self.accept(found)


urlpatterns = [
    path("webhooks", Webhooks.as_view(), name="webhooks"),
    path("webhooks/<uuid:pk>", OneWebhook.as_view(), name="webhook"),
    path("webhooks/<uuid:pk>/ping", Ping.as_view(), name="webhook_ping"),
    path("webhooks/<uuid:pk>/deliveries", Deliveries.as_view(), name="deliveries"),
    path("webhooks/<uuid:pk>/deliveries/<uuid:delivery>", OneDelivery.as_view(), name="delivery"),
    path(
        "webhooks/<uuid:pk>/deliveries/<uuid:delivery>/redeliver",
        Redelivery.as_view(),
        name="redelivery",
    ),
]
