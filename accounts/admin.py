from base64 import b64encode

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.core.exceptions import PermissionDenied
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from tasks.admin import ReadOnly

from .deciding import Deciding
from .models import Suspension, User

# What makes somebody more than they are, or gets another one's links for a new password.
FOR_SUPERUSERS = ["email", "is_staff", "is_superuser", "groups", "user_permissions"]


class SuspensionForm(forms.ModelForm):
    class Meta:
        model = Suspension
        fields = ["reason", "words"]


class SuspensionInline(ReadOnly, admin.TabularInline):
    model = Suspension
    fk_name = "person"
    fields = readonly_fields = ["began_at", "began_by", "reason", "words", "ended_at", "ended_by"]
    extra = 0
    can_delete = False

    def has_view_permission(self, request, obj=None):
        return True  # who sees the person


@admin.register(User)
class UserAdmin(Deciding, DjangoUserAdmin):
    """People. Who may change them, becomes neither a superuser by it nor somebody else."""

    list_display = ["username", "display_name", "email", "is_active", "date_joined", "last_seen"]
    list_filter = ["is_staff", "is_superuser", "is_active", "language"]
    search_fields = ["username", "display_name", "email"]
    readonly_fields = [
        "picture",  # re-encoded only on its way by the site
        "last_seen",
        "is_active",  # changed by being suspended and restored
    ]
    autocomplete_fields = ["mutes", "blocks"]
    actions = ["suspend", "restore", "remove_pictures"]
    inlines = [SuspensionInline]
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
        # Within the page: at its address, one of who is suspended is not shown.
        picture, kind = person.read_avatar()
        url = f"data:{kind};base64,{b64encode(picture).decode()}"
        return format_html('<img src="{}" alt="" width="96" height="96">', url)

    def has_change_permission(self, request, person=None):
        return super().has_change_permission(request, person) and _is_subject(person, request.user)

    def has_delete_permission(self, request, person=None):
        return super().has_delete_permission(request, person) and _is_subject(person, request.user)

    def get_readonly_fields(self, request, person=None):
        fields = super().get_readonly_fields(request, person)
        return fields if request.user.is_superuser else [*fields, *FOR_SUPERUSERS]

    def user_change_password(self, request, id, form_url=""):
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_inlines(self, request, person):
        return super().get_inlines(request, person) if person else []

    def get_form(self, request, person=None, **kwargs):
        words = {"is_active": _("Whether they are let in: suspended people are not.")}
        return super().get_form(request, person, **{"help_texts": words} | kwargs)

    def view_on_site(self, person):
        return person.get_absolute_url() if person.is_active else None

    def get_standing(self, person):
        if person.is_active:
            return ""
        suspension = person.suspensions.filter(ended_at=None).first()
        if suspension is None:
            return _("Suspended.")
        since = date_format(localtime(suspension.began_at), "DATETIME_FORMAT")
        reason = {"since": since, "reason": suspension.reason}
        return _("Suspended since %(since)s: %(reason)s") % reason

    def get_decisions(self, person):
        return {"suspend" if person.is_active else "restore"}

    @admin.action(description=_("Suspend"), permissions=["change"])
    def suspend(self, request, people):
        return self.decide(
            request,
            people,
            lambda person, **given: person.suspend(request.user, **given),
            form=SuspensionForm,
            title=_("Suspend them?"),
            log=lambda person, reason, words: [(person, f"suspended: {reason}")],
        )

    @admin.action(description=_("Restore"), permissions=["change"])
    def restore(self, request, people):
        return self.decide(
            request,
            people,
            lambda person: person.restore(request.user),
            form=forms.Form,
            title=_("Restore them?"),
            log=lambda person: [(person, "restored")],
        )

    @admin.action(description=_("Remove the pictures of selected people"), permissions=["change"])
    def remove_pictures(self, request, people):
        for person in people:
            person.change_avatar(b"")
            self.log_change(request, person, "picture removed")

    def delete_queryset(self, request, queryset):
        for person in queryset:  # one by one: their tasks are cancelled
            person.delete()


def _is_subject(person, admin):
    return person is None or admin.is_superuser or not person.is_superuser
