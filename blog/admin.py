from django.contrib import admin

from .models import Post, Revision


class RevisionInline(admin.TabularInline):
    model = Revision
    fields = readonly_fields = ["said_at", "title", "body"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj):
        return False


@admin.register(Post)
class PostAdmin(admin.ModelAdmin):
    """Posts with those that are deleted and only wait for their undo to run out. Their words are
    their authors': admins read and delete. Private messages are private: they have no page."""

    list_display = ["__str__", "author", "timestamp", "language", "deleted_at"]
    list_select_related = ["author"]
    search_fields = ["=author__username"]
    date_hierarchy = "timestamp"
    show_full_result_count = False
    inlines = [RevisionInline]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def get_queryset(self, request):
        return Post.with_deleted.order_by("-timestamp", "-id")
