from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .models import Export

SHOWN = 50  # exports on the list


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request):
    if request.method == "POST":
        if not Export.objects.start(request.user)[1]:
            messages.info(request, _("Your export is already running."))
        return redirect("exports:list")
    mine = request.user.exports.with_task()[:SHOWN]
    return render(request, "exports/list.html", {"exports": mine, "shown": SHOWN})


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
