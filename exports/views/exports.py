"""Taking out: asking for exports, and seeing what becomes of them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exports.forms import ExportForm
from exports.models import Export

SHOWN = 50  # exports on the list


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request):
    form = ExportForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_valid():
        if not Export.objects.start(request.user, **form.cleaned_data)[1]:
            messages.info(request, _("Your export is already running."))
        return redirect("exports:list")
    context = {
        "form": form,
        "exports": request.user.exports.with_task()[:SHOWN],
        "shown": SHOWN,
        "estimate": Export.objects.estimate(request.user),
        "changed": form.base and form.base.changes_since().count(),
    }
    return render(request, "exports/list.html", context)


@login_required
@require_safe
def detail(request, pk):
    export = get_object_or_404(request.user.exports.with_task(), pk=pk)
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
    if not export.retry():
        messages.info(request, _("Your export is already running."))
    return redirect(export)
