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
    """Posts with those that are deleted and only wait for their undo to run out. Private messages
    are private: admins have no page of them."""

    list_display = ["__str__", "author", "timestamp", "language", "deleted_at"]
    list_select_related = ["author"]
    raw_id_fields = ["author", "reply_to"]
    readonly_fields = ["thread", "edited_at", "deleted_at"]
    exclude = ["mentions"]  # they are what the text says
    search_fields = ["=author__username"]
    date_hierarchy = "timestamp"
    show_full_result_count = False
    inlines = [RevisionInline]

    def get_queryset(self, request):
        return Post.with_deleted.order_by("-timestamp", "-id")
