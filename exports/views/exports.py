"""Taking out: asking for exports, and seeing what becomes of them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import model_to_dict
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exports.forms import ExportForm, ScheduleForm
from exports.models import Export, Schedule
from exports.refusals import NotNow
from tasks.registry import Refused

SHOWN = 50  # exports on the list


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request):
    form = ExportForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            export, created = Export.objects.start(request.user, **form.cleaned_data)
        except NotNow as refusal:
            form.add_error(None, refusal.words)
        else:
            if not created:
                messages.info(request, _("Your export is already running."))
            return redirect("exports:list")
    return list_page(request, form)


def list_page(request, form=None, schedule_form=None):
    """The exports of the reader, and what they can ask for: in these forms, or in empty ones."""
    exports = request.user.exports.with_task()[:SHOWN]
    estimate = Export.objects.estimate(request.user)
    schedule = Schedule.objects.filter(owner=request.user).first()
    planned = model_to_dict(schedule) if schedule else None
    form = form or ExportForm(request.user)
    form.say_sizes(estimate["sizes"])
    context = {
        "form": form,
        "exports": exports,
        "shown": SHOWN,
        "estimate": estimate,
        "changed": form.base and form.base.changes_since().count(),
        "up_to_date": exports.up_to_date(),
        "schedule": schedule,
        "schedule_form": schedule_form or ScheduleForm(initial=planned),
    }
    return render(request, "exports/list.html", context)


@login_required
@require_safe
def detail(request, pk):
    try:
        export = request.user.exports.get_with_task(pk=pk)
    except Export.DoesNotExist as error:
        raise Http404 from error
    request.user.tasks.filter(pk=export.task_id).mark_seen()
    return render(request, "exports/detail.html", {"export": export})


@login_required
@require_POST
def cancel(request, pk):
    export = get_object_or_404(request.user.exports.select_related("task"), pk=pk)
    if not export.cancel():
        messages.info(request, _("It was too late to cancel this export."))
    return redirect(export)


@login_required
@require_POST
def retry(request, pk):
    export = get_object_or_404(request.user.exports.select_related("task"), pk=pk)
    try:
        if not export.retry():
            messages.info(request, _("Your export is already running."))
    except Refused as refusal:
        messages.error(request, refusal.words)
    return redirect(export)
