"""Tasks, by a program."""

from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.response import Response

from tasks import lifecycle
from tasks.models import State
from tasks.registry import get_job

from .asking import IF_NONE_MATCH, NOT_MODIFIED, Conditional, say_when
from .refusals import Conflict, Refusing, problem
from .serializers import TaskSerializer, WholeTask

IN_STATE = {"$ref": "#/components/schemas/TaskState"}
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

    def get_task_to_change(self):
        """Raises PermissionDenied."""
        task = self.get_object()
        scope = get_job(task.job).scope
        if scope and not self.request.auth.permits(scope):
            raise PermissionDenied(_("This token lacks the scope “%(scope)s”.") % {"scope": scope})
        return task

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
        task = self.get_task_to_change()
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
        task = self.get_task_to_change().retry()
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
