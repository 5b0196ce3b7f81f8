from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from . import lifecycle
from .models import Attempt, Task


class ReadOnly:
    """What the engine writes is not for editing by hand."""

    def has_add_permission(self, request, obj=None):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        # Never on its own pages; from its owner's, it goes with them.
        own_pages = f"{self.opts.app_label}_{self.opts.model_name}_"
        at = request.resolver_match.url_name or ""
        return not at.startswith(own_pages) and super().has_delete_permission(request, obj)


class AttemptInline(ReadOnly, admin.StackedInline):
    model = Attempt
    extra = 0
    can_delete = False
    fields = ["worker", "started_at", "ended_at", "outcome", "resends", "traceback"]


@admin.register(Task)
class TaskAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["job", "owner", "state", "percent", "attempt", "created_at", "ended_at"]
    list_filter = ["state", "job"]
    list_select_related = ["owner"]
    search_fields = ["=owner__username", "=key"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    inlines = [AttemptInline]

    actions = ["cancel_selected"]

    def has_cancel_permission(self, request):
        return request.user.has_perm("tasks.change_task")

    @admin.action(description=_("Cancel the selected tasks"), permissions=["cancel"])
    def cancel_selected(self, request, queryset):
        cancelled = [task for task in queryset if lifecycle.cancel(task)]
        for task in cancelled:
            self.log_change(request, task, "cancelled")
        left_alone = queryset.count() - len(cancelled)
        self.message_user(
            request,
            _("Cancelled: %(cancelled)d. Left alone, ended or being delivered: %(left_alone)d.")
            % {"cancelled": len(cancelled), "left_alone": left_alone},
        )

    @admin.display(description=_("progress"))
    def percent(self, task):
        return f"{task.progress} %"
