"""Telling those who run the site that something is wrong."""

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.serializers import Moment, Strict, Text, checked
from accounts.models import User
from blog import models
from blog.forms import ReportForm
from blog.models.reports import WORDS_MAX_LENGTH
from tasks.api.refusals import Conflict, problem

REASONS = models.Report.Reason.values
OWN = problem(409, "It is you, or a post of yours.")
SPAM = OpenApiExample(
    "Spam", {"reason": "spam", "words": "The same in a hundred posts."}, request_only=True
)


class NewReport(Strict):
    """What is wrong. With the reason `other`, `words` have to say it."""

    reason = serializers.ChoiceField(choices=REASONS)
    words = Text(max_length=WORDS_MAX_LENGTH, required=False, allow_blank=True)


class Report(serializers.Serializer):
    """What you said is wrong, and when."""

    reason = serializers.ChoiceField(choices=REASONS)
    words = serializers.CharField()
    reported_at = Moment(source="created_at")


class Reporting(APIView):
    throttle_scope = "report"

    def report(self, about):
        given = NewReport(data=self.request.data)
        given.is_valid(raise_exception=True)
        report = models.Report(reporter=self.request.user)
        form = ReportForm(given.validated_data, instance=report, about=about)
        if refusal := form.non_field_errors():
            raise Conflict(" ".join(refusal))
        there = checked(form).instance.send(about)
        return Response(Report(there).data, status=201 if there is report else 200)


class OfPost(Reporting):
    @extend_schema(
        operation_id="posts_report",
        request=NewReport,
        responses={201: Report, 200: Report} | OWN,
        examples=[SPAM],
    )
    def post(self, request, pk):
        """Report a post to those who run this site. Nobody else is told. While your report waits
        to be looked at, it is the one that you get again."""
        posts = models.Post.objects.seen_by(request.user).select_related("author")
        return self.report(get_object_or_404(posts, pk=pk))


class OfPerson(Reporting):
    @extend_schema(
        operation_id="users_report",
        request=NewReport,
        responses={201: Report, 200: Report} | OWN,
        examples=[SPAM],
    )
    def post(self, request, username):
        """Report a person to those who run this site. Nobody else is told. While your report waits
        to be looked at, it is the one that you get again."""
        return self.report(get_object_or_404(User.objects.active().named(username)))
