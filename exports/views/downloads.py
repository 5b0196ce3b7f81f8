"""Fetching the file of an export."""

import logging
from functools import wraps

from django.contrib.auth.views import redirect_to_login
from django.core.signing import BadSignature, SignatureExpired
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from exports import archive, links, transfer

logger = logging.getLogger(__name__)


def signed_in(view):
    """As login_required, but who signs in comes to the export's page. Led to a file they would stay
    at the form; and browsers follow a form (Content-Security-Policy) to no other host."""

    @wraps(view)
    def guarded(request, pk):
        if request.user.is_authenticated:
            return view(request, pk)
        return redirect_to_login(reverse("exports:detail", args=[pk]))

    return guarded


@signed_in
@require_safe
@cache_control(private=True, no_store=True)
def download(request, pk):
    """Lead to the file by a link that holds for a short time."""
    export = get_object_or_404(request.user.exports, pk=pk)
    return redirect(links.make(export)) if export.file else no_file(request, export)


@signed_in
@require_safe
@cache_control(private=True, no_store=True)
def file(request, pk):
    """The file, for its owner with such a link."""
    export = get_object_or_404(request.user.exports.select_related("owner"), pk=pk)
    if not export.file:
        return no_file(request, export)
    try:
        links.check(export, request.GET.get("key", ""))
        response, begins = transfer.answer(request, export)
    except (BadSignature, FileNotFoundError, archive.Unavailable) as error:
        return no_file(request, export, error)
    if begins:
        export.downloads.note(request)
    return response


def no_file(request, export, error=None):
    """The page that says why, and what to do."""
    match error:
        case SignatureExpired():
            why, status = "expired", 403
        case BadSignature():
            why, status = "broken", 403
        case FileNotFoundError():
            logger.error("The file of export %s is gone from where exports are kept.", export.pk)
            why, status = "missing", 404
        case archive.Unavailable():
            logger.warning("The file of export %s can't be given: %s", export.pk, error)
            why, status = "away", 503
        case None:
            why, status = ("removed", 410) if export.removed_at else ("unfinished", 404)
    context = {"export": export, "why": why, "status": status}
    return render(request, "exports/no_file.html", context, status=status)
