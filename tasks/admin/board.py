"""The board: how the engine does, and the pauses. The first page works without a script; with one,
it asks for its parts again."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response, set_response_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from tasks import acting, registry
from tasks.board import Current, Lately
from tasks.models import EVERY_JOB, Pause
from tasks.registry import get_job


@require_safe
def page(request, admin):
    context = admin.admin_site.each_context(request)
    context |= {"title": _("Board"), "opts": admin.opts}
    context |= _of_now(request, admin) | {"lately": Lately()}
    return render(request, "admin/tasks/task/board.html", context)


@require_safe
def now(request, admin):
    return _part(request, "admin/tasks/task/now.html", _of_now(request, admin))


@require_safe
def lately(request, admin):
    _ensure(admin.has_view_permission(request))
    return _part(request, "admin/tasks/task/_lately.html", {"lately": Lately()})


@require_POST
def pause(request, admin):
    job = _asked_job(request, admin)
    if Pause.objects.begin(job, request.user):
        _note(request.user, job, "paused")
        messages.success(request, _("Paused: %(job)s. What runs goes on.") % {"job": _words(job)})
    else:
        messages.warning(request, _("Left alone, for it was paused already: %s") % _words(job))
    return HttpResponseRedirect(reverse("admin:tasks_task_board"))


@require_POST
def resume(request, admin):
    job = _asked_job(request, admin)
    if Pause.objects.end(job):
        _note(request.user, job, "resumed")
        messages.success(request, _("Goes on: %s") % _words(job))
    else:
        messages.warning(request, _("Left alone, for it was not paused: %s") % _words(job))
    return HttpResponseRedirect(reverse("admin:tasks_task_board"))


def _of_now(request, admin):
    _ensure(admin.has_view_permission(request))
    return {"current": Current(), "may_operate": admin.has_operate_permission(request)}


def _part(request, template, context):
    """A part of the page, or 304 where the browser has it as it is. No form is in it, whose token
    would be new each time."""
    response = render(request, template, context)
    set_response_etag(response)
    return get_conditional_response(request, etag=response["ETag"], response=response)


def _asked_job(request, admin):
    """The job that is to be paused or to go on: one that is declared or paused, or EVERY_JOB."""
    _ensure(admin.has_operate_permission(request))
    job = request.POST.get("job", "")
    known = job == EVERY_JOB or registry.is_declared(job) or Pause.objects.filter(job=job).exists()
    if "job" not in request.POST or not known:
        raise Http404("There is no such job.")
    return job


def _ensure(allowed):
    if not allowed:
        raise PermissionDenied


def _words(job):
    return _("every job") if job == EVERY_JOB else get_job(job).description


def _note(by, job, what):
    words = f"{what}: {job or 'every job'}"
    acting.note(by, words, words)
