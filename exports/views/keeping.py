"""How long the file of an export stays."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST


@login_required
@require_POST
def extend(request, pk):
    export = get_object_or_404(request.user.exports, pk=pk)
    if export.extend():
        export.refresh_from_db()
        messages.success(request, render_to_string("exports/_extended.html", {"export": export}))
    else:
        messages.info(request, _("It can be kept for longer once, while its file is there."))
    return redirect(export)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request, pk):
    export = get_object_or_404(request.user.exports.with_task(), pk=pk)
    if not export.file:
        return redirect(export)  # its page says what became of it
    if request.method != "POST":
        return render(request, "exports/delete.html", {"export": export})
    if export.remove_file():
        messages.success(request, _("The file is deleted."))
    else:
        messages.info(
            request,
            _("This export is still being worked on. Cancel it first, or wait until it is done."),
        )
    return redirect(export)
