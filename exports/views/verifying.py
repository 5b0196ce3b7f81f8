from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from exports.forms import VerifyForm
from exports.models import Export
from exports.verifying import Refused
from exports.verifying import verify as verify_archive


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
