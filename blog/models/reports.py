"""What people say is wrong with a post or with a person, and what admins decide."""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.validators import validate_storable

from .posts import BodyField, Post

WORDS_MAX_LENGTH = 500  # code points


def behind(about):
    """The person that a report about a post or a person is about."""
    return about.author if isinstance(about, Post) else about


class CaseQuerySet(models.QuerySet):
    def to_forget(self):
        """Those that were decided long ago, and whose decision is not in force any more."""
        hidden = Post.with_deleted.filter(pk=OuterRef("post"), hidden_at__isnull=False)
        is_hidden = Q(Exists(hidden), decision=Case.Decision.HIDDEN)
        out = User.objects.filter(pk=OuterRef("person"), is_active=False)
        is_out = Q(Exists(out), decision=Case.Decision.SUSPENDED)
        long_ago = Now() - timedelta(days=settings.KEEP_DECISIONS_DAYS)
        return self.filter(~is_hidden, ~is_out, decided_at__lt=long_ago)


class CaseManager(models.Manager.from_queryset(CaseQuerySet)):
    def open_about(self, about):
        """The open case of a post or a person; a new one, if there is none. In a transaction, to
        whose end nobody decides it."""
        post = about if isinstance(about, Post) else None
        open_or_new = self.select_for_update(no_key=True).get_or_create
        return open_or_new(post=post, person=behind(about), decided_at=None)[0]


class Case(models.Model):
    """What was reported: a post, or a person, with all reports of it until an admin decides. Then
    the next report makes a new one."""

    class Decision(models.TextChoices):
        HIDDEN = "hidden", _("post hidden")
        SUSPENDED = "suspended", _("person suspended")
        DISMISSED = "dismissed", _("dismissed")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="cases",
        verbose_name=_("person"),
    )
    # Its number stays when it is gone: else the next report would be one of the person.
    post = models.ForeignKey(
        Post,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="cases",
        verbose_name=_("post"),
    )
    opened_at = models.DateTimeField(_("opened"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    decision = models.CharField(_("decision"), max_length=20, choices=Decision, blank=True)
    note = models.TextField(
        _("note"),
        max_length=WORDS_MAX_LENGTH,
        blank=True,
        help_text=_("For admins."),
        validators=[validate_storable, MaxLengthValidator(WORDS_MAX_LENGTH)],
    )

    objects = CaseManager()

    class Meta:
        verbose_name = _("reported post or person")
        verbose_name_plural = _("reported posts and people")
        constraints = [
            models.UniqueConstraint(
                fields=["post"], condition=Q(decided_at=None), name="blog_case_of_post"
            ),
            models.UniqueConstraint(
                fields=["person"],
                condition=Q(decided_at=None, post=None),
                name="blog_case_of_person",
            ),
        ]
        indexes = [models.Index(fields=["decided_at", "id"], name="blog_case_queue")]

    def __str__(self):
        return f"post {self.post_id}" if self.post_id else f"person {self.person_id}"

    @transaction.atomic
    def hide_post(self, admin, *, why: str, note: str = "") -> bool:
        """Hide the post, which its author is told, with `why`. False when the case is decided, or
        there is no post, or it is gone. Raises Refused."""
        post = Post.objects.select_related("author").filter(pk=self.post_id).first()
        if post is None or not self._decide(admin, self.Decision.HIDDEN, note):
            return False
        post.hide(why)  # or it is hidden already
        return True

    @transaction.atomic
    def suspend_person(self, admin, *, reason: str, words: str = "") -> bool:
        """Suspend the person. False when the case is decided. Raises Refused."""
        if not self._decide(admin, self.Decision.SUSPENDED, reason):
            return False
        self.person.suspend(admin, reason=reason, words=words)  # or they are out already
        return True

    def dismiss(self, admin, *, note: str = "") -> bool:
        """Leave things as they are. False when the case is decided. Raises Refused."""
        return self._decide(admin, self.Decision.DISMISSED, note)

    def _decide(self, admin, decision, note):
        self.person.ensure_subject_to(admin)
        said = {"decision": decision, "decided_by": admin, "decided_at": timezone.now()}
        is_open = Case.objects.filter(pk=self.pk, decided_at=None)
        return bool(is_open.update(note=note, **said))


class Report(models.Model):
    """What one person says of it. One more of the same person says nothing new while it waits."""

    class Reason(models.TextChoices):
        SPAM = "spam", _("It is spam, or a fraud")
        HARASSMENT = "harassment", _("It insults or threatens somebody")
        HATE = "hate", _("It stirs up hatred or violence")
        PRIVACY = "privacy", _("It shows what is private to somebody")
        IMPERSONATION = "impersonation", _("It pretends to be somebody else")
        ILLEGAL = "illegal", _("It is against the law")
        OTHER = "other", _("Something else")

    case = models.ForeignKey(
        Case,
        on_delete=models.CASCADE,
        db_index=False,  # blog_report_once serves it too
        related_name="reports",
        verbose_name=_("case"),
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="reports",
        verbose_name=_("reported by"),
    )
    reason = models.CharField(_("What is wrong?"), max_length=20, choices=Reason)
    words = BodyField(
        _("More about it"),
        blank=True,
        validators=[validate_storable, MaxLengthValidator(WORDS_MAX_LENGTH)],
    )
    created_at = models.DateTimeField(_("reported"), default=timezone.now)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.UniqueConstraint(fields=["case", "reporter"], name="blog_report_once")
        ]

    def __str__(self):
        return f"{self.reason} → {self.case_id}"

    def clean(self):
        if self.reason == self.Reason.OTHER and not self.words.strip():
            raise ValidationError({"words": _("Please say what is wrong.")}, code="blank")

    @transaction.atomic
    def send(self, about) -> "Report":
        """Add this new one to the open case of `about`, a post or another person. Returns the one
        that is there: it, or an earlier one of the same person."""
        self.case = Case.objects.open_about(about)
        earlier = self.case.reports.filter(reporter=self.reporter).first()
        if earlier is None:
            self.save(force_insert=True)
        return earlier or self
