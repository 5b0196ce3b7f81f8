from django.contrib import admin

from tasks.admin import ReadOnly

from .models import Export


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
