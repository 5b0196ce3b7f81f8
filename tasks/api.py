"""Slow work, as programs see it and have a say in it."""

from django.urls import path, reverse
from django.utils.cache import get_conditional_response, patch_cache_control, set_response_etag
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import generics, serializers
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.response import Response

from . import lifecycle
from .models import Attempt, State, Task
from .registry import Refused

ASK_AGAIN = 2  # seconds, of what is under way

PROBLEM = {"$ref": "#/components/schemas/Problem"}
IN_STATE = {"$ref": "#/components/schemas/TaskState"}
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `ETag` of an answer that you have.",
)
NOT_MODIFIED = OpenApiResponse(description="It is still as the answer says that you have.")


def problem(status: int, words: str) -> dict:
    """How the description says that something may be refused, and why."""
    return {(status, "application/problem+json"): OpenApiResponse(PROBLEM, words)}


class Conflict(APIException):
    """What was asked for does not go with how things are."""

    status_code = 409


class Refusing:
    """A view in which Refused is answered in its words."""

    def handle_exception(self, error):
        return super().handle_exception(
            Conflict(error.words) if isinstance(error, Refused) else error
        )


class Conditional:
    """A view that tells who has its answer already no more than that (RFC 9110, section 13)."""

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        if request.method not in SAFE_METHODS or response.status_code != 200:
            return response
        set_response_etag(response.render())
        answer = get_conditional_response(request, etag=response["ETag"], response=response)
        if "Retry-After" in response:
            answer["Retry-After"] = response["Retry-After"]
        patch_cache_control(answer, private=True, no_cache=True)
        return answer


class AttemptSerializer(serializers.ModelSerializer):
    class Meta:
        model = Attempt
        fields = ["number", "started_at", "ended_at", "outcome", "resends"]


class TaskSerializer(serializers.ModelSerializer):
    """As `Task.to_dict()` says it, and when it was."""

    state = serializers.ChoiceField(State.choices, read_only=True)
    description = serializers.CharField(read_only=True, help_text="In your language.")
    phase = serializers.CharField(
        source="phase_label", read_only=True, help_text="What is being done now; in your language."
    )
    progress = serializers.IntegerField(
        read_only=True, min_value=0, max_value=100, help_text="Percent; 100 only of success."
    )
    rate = serializers.FloatField(
        read_only=True, allow_null=True, help_text="How many are done in a second."
    )
    eta_seconds = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="How long it takes until all is done."
    )
    position = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Its place in the queue, from 1."
    )
    interrupted = serializers.BooleanField(
        source="is_interrupted",
        read_only=True,
        help_text="Whether its worker was lost, and another one goes on with it.",
    )
    retry_at = serializers.DateTimeField(
        read_only=True, allow_null=True, help_text="When it is tried again by itself."
    )
    error = serializers.SerializerMethodField(
        help_text="Why it failed, also when it is to be tried again; in your language."
    )

    class Meta:
        model = Task
        fields = [
            "id",
            "job",
            "description",
            "state",
            "phase",
            "done",
            "total",
            "progress",
            "rate",
            "eta_seconds",
            "position",
            "interrupted",
            "retry_at",
            "error",
            "created_at",
            "ended_at",
        ]
        read_only_fields = fields

    def get_error(self, task) -> str | None:
        return str(task.reason_label) or None


class WholeTask(TaskSerializer):
    attempts = AttemptSerializer(many=True, read_only=True)

    class Meta(TaskSerializer.Meta):
        fields = [*TaskSerializer.Meta.fields, "attempts"]


EXAMPLE = OpenApiExample(
    "Under way",
    {
        "id": "6f0b2a50-8f6c-4f43-9a0b-7d1a2f8f3c11",
        "job": "exports.jobs.export_posts",
        "description": "Export of your posts",
        "state": "running",
        "phase": "Writing your posts",
        "done": 1200,
        "total": 4800,
        "progress": 25,
        "rate": 600.0,
        "eta_seconds": 6,
        "position": None,
        "interrupted": False,
        "retry_at": None,
        "error": None,
        "created_at": "2026-01-02T03:04:05Z",
        "ended_at": None,
        "attempts": [
            {
                "number": 1,
                "started_at": "2026-01-02T03:04:06Z",
                "ended_at": None,
                "outcome": "running",
                "resends": 0,
            }
        ],
    },
    response_only=True,
)


def say_when(response, is_active):
    """Have the response say when to ask again, while there is something under way."""
    if is_active:
        response["Retry-After"] = str(ASK_AGAIN)
    return response


class Tasks(Conditional, generics.ListAPIView):
    serializer_class = TaskSerializer
    answer_headers = {"GET": ["Retry-After"]}
    ordering = ("-created_at", "-id")

    def get_queryset(self):
        tasks = self.request.user.tasks.with_standing()
        state = self.request.query_params.get("state")
        if state is None:
            return tasks
        if state not in State.values:
            raise ValidationError({"state": [_("One of: %s.") % ", ".join(State.values)]})
        return tasks.filter(state=state)

    @extend_schema(
        operation_id="tasks_list",
        parameters=[
            OpenApiParameter("state", IN_STATE, description="Only those in this state."),
            IF_NONE_MATCH,
        ],
        responses={200: TaskSerializer(many=True), 304: NOT_MODIFIED},
    )
    def get(self, request):
        """Your tasks, the latest first. `Retry-After` says when to ask again, while one is under
        way."""
        response = self.list(request)
        active = {State.QUEUED, State.RUNNING}
        return say_when(response, any(each["state"] in active for each in response.data["results"]))


class _OneOfMine(Refusing, Conditional, generics.GenericAPIView):
    serializer_class = WholeTask

    def get_queryset(self):
        return self.request.user.tasks.with_standing().prefetch_related("attempts")

    def answer(self, task):
        return say_when(Response(self.get_serializer(task).data), task.is_active)


class OneTask(_OneOfMine):
    answer_headers = {"GET": ["Retry-After"]}

    @extend_schema(
        operation_id="tasks_one",
        parameters=[IF_NONE_MATCH],
        responses={200: WholeTask, 304: NOT_MODIFIED},
        examples=[EXAMPLE],
    )
    def get(self, request, pk):
        """One of your tasks, with its attempts. `Retry-After` says when to ask again, while it is
        under way."""
        return self.answer(self.get_object())


class Cancellation(_OneOfMine):
    @extend_schema(
        operation_id="tasks_cancel",
        request=None,
        responses={200: WholeTask}
        | problem(409, "It is too late, or it can't be cancelled at all."),
    )
    def post(self, request, pk):
        """Cancel a task. Its worker stops a moment later, and what is half done is removed."""
        task = self.get_object()
        if not task.cancel_url or not lifecycle.cancel(task):
            raise Conflict(_("It is too late to cancel this task, or it can't be cancelled."))
        return self.answer(self.get_object())


class Retrial(_OneOfMine):
    @extend_schema(
        operation_id="tasks_retry",
        request=None,
        responses={202: WholeTask} | problem(409, "There is no need, or it is being done already."),
    )
    def post(self, request, pk):
        """Try it again, where it failed or was cancelled: by a new task, which is the answer."""
        task = self.get_object().retry()
        response = self.answer(self.get_queryset().get(pk=task.pk))
        response.status_code = 202
        response["Location"] = reverse(f"{request.resolver_match.namespace}:task", args=[task.pk])
        return response


urlpatterns = [
    path("tasks", Tasks.as_view(), name="tasks"),
    path("tasks/<uuid:pk>", OneTask.as_view(), name="task"),
    path("tasks/<uuid:pk>/cancel", Cancellation.as_view(), name="task_cancel"),
    path("tasks/<uuid:pk>/retry", Retrial.as_view(), name="task_retry"),
]
