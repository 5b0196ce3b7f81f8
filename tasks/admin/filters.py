"""By what the list of tasks is narrowed down. None of these asks the database what there is to
choose from: among a million of tasks, that takes longer than the list."""

from datetime import timedelta

from django.contrib.admin import SimpleListFilter
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from tasks import registry
from tasks.registry import COMMON_REASONS, get_job


class JobFilter(SimpleListFilter):
    title = _("job")
    parameter_name = "job"

    def lookups(self, request, model_admin):
        return sorted((name, str(get_job(name).description)) for name in registry.declared())

    def queryset(self, request, tasks):
        return tasks.filter(job=self.value()) if self.value() else tasks


class ReasonFilter(SimpleListFilter):
    """By the codes of the chosen job, and those that all have."""

    title = _("reason")
    parameter_name = "reason"

    def lookups(self, request, model_admin):
        job = get_job(request.GET.get("job", ""))
        return [(code, code) for code in sorted(COMMON_REASONS | job.reasons)]

    def queryset(self, request, tasks):
        return tasks.filter(reason=self.value()) if self.value() else tasks


class EndedFilter(SimpleListFilter):
    title = _("ended")
    parameter_name = "ended"
    WITHIN = {
        "hour": (timedelta(hours=1), _("Within an hour")),
        "day": (timedelta(days=1), _("Within a day")),
        "week": (timedelta(days=7), _("Within a week")),
    }

    def lookups(self, request, model_admin):
        return [(name, label) for name, (_length, label) in self.WITHIN.items()]

    def queryset(self, request, tasks):
        if self.value() not in self.WITHIN:
            return tasks
        return tasks.filter(ended_at__gte=Now() - self.WITHIN[self.value()][0])


class NewerFilter(SimpleListFilter):
    title = _("newer task for the same")
    parameter_name = "newer"

    def lookups(self, request, model_admin):
        return [("none", _("There is none"))]

    def queryset(self, request, tasks):
        return tasks.with_newer().filter(has_newer=False) if self.value() == "none" else tasks
