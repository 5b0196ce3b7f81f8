"""Taking out, by a program."""

from django.urls import include, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
)
from rest_framework import generics
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import sent
from exports import archive, contents, transfer
from exports.forms import ExportForm
from exports.models import Export, IdempotencyKey, Schedule
from exports.models.idempotency import KEY_MAX, OtherRequest
from tasks.api.asking import ASK_AGAIN, IF_NONE_MATCH, NOT_MODIFIED, Conditional, say_when
from tasks.api.refusals import Conflict, Refusing, problem
from tasks.models import State

from .serializers import Estimate, ExportSerializer, NewExport, NewSchedule, ScheduleSerializer

ACTIVE = {State.QUEUED, State.RUNNING}
UNDER_WAY = _("An export of yours is under way. Wait for it, or cancel it first.")
BYTES = {"type": "string", "format": "binary"}
# Of whatever type; some of it is JSON.
FILE = {"description": "As docs/reference/formats.md has it."}
NO_SCHEDULE = problem(404, "None come by themselves.")
KINDS = sorted({Export(contents=name).content_type for name, _label in contents.choices()})
# What is named first is what programs that are made of the description take a file for: of the
# others they would parse the JSON, and fail at a ZIP.
FILES = {"application/octet-stream": BYTES} | dict.fromkeys(KINDS, FILE)
EXAMPLE = OpenApiExample(
    "Done",
    {
        "id": "0b7f3c1e-2f0e-4a52-9d5c-0a4f2d1e8b77",
        "url": "https://example.org/exports/0b7f3c1e-2f0e-4a52-9d5c-0a4f2d1e8b77/",
        "contents": "posts.json",
        "since": "2025-12-31T16:00:00Z",
        "until": None,
        "attach": True,
        "scheduled": False,
        "created_at": "2026-01-02T03:04:05Z",
        "snapshot_at": "2026-01-02T03:04:06Z",
        "total": 4800,
        "count": 4799,
        "deleted": 1,
        "size": 1312000,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "published_at": "2026-01-02T03:04:14Z",
        "expires_at": "2026-01-09T03:04:14Z",
        "removed_at": None,
        "mailed_at": "2026-01-02T03:04:15Z",
        "download_url": "https://example.org/api/v2/exports/0b7f3c1e-2f0e-4a52-9d5c-0a4f2d1e8b77"
        "/download",
        "state": "succeeded",
        "task": None,
    },
    response_only=True,
)


class OtherBody(Conflict):
    status_code = 422
    default_detail = _("This Idempotency-Key was used for something else.")


class Away(APIException):
    status_code = 503
    default_detail = _("The file can't be fetched right now. Please try again in a few minutes.")


class EstimateOfExports(APIView):
    scope = "export"

    @extend_schema(operation_id="exports_estimate", responses=Estimate)
    def get(self, request):
        """How much an export of all that you wrote would hold: how many posts, and about how many
        bytes it would have, by its contents."""
        return Response(Export.objects.estimate(request.user))


class Exports(Refusing, Conditional, generics.ListAPIView):
    serializer_class = ExportSerializer
    scope = "export"
    throttle_scope = {"POST": "export"}
    answer_headers = {"GET": ["Retry-After"]}
    ordering = ("-created_at", "-id")

    def get_queryset(self):
        return self.request.user.exports.with_task()

    def paginate_queryset(self, queryset):
        return self.get_queryset().read_again_if_done(super().paginate_queryset(queryset))

    @extend_schema(
        operation_id="exports_list",
        parameters=[IF_NONE_MATCH],
        responses={200: ExportSerializer(many=True), 304: NOT_MODIFIED},
    )
    def get(self, request):
        """Your exports, the latest first. `Retry-After` says when to ask again, while one is under
        way."""
        response = self.list(request)
        return say_when(response, any(each["state"] in ACTIVE for each in response.data["results"]))

    @extend_schema(
        operation_id="exports_create",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                {"type": "string", "minLength": 1, "maxLength": KEY_MAX, "pattern": "^[!-~]+$"},
                OpenApiParameter.HEADER,
                description="Any name for this request. Said again with the same body within 24"
                " hours, it begins nothing new, and the answer is the same.",
            )
        ],
        request=NewExport,
        responses={202: ExportSerializer}
        | problem(409, "One is under way already, or none can begin now. Its words say why.")
        | problem(422, "The Idempotency-Key was used with another body."),
        examples=[
            OpenApiExample(
                "The archive of a year",
                {"contents": "archive", "since": "2025-01-01", "until": "2025-12-31"},
                request_only=True,
            )
        ],
    )
    def post(self, request):
        """Begin an export. Ask for it at `Location` until its `download_url` is there; it comes by
        mail, too, if you have an address. There is one at a time."""
        new = NewExport(data=sent(request))
        new.is_valid(raise_exception=True)
        wish = Wish(request.user, new.validated_data)

        def begin():
            return self.get_serializer(wish.begin()).data

        if key := key_of(request):
            said = {"exports_create": request.data}
            try:
                answer = IdempotencyKey.objects.once(request.user, key, said, begin, wish.check)
            except OtherRequest as error:
                raise OtherBody from error
        else:
            wish.check()
            answer = begin()
        headers = {"Location": reverse("api:v2:export", args=[answer["id"]])}
        return Response(answer, 202, headers=headers | {"Retry-After": str(ASK_AGAIN)})


class Wish:
    """An export as a program wants to have it."""

    def __init__(self, person, said):
        self.person = person
        self.said = said

    def check(self):
        """Raises ValidationError and NotNow."""
        with timezone.override(self.person.zone):
            form = ExportForm(self.person, self.said)
            if not form.is_valid():
                raise ValidationError(form.errors)
        base = form.cleaned_data.pop("base")
        self.choices = form.cleaned_data | (base.onward() if base else {})
        Export(owner=self.person, **self.choices).ensure_room()

    def begin(self) -> Export:
        """Once it was checked. Raises NotNow."""
        export, created = Export.objects.launch(self.person, **self.choices)
        if not created:
            raise Conflict(UNDER_WAY)
        export.task = self.person.tasks.with_standing().get(pk=export.task_id)
        return export


def key_of(request) -> str:
    """The Idempotency-Key of a request, or "". Raises ValidationError."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return ""
    if not 1 <= len(key) <= KEY_MAX or not key.isascii() or not key.isprintable() or " " in key:
        words = _("From 1 to %(most)s characters of ASCII, without spaces.") % {"most": KEY_MAX}
        raise ValidationError({"Idempotency-Key": [words]})
    return key


class _OneOfMine(Refusing, Conditional, generics.GenericAPIView):
    serializer_class = ExportSerializer
    scope = "export"

    def get_queryset(self):
        return self.request.user.exports.all()

    def get_object(self):
        try:
            return self.request.user.exports.get_with_task(pk=self.kwargs["pk"])
        except Export.DoesNotExist as error:
            raise NotFound from error

    def answer(self, export, status=200):
        is_active = export.task is not None and export.task.is_active
        return say_when(Response(self.get_serializer(export).data, status), is_active)


class OneExport(_OneOfMine):
    answer_headers = {"GET": ["Retry-After"]}

    @extend_schema(
        operation_id="exports_one",
        parameters=[IF_NONE_MATCH],
        responses={200: ExportSerializer, 304: NOT_MODIFIED},
        examples=[EXAMPLE],
    )
    def get(self, request, pk):
        """One of your exports. Its file is there when `download_url` is: also while it is being
        mailed, and when that has failed. `Retry-After` says when to ask again, while it is under
        way."""
        return self.answer(self.get_object())

    @extend_schema(
        operation_id="exports_delete",
        responses={204: None} | problem(409, "It is being worked on. Cancel it first."),
    )
    def delete(self, request, pk):
        """Delete the file of an export for good. What it held stays written down."""
        export = self.get_object()
        if export.is_under_way or (export.file and not export.remove_file()):
            words = _(
                "This export is still being worked on. Cancel it first, or wait until it is done."
            )
            raise Conflict(words)
        return Response(status=204)


class Extension(_OneOfMine):
    answer_headers = {"POST": ["Retry-After"]}

    @extend_schema(
        operation_id="exports_extend",
        request=None,
        responses={200: ExportSerializer}
        | problem(409, "That was done already, or it has no file."),
    )
    def post(self, request, pk):
        """Keep the file of an export for as long again. That can be done once."""
        if not self.get_object().extend():
            raise Conflict(_("It can be kept for longer once, and only while its file is there."))
        return self.answer(self.get_object())


class Cancellation(_OneOfMine):
    @extend_schema(
        operation_id="exports_cancel",
        request=None,
        responses={200: ExportSerializer} | problem(409, "It is too late."),
    )
    def post(self, request, pk):
        """Cancel an export that is under way. What is half written is removed."""
        if not self.get_object().cancel():
            raise Conflict(_("It was too late to cancel this export."))
        return self.answer(self.get_object())


class Retrial(_OneOfMine):
    throttle_scope = "export"

    @extend_schema(
        operation_id="exports_retry",
        request=None,
        responses={202: ExportSerializer} | problem(409, "There is no need, or one is under way."),
    )
    def post(self, request, pk):
        """Go on with an export that has failed or was cancelled."""
        if not self.get_object().retry():
            raise Conflict(UNDER_WAY)
        response = self.answer(self.get_object(), 202)
        response["Location"] = reverse("api:v2:export", args=[pk])
        return response


class Download(generics.GenericAPIView):
    scope = "export"

    def get_queryset(self):
        return self.request.user.exports.select_related("owner").with_file()

    @extend_schema(
        operation_id="exports_download",
        parameters=[
            IF_NONE_MATCH,
            OpenApiParameter(
                "Range",
                str,
                OpenApiParameter.HEADER,
                description="One part of it (RFC 9110, section 14), to resume a download.",
                examples=[OpenApiExample("What is missing", "bytes=1000000-")],
            ),
        ],
        responses={(200, kind): OpenApiResponse(FILES[kind], "The file.") for kind in FILES}
        | {(206, kind): OpenApiResponse(FILES[kind], "A part of the file.") for kind in FILES}
        | {
            302: OpenApiResponse(None, "To where the file is kept; without the token, please."),
            304: NOT_MODIFIED,
            416: OpenApiResponse(None, "It has no such part."),
        }
        | problem(503, "It can't be fetched right now. Try again in a few minutes."),
    )
    def get(self, request, pk):
        """The file of an export, whole or in part."""
        export = self.get_object()
        try:
            response, begins = transfer.answer(request, export)
        except FileNotFoundError as error:
            raise NotFound from error
        except archive.Unavailable as error:
            raise Away from error
        if begins:
            export.downloads.note(request)
        return response


class OwnSchedule(generics.GenericAPIView):
    serializer_class = ScheduleSerializer
    scope = "export"

    def get_object(self):
        return generics.get_object_or_404(Schedule, owner=self.request.user)

    @extend_schema(
        operation_id="exports_schedule", responses={200: ScheduleSerializer} | NO_SCHEDULE
    )
    def get(self, request):
        """Which exports come by themselves, and when the next one does."""
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        operation_id="exports_schedule_save", request=NewSchedule, responses=ScheduleSerializer
    )
    def put(self, request):
        """Have exports come by themselves, in place of what was planned before. The first one comes
        after a week or a month."""
        new = NewSchedule(data=sent(request))
        new.is_valid(raise_exception=True)
        schedule = Schedule.objects.plan(request.user, **new.validated_data)
        return Response(self.get_serializer(schedule).data)

    @extend_schema(operation_id="exports_schedule_delete", responses={204: None} | NO_SCHEDULE)
    def delete(self, request):
        """Have no more come by themselves."""
        self.get_object().delete()
        return Response(status=204)


class Resumption(OwnSchedule):
    http_method_names = ["post", "options"]

    @extend_schema(
        operation_id="exports_schedule_resume",
        request=None,
        responses={200: ScheduleSerializer} | NO_SCHEDULE,
    )
    def post(self, request):
        """Go on, where a pause was made because nobody fetched the last three."""
        schedule = self.get_object()
        if schedule.paused_at:
            schedule.resume()
        return Response(self.get_serializer(schedule).data)


urlpatterns = [
    path("exports", Exports.as_view(), name="exports"),
    path("exports/estimate", EstimateOfExports.as_view(), name="exports_estimate"),
    path("exports/schedule", OwnSchedule.as_view(), name="exports_schedule"),
    path("exports/schedule/resume", Resumption.as_view(), name="exports_schedule_resume"),
    path("exports/<uuid:pk>", OneExport.as_view(), name="export"),
    path("exports/<uuid:pk>/extend", Extension.as_view(), name="export_extend"),
    path("exports/<uuid:pk>/cancel", Cancellation.as_view(), name="export_cancel"),
    path("exports/<uuid:pk>/retry", Retrial.as_view(), name="export_retry"),
    path("exports/<uuid:pk>/download", Download.as_view(), name="export_download"),
    path("", include("exports.api.webhooks")),
]
