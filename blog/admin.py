from django.contrib import admin

from .models import Post


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    list_display = ["__str__", "author", "timestamp"]
    list_select_related = ["author"]
    raw_id_fields = ["author"]
    search_fields = ["=author__username"]
    date_hierarchy = "timestamp"
    show_full_result_count = False
