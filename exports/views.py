from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .forms import ExportForm, VerifyForm
from .models import Export
from .verifying import Refused
from .verifying import verify as verify_archive

SHOWN = 50  # exports on the list


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request):
    form = ExportForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        if not Export.objects.start(request.user, **form.cleaned_data)[1]:
            messages.info(request, _("Your export is already running."))
        return redirect("exports:list")
    context = {
        "form": form,
        "exports": request.user.exports.with_task()[:SHOWN],
        "shown": SHOWN,
        "estimate": Export.objects.estimate(request.user),
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


@login_required
@require_safe
def download(request, pk):
    export = get_object_or_404(request.user.exports.exclude(file=""), pk=pk)
    try:
        file = export.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    return FileResponse(
        file,
        as_attachment=True,
        filename=export.file_name,
        content_type=export.content_type,
    )


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request):
    """Whether an archive is whole, whose, and of when. Nothing of it is kept."""
    form = VerifyForm(request.POST, request.FILES) if request.method == "POST" else VerifyForm()
    context = {"form": form}
    if form.is_valid():
        file = form.cleaned_data["archive"]
        try:
            context["verified"] = verify_archive(file, limit=settings.VERIFY_UNPACKED_MAX_BYTES)
            context["made_here"] = Export.objects.made(file)
        except Refused as refused:
            context["refused"] = refused
    return render(request, "exports/verify.html", context)
