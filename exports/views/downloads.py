"""Fetching the file of an export."""

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe


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
