from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from .models import User


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    list_display = ["username", "display_name", "email", "is_active", "date_joined", "last_seen"]
    list_filter = ["is_staff", "is_superuser", "is_active", "language"]
    search_fields = ["username", "display_name", "email"]
    readonly_fields = [
        "picture",
        "last_seen",
    ]  # a picture is re-encoded only on its way by the site
    autocomplete_fields = ["mutes", "blocks"]
    actions = ["remove_pictures"]
    fieldsets = [
        *DjangoUserAdmin.fieldsets,
        (_("Profile"), {"fields": ["picture", "display_name", "about", "last_seen"]}),
        (
            _("Preferences"),
            {"fields": ["language", "time_zone", "mail_new_posts", "mail_messages"]},
        ),
        (_("Distance"), {"fields": ["mutes", "blocks"], "classes": ["collapse"]}),
    ]

    @admin.display(description=_("picture"))
    def picture(self, person):
        return format_html('<img src="{}" alt="" width="96" height="96">', person.avatar_url)

    @admin.action(description=_("Remove the pictures of selected people"), permissions=["change"])
    def remove_pictures(self, request, people):
        for person in people:
            person.change_avatar(b"")

    def delete_queryset(self, request, queryset):
        for person in queryset:  # one by one: their tasks are cancelled
            person.delete()
