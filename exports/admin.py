from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from tasks.admin import ReadOnly

from .models import Delivery, Export, Webhook


@admin.register(Export)
class ExportAdmin(ReadOnly, admin.ModelAdmin):
    """Sizes and states, never contents: the file's name is not a link here."""

    list_display = ["id", "owner", "task_state", "count", "size", "mailed_at", "created_at"]
    list_select_related = ["owner", "task"]
    search_fields = ["=owner__username"]
    date_hierarchy = "created_at"
    show_full_result_count = False
    exclude = ["file"]

    @admin.display(description=Export._meta.get_field("task").verbose_name)
    def task_state(self, export):
        return export.task.get_state_display() if export.task else ""


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
    list_select_related = ["webhook__owner"]
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
