from contextlib import suppress
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from tasks import acting, registry
from tasks.acting import CANCEL, RETRY, act
from tasks.models import Attempt, State, Task
from tasks.registry import MAIL_UNKNOWN
from tasks.templatetags.tasks import duration

from . import board
from .filters import EndedFilter, JobFilter, NewerFilter, ReasonFilter
from .read_only import ReadOnly

ALL = "1"  # Django's select_across: not the selected ones, but all that the filter shows


class AttemptInline(ReadOnly, admin.StackedInline):
    model = Attempt
    extra = 0
    can_delete = False
    fields = ["worker", "started_at", "ended_at", "took", "outcome", "resends", "trace"]
    readonly_fields = ["took", "trace"]

    def has_view_permission(self, request, obj=None):
        return request.user.has_perm("tasks.view_task")  # they are a part of it

    @admin.display(description=_("duration"))
    def took(self, attempt):
        if attempt.ended_at is None:
            return self.get_empty_value_display()
        return duration((attempt.ended_at - attempt.started_at).total_seconds())

    @admin.display(description=Attempt._meta.get_field("traceback").verbose_name)
    def trace(self, attempt):
        return format_html('<pre class="traceback">{}</pre>', attempt.traceback)


@admin.register(Task)
class TaskAdmin(ReadOnly, admin.ModelAdmin):
    """The list, a page for each task, and what operators may do, who may change tasks; who may only
    view them sees the same without buttons."""

    list_display = ["what", "owner", "standing", "reason", "created_at", "ended_at"]
    list_filter = ["state", JobFilter, ReasonFilter, EndedFilter, NewerFilter, "background"]
    list_select_related = ["owner"]
    list_per_page = 50
    sortable_by = ["created_at"]  # by an index
    ordering = ["-created_at"]
    search_fields = ["=owner__username", "=key"]
    search_help_text = _("A person's user name, or the key or the id of a task")
    show_full_result_count = False
    inlines = [AttemptInline]
    actions = ["retry_selected", "cancel_selected"]
    readonly_fields = ["what", "why", "doing", "percent", "same"]
    fieldsets = [
        (None, {"fields": ["what", "owner", "state", "why", "doing", "percent", "same"]}),
        (
            _("Times"),
            {"fields": ["created_at", "not_before", "claimed_at", "checkpointed_at", "ended_at"]},
        ),
        (
            _("For the engine"),
            {
                "fields": [
                    *["job", "key", "args", "background", "attempt", "failures", "max_attempts"],
                    *["done", "total", "delivering", "dispatched_at", "lease_until", "seen_at"],
                ],
                "classes": ["collapse"],
            },
        ),
    ]

    def get_urls(self):
        def own(address, view, name, **options):
            view = self.admin_site.admin_view(partial(view, admin=self), **options)
            return path(address, view, name=f"tasks_task_{name}")

        return [
            own("board/", board.page, "board"),
            own("board/now/", board.now, "board_now", cacheable=True),
            own("board/lately/", board.lately, "board_lately", cacheable=True),
            own("board/pause/", board.pause, "pause"),
            own("board/resume/", board.resume, "resume"),
            own("<uuid:pk>/cancel/", partial(act_on_one, deed=CANCEL), "cancel"),
            own("<uuid:pk>/retry/", partial(act_on_one, deed=RETRY), "retry"),
            *super().get_urls(),
        ]

    def has_operate_permission(self, request):
        return request.user.has_perm("tasks.change_task")

    # The list

    def changelist_view(self, request, extra_context=None):
        if request.method == "POST" and not self.has_operate_permission(request):
            raise PermissionDenied
        return super().changelist_view(request, extra_context)

    def get_search_results(self, request, tasks, term):
        """By indexes, each of which is of one column or begins with another."""
        if not term:
            return tasks, False
        found = Q(job__in=registry.declared(), key=term) | Q(owner__in=_people(term))
        with suppress(ValueError):
            found |= Q(pk=UUID(term))
        return tasks.filter(found), False

    @admin.display(description=_("job"), ordering="job")
    def what(self, task):
        return task.description

    @admin.display(description=_("progress"))
    def percent(self, task):
        percent = _("%(percent)s%%") % {"percent": task.progress}
        if not task.total:
            return percent
        return f"{percent} · {number_format(task.done)} / {number_format(task.total)}"

    @admin.display(description=Task._meta.get_field("state").verbose_name)
    def standing(self, task):
        label = task.get_state_display()
        if task.state != State.RUNNING:
            return label
        percent = _("%(percent)s%%") % {"percent": task.progress}
        return f"{label} · {percent}"

    @admin.action(description=_("Retry the selected tasks"), permissions=["operate"])
    def retry_selected(self, request, tasks):
        return act_on_many(request, tasks, admin=self, deed=RETRY)

    @admin.action(description=_("Cancel the selected tasks"), permissions=["operate"])
    def cancel_selected(self, request, tasks):
        return act_on_many(request, tasks, admin=self, deed=CANCEL)

    # The page of one

    def get_object(self, request, object_id, from_field=None):
        task = super().get_object(request, object_id, from_field)
        return task and self.get_queryset(request).with_standing().filter(pk=task.pk).first()

    def render_change_form(self, request, context, **options):
        context["may_operate"] = self.has_operate_permission(request)
        return super().render_change_form(request, context, **options)

    @admin.display(description=Task._meta.get_field("reason").verbose_name)
    def why(self, task):
        if not task.reason:
            return self.get_empty_value_display()
        return f"{task.reason_label} ({task.reason})"

    @admin.display(description=Task._meta.get_field("phase").verbose_name)
    def doing(self, task):
        return task.phase_label or self.get_empty_value_display()

    @admin.display(description=_("others for the same"))
    def same(self, task):
        """With the same job and key."""
        asked = urlencode({"job": task.job, "q": task.key})
        address = reverse("admin:tasks_task_changelist")
        return format_html('<a href="{}?{}">{}</a>', address, asked, task.key)


def _people(username):
    """The person of this name, in a list, or nobody."""
    people = get_user_model().objects
    with suppress(people.model.DoesNotExist):
        return [people.get_by_natural_key(username)]
    return []


@require_POST
def act_on_one(request, pk, admin, deed):
    if not admin.has_operate_permission(request):
        raise PermissionDenied
    task = get_object_or_404(Task, pk=pk)
    tell(request, act(deed, Task.objects.filter(pk=pk), request.user))
    return HttpResponseRedirect(reverse("admin:tasks_task_change", args=[task.pk]))


def act_on_many(request, tasks, admin, deed):
    """Ask first, how many. What was created since then was not asked about, and is left alone."""
    asked_at = _time(request.POST.get("asked_at", ""))
    across = request.POST.get("select_across") == ALL
    if asked_at is None:
        return ask(request, tasks, admin, deed, across)
    which = f"{tasks.count()} selected"
    if across:
        tasks = tasks.filter(state__in=deed.states, created_at__lte=asked_at)
        which = f"all with {request.GET.urlencode() or 'any state'}"
    outcome = act(deed, tasks, request.user)
    told = request.POST.get("told", "")
    if across and told.isdecimal() and int(told) > outcome.total:
        outcome.left[_("They ended or changed meanwhile.")] = int(told) - outcome.total
    acting.log(outcome, request.user, which)
    tell(request, outcome)
    return None


def _time(text):
    """None of what is no time."""
    with suppress(ValueError):
        return parse_datetime(text)
    return None


def ask(request, tasks, admin, deed, across):
    groups = tasks.order_by().values("job", "state", "reason").annotate(count=Count("*"))
    groups = [(each.pop("count"), Task(**each)) for each in groups.order_by("-count")]
    reasons = {task.reason for _count, task in groups}
    told = sum(count for count, task in groups if task.state in deed.states)
    context = admin.admin_site.each_context(request) | {
        "opts": admin.opts,
        "title": deed.question % {"count": told} if told else _("There is nothing to do"),
        "deed": deed,
        "possible": [(count, task) for count, task in groups if task.state in deed.states],
        "others": [(count, task) for count, task in groups if task.state not in deed.states],
        "told": told,
        "may_mail_twice": deed is RETRY and MAIL_UNKNOWN in reasons,
        "across": across,
        "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
        "asked_at": timezone.now(),
        "at_once": acting.MOST,
    }
    return TemplateResponse(request, "admin/tasks/task/confirm.html", context)


def tell(request, outcome):
    """Say what was done, and what was left alone and why."""
    for number, words in enumerate(outcome.sentences()):
        done = number == 0 and outcome.done
        messages.add_message(request, messages.SUCCESS if done else messages.WARNING, words)
