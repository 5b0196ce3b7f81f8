from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from accounts.admin import UserAdmin
from accounts.models import User
from tasks.admin import ReadOnly

from .models import Delivery, Download, Export, Schedule, Webhook

admin.site.unregister(User)


@admin.register(User)
class OwnerAdmin(UserAdmin):
    """People, with what an admin can do for those who are suspended: their words are theirs."""

    actions = [*UserAdmin.actions, "export"]

    def has_export_permission(self, request):
        return request.user.has_perm("exports.add_export")

    def get_decisions(self, person):
        return super().get_decisions(person) | (set() if person.is_active else {"export"})

    @admin.action(description=_("Export for them"), permissions=["export"])
    def export(self, request, people):
        return self.decide(
            request,
            people,
            Export.objects.start_for,
            form=forms.Form,
            title=_("Export all that is theirs, and mail it to them?"),
            log=lambda person: [(person, "export begun for them")],
        )


@admin.register(Export)
class ExportAdmin(ReadOnly, admin.ModelAdmin):
    """Sizes and states, never contents: the file's name is not a link here; and how often it was
    fetched, not from where."""

    list_display = [
        "id",
        "owner",
        "task_state",
        "count",
        "size",
        "mailed_at",
        "fetched",
        "created_at",
    ]
    list_select_related = ["owner", "task"]
    search_fields = ["=owner__username"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    view_on_site = False  # its page is its owner's
    exclude = ["file"]

    @admin.display(description=Export._meta.get_field("task").verbose_name)
    def task_state(self, export):
        return export.task.get_state_display() if export.task else ""

    def get_queryset(self, request):
        # Counted for the rows of a page only.
        of_one = Download.objects.filter(export=OuterRef("pk")).order_by().values("export")
        counted = of_one.annotate(count=Count("pk")).values("count")
        return super().get_queryset(request).annotate(fetched=Coalesce(counted, 0))

    @admin.display(description=_("Downloads"), ordering="fetched")
    def fetched(self, export):
        return export.fetched


@admin.register(Schedule)
class ScheduleAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["owner", "every", "contents", "next_at", "paused_at"]
    list_filter = ["every", ("paused_at", admin.EmptyFieldListFilter)]
    list_select_related = ["owner"]
    search_fields = ["=owner__username"]
    ordering = ["next_at"]
    show_full_result_count = False


@admin.register(Webhook)
class WebhookAdmin(ReadOnly, admin.ModelAdmin):
    """Whose, and where to; not the whole URL, which may be secret, nor what it is signed with."""

    list_display = ["id", "owner", "host", "events", "created_at", "disabled_at"]
    list_select_related = ["owner"]
    search_fields = ["=owner__username"]
    show_full_result_count = False
    fields = ["owner", "host", "events", "created_at", "disabled_at"]

    @admin.display(description=_("host"))
    def host(self, webhook):
        return webhook.host


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["id", "owner", "event", "attempts", "status", "error_label", "attempted_at"]
    list_select_related = ["webhook__owner", "task"]
    search_fields = ["=webhook__owner__username", "=webhook__id"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    fields = ["webhook", "task", "event", "created_at", "attempts", "attempted_at", "status"]
    fields += ["error_label", "duration_ms"]

    @admin.display(description=Webhook._meta.get_field("owner").verbose_name)
    def owner(self, delivery):
        return delivery.webhook.owner

    @admin.display(description=Delivery._meta.get_field("error").verbose_name)
    def error_label(self, delivery):
        return delivery.error_label
