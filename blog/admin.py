from django import forms
from django.contrib import admin
from django.db.models import BooleanField, Count, ExpressionWrapper, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.admin import SuspensionForm
from accounts.deciding import Deciding
from accounts.models import User
from tasks.admin import ReadOnly

from . import search
from .models import Case, Post, Report, Revision

REPORTS_SHOWN = 50


class RevisionInline(ReadOnly, admin.TabularInline):
    model = Revision
    fields = readonly_fields = ["said_at", "title", "body"]
    extra = 0
    can_delete = False


class HidingForm(forms.ModelForm):
    class Meta:
        model = Post
        fields = ["hidden_why"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["hidden_why"].required = True


class IsHidden(admin.SimpleListFilter):
    title = parameter_name = "hidden"

    def lookups(self, request, model_admin):
        return [("yes", _("hidden"))]

    def queryset(self, request, posts):
        return posts.filter(hidden_at__isnull=False) if self.value() == "yes" else posts


class ByNumber:
    """A post, as the log of admins has it. That is kept for ever, and so not with words that may be
    deleted."""

    def __init__(self, post):
        self._meta, self.pk = post._meta, post.pk

    def __str__(self):
        return f"post {self.pk}"


class LogsNoWords:
    def log_change(self, request, row, message):
        return super().log_change(request, _for_the_log(row), message)

    def log_deletions(self, request, rows):
        return super().log_deletions(request, map(_for_the_log, rows))


@admin.register(Post)
class PostAdmin(LogsNoWords, Deciding, admin.ModelAdmin):
    """Posts with those that are deleted and only wait for their undo to run out. Their words are
    their authors': admins read, hide and delete. Private messages are private: they have no page.
    """

    list_display = ["__str__", "author", "timestamp", "language", "hidden_at", "deleted_at"]
    list_filter = [IsHidden]
    list_select_related = ["author"]
    search_fields = ["author__username"]  # and the words, see below
    search_help_text = _("A user name, or words of posts")
    date_hierarchy = "timestamp"
    show_full_result_count = False
    inlines = [RevisionInline]
    actions = ["hide", "show"]

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_hide_permission(self, request):
        return request.user.has_perm("blog.change_post")

    def get_queryset(self, request):
        return Post.with_deleted.order_by("-timestamp", "-id")

    def get_search_results(self, request, posts, term):
        if not term:
            return posts, False
        found = search.find_posts(term[: search.QUERY_MAX_LENGTH], Post.with_deleted.all())
        authors = User.objects.named(term).values_list("pk", flat=True)
        # Lists, not subqueries: so the database goes by its indexes, whoever wrote how much.
        wanted = Q(author__in=list(authors)) | Q(pk__in=[post.pk for post in found])
        return posts.filter(wanted), False

    def get_decisions(self, post):
        return {"show" if post.hidden_at else "hide"}

    @admin.action(description=_("Hide"), permissions=["hide"])
    def hide(self, request, posts):
        return self.decide(
            request,
            posts.select_related("author"),
            lambda post, hidden_why: post.hide(hidden_why, request.user),
            form=HidingForm,
            title=_("Hide them?"),
            log=lambda post, hidden_why: [(post, f"hidden: {hidden_why}")],
        )

    @admin.action(description=_("Show again"), permissions=["hide"])
    def show(self, request, posts):
        return self.decide(
            request,
            posts.select_related("author"),
            lambda post: post.show(request.user),
            form=forms.Form,
            title=_("Show them again?"),
            log=lambda post: [(post, "shown again")],
        )


class NoteForm(forms.ModelForm):
    class Meta:
        model = Case
        fields = ["note"]


class HidingOfReportedForm(HidingForm):
    note = Case._meta.get_field("note").formfield()


class IsOpen(admin.SimpleListFilter):
    title = _("state")
    parameter_name = "open"

    def lookups(self, request, model_admin):
        return [("yes", _("open")), ("no", _("decided"))]

    def queryset(self, request, cases):
        if self.value() in {"yes", "no"}:
            return cases.filter(decided_at__isnull=self.value() == "yes")
        return cases


@admin.register(Case)
class CaseAdmin(LogsNoWords, Deciding, ReadOnly, admin.ModelAdmin):
    """What was reported, open ones first. Who has reported it is for admins only; and an
    admin who is reported is not told."""

    list_display = ["label", "person", "state", "count", "opened_at", "decision", "decided_at"]
    list_filter = [IsOpen, "decision"]
    search_fields = ["=person__username"]
    show_full_result_count = False
    fields = [
        *["what", "person", "state", "reasons", "said", "opened_at"],
        *["decision", "note", "decided_at", "decided_by"],
    ]
    readonly_fields = ["what", "state", "reasons", "said"]
    actions = ["hide_post", "suspend_person", "dismiss"]

    def has_decide_permission(self, request):
        return request.user.has_perm("blog.change_case")

    def has_hide_permission(self, request):
        return request.user.has_perm("blog.change_post") and self.has_decide_permission(request)

    def has_suspend_permission(self, request):
        may_suspend = request.user.has_perm("accounts.change_user")
        return may_suspend and self.has_decide_permission(request)

    def get_queryset(self, request):
        # Counted for the rows of a page only.
        of_one = Report.objects.filter(case=OuterRef("pk")).order_by().values("case")
        counted = of_one.annotate(count=Count("pk")).values("count")
        cases = Case.objects.select_related("person", "post", "decided_by")
        is_own = ExpressionWrapper(Q(person=request.user.pk), BooleanField())
        return cases.annotate(count=Coalesce(counted, 0), is_own=is_own).order_by(
            F("decided_at").desc(nulls_first=True), "-pk"
        )

    @admin.display(description=_("post or person"))
    def label(self, case):
        if not case.post_id:
            return f"@{case.person.username}"
        return str(case.post) if _is_there(case.post) else _("a post that is gone")

    @admin.display(description=_("post or person"))
    def what(self, case):
        if not _is_there(case.post):
            return self.label(case)
        url = reverse("admin:blog_post_change", args=[case.post_id])
        return format_html('<a href="{}" dir="auto">{}</a>', url, case.post.text.strip())

    @admin.display(description=_("how it is now"))
    def state(self, case):
        said = []
        if case.post_id and not _is_there(case.post):
            said.append(_("post gone"))
        elif case.post_id and case.post.hidden_at:
            said.append(Case.Decision.HIDDEN.label)
        if not case.person.is_active:
            said.append(Case.Decision.SUSPENDED.label)
        return ", ".join(map(str, said)) or self.get_empty_value_display()

    @admin.display(description=_("reports"), ordering="count")
    def count(self, case):
        return case.count

    @admin.display(description=_("reasons"))
    def reasons(self, case):
        counted = case.reports.values_list("reason").annotate(count=Count("pk")).order_by("-count")
        return ", ".join(f"{Report.Reason(reason).label}: {count}" for reason, count in counted)

    @admin.display(description=_("what was said"))
    def said(self, case):
        """The latest of the reports."""
        if case.is_own:
            return _("This is for others to read and to decide.")
        reports = case.reports.select_related("reporter").order_by("-pk")[:REPORTS_SHOWN]
        return format_html_join(
            "",
            '<p dir="auto"><strong>{}</strong> {} <span class="quiet">{}</span></p>',
            [
                (report.get_reason_display(), report.words, f"@{report.reporter or '—'}")
                for report in reports
            ],
        )

    def get_decisions(self, case):
        if case.decided_at or case.is_own:
            return set()
        return {"suspend_person", "dismiss"} | ({"hide_post"} if _is_there(case.post) else set())

    @admin.action(description=_("Hide the post"), permissions=["hide"])
    def hide_post(self, request, cases):
        return self.decide(
            request,
            cases,
            lambda case, hidden_why, note: case.hide_post(request.user, why=hidden_why, note=note),
            form=HidingOfReportedForm,
            title=_("Hide what was reported?"),
            log=lambda case, hidden_why, note: [
                (case, f"hidden: {hidden_why} {note}"),
                (case.post, f"hidden: {hidden_why}"),
            ],
        )

    @admin.action(description=_("Suspend the person"), permissions=["suspend"])
    def suspend_person(self, request, cases):
        return self.decide(
            request,
            cases,
            lambda case, **given: case.suspend_person(request.user, **given),
            form=SuspensionForm,
            title=_("Suspend who was reported?"),
            log=lambda case, reason, words: [
                (case, f"suspended: {reason}"),
                (case.person, f"suspended: {reason}"),
            ],
        )

    @admin.action(description=pgettext_lazy("report", "Dismiss"), permissions=["decide"])
    def dismiss(self, request, cases):
        return self.decide(
            request,
            cases,
            lambda case, **given: case.dismiss(request.user, **given),
            form=NoteForm,
            title=_("Dismiss what was reported?"),
            log=lambda case, note: [(case, f"dismissed: {note}")],
        )


def _is_there(post):
    return post is not None and post.deleted_at is None


def _for_the_log(row):
    return ByNumber(row) if isinstance(row, Post) else row
