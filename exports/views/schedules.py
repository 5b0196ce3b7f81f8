"""Exports that come by themselves."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from exports.forms import ScheduleForm
from exports.models import Schedule

from .exports import list_page


@login_required
@require_POST
def save(request):
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return list_page(request, schedule_form=form)
    Schedule.objects.plan(request.user, **form.cleaned_data)
    messages.success(request, _("Your exports come by themselves from now on."))
    return redirect("exports:list")


@login_required
@require_POST
def resume(request):
    schedule = get_object_or_404(Schedule, owner=request.user)
    if schedule.paused_at:  # else it goes on already
        schedule.resume()
    return redirect("exports:list")


@login_required
@require_POST
def delete(request):
    Schedule.objects.filter(owner=request.user).delete()
    messages.success(request, _("No more exports come by themselves."))
    return redirect("exports:list")
