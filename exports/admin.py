from django.contrib import admin
from django.db.models import Count, OuterRef
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from tasks.admin import ReadOnly

from .models import Download, Export


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
