"""What people say."""

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.validators import BLANK, validate_not_blank, validate_storable
from blog import languages, markup, search, translators
from tasks.lifecycle import launch, launch_spread

from .deletions import Deletion
from .managers import FINAL, UNDO_FOR, PostQuerySet, PresentPosts, is_admin
from .notifications import Notification
from .tags import Tag

BODY_MAX_LENGTH = 500  # code points
TITLE_MAX_LENGTH = 140  # code points
WHY_MAX_LENGTH = 500  # code points


class ChangedMeanwhile(Exception):
    """The post is not any more what it was when it was read."""


class AnsweredIsGone(Exception):
    """The post that is answered was removed for good since it was read."""


class BodyField(models.TextField):
    """Text whose line ends are `\\n`, made so before anything counts its length."""

    def to_python(self, value):
        value = super().to_python(value)
        return value if value is None else value.replace("\r\n", "\n").replace("\r", "\n")


class Post(models.Model):
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.DO_NOTHING,  # receivers.remove_what_is_said deletes them, in chunks
        db_index=False,  # blog_post_by_author serves it too
        related_name="posts",
        verbose_name=_("author"),
    )
    title = models.CharField(
        _("title"), max_length=TITLE_MAX_LENGTH, blank=True, validators=[validate_storable]
    )
    body = BodyField(
        _("text"),
        error_messages={"blank": BLANK},
        validators=[validate_storable, validate_not_blank, MaxLengthValidator(BODY_MAX_LENGTH)],
    )
    timestamp = models.DateTimeField(_("time"), default=timezone.now)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True)
    hidden_at = models.DateTimeField(_("hidden"), null=True, blank=True)
    hidden_why = models.TextField(
        _("why it is hidden"),
        max_length=WHY_MAX_LENGTH,
        blank=True,
        help_text=_("Its author reads it."),
        validators=[validate_storable, MaxLengthValidator(WHY_MAX_LENGTH)],
    )
    language = models.CharField(
        _("language"), max_length=16, blank=True, help_text=_("As it was guessed: ISO 639-1.")
    )

    reply_to = models.ForeignKey(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="replies",
        verbose_name=_("reply to"),
    )
    thread = models.PositiveBigIntegerField(
        _("thread"),
        null=True,
        blank=True,
        help_text=_("The id of the post that it began with, also when that is gone."),
    )
    mentions = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        related_name="mentioned_in",
        blank=True,
        verbose_name=_("mentioned people"),
    )

    objects = PresentPosts()
    with_deleted = PostQuerySet.as_manager()

    class Meta:
        verbose_name = _("post")
        verbose_name_plural = _("posts")
        indexes = [
            models.Index(
                # The last three, so that counting what is there, and finding what has changed among
                # it, reads nothing but the index.
                fields=["author", "timestamp", "id", "deleted_at", "edited_at", "hidden_at"],
                name="blog_post_by_author",
            ),
            models.Index(fields=["timestamp", "id"], name="blog_post_by_time"),
            models.Index(fields=["thread", "id"], name="blog_post_by_thread"),
            models.Index(
                fields=["author", "edited_at"],
                condition=Q(edited_at__isnull=False),
                name="blog_post_edited",
            ),
            models.Index(
                fields=["deleted_at"],
                condition=Q(deleted_at__isnull=False),
                name="blog_post_deleted",
            ),
            models.Index(  # in the order of their list in the admin
                fields=["timestamp", "id"],
                condition=Q(hidden_at__isnull=False),
                name="blog_post_hidden",
            ),
        ]

    def __str__(self):
        return Truncator(self.title or " ".join(self.body.split())).chars(60)

    @transaction.atomic(savepoint=False)
    def save(self, *args, **kwargs):
        """In one transaction with its words in the index of the search."""
        super().save(*args, **kwargs)

    def get_absolute_url(self):
        return reverse("blog:post", args=[self.pk])

    @property
    def text(self) -> str:
        """All its words."""
        return f"{self.title}\n{self.body}"

    @transaction.atomic
    def delete(self, *args, **kwargs):
        search.forget_posts([self.pk])
        Deletion.objects.note([self])
        return super().delete(*args, **kwargs)

    def is_to_be_changed_by(self, person) -> bool:
        return person.pk == self.author_id or is_admin(person, "change")

    def is_to_be_deleted_by(self, person) -> bool:
        return person.pk == self.author_id or is_admin(person, "delete")

    def publish(self, at=None, *, logged=False):
        """Save a new post, of this moment or of `at`, and have those told of it whom it concerns:
        who is mentioned, who is answered, and by mail the followers of its author who want to be.
        `logged`: have it written to the post log, too.

        Raises AnsweredIsGone.
        """
        if self.reply_to:
            self.thread = self.reply_to.thread or self.reply_to.pk
        # Before the transaction: it may take a second, in which others would wait for the lock.
        self.language = languages.guess(self.title, self.body)
        try:
            self._insert(at, logged)
        except IntegrityError:
            answered = Post.with_deleted.filter(pk=self.reply_to_id)
            if self.reply_to_id is None or answered.exists():
                raise
            raise AnsweredIsGone from None

    @transaction.atomic
    def _insert(self, at, logged):
        # Who reads on from the newest post that they have seen misses one of an earlier moment that
        # is committed later. In SQLite there is none, for writers wait at the beginning of their
        # transaction; in PostgreSQL, what is left is the time until this one commits.
        self.timestamp = at or timezone.now()
        self.save(force_insert=True)
        told = {pk: Notification.Kind.MENTIONED for pk in Post.objects.link([self])}
        if self.reply_to:
            told[self.reply_to.author_id] = Notification.Kind.REPLIED
        if told:
            Notification.objects.tell_each(told, actor=self.author, post=self)
        if self.author.is_followed_by_mail:
            launch("blog.jobs.announce_post", key=str(self.pk), args={"post": self.pk})
        if logged:
            launch_spread("blog.jobs.log_post", {str(self.pk): {"post": self.pk}}, after=0, pace=1)

    def revise(self, title, body):
        """Say something else instead. What it said stays in its history; who is mentioned only now
        is told. Nothing happens when it says the same.

        Raises ChangedMeanwhile when it was revised since it was read.
        """
        if (title, body) != (self.title, self.body):
            self._replace(title, body, languages.guess(title, body))

    @transaction.atomic
    def _replace(self, title, body, language):
        now = timezone.now()
        as_read = Post.objects.filter(pk=self.pk, edited_at=self.edited_at)
        if not as_read.update(edited_at=now):
            raise ChangedMeanwhile
        self.revisions.create(
            title=self.title, body=self.body, said_at=self.edited_at or self.timestamp
        )
        self.title, self.body, self.edited_at, self.language = title, body, now, language
        self.save(update_fields=["title", "body", "edited_at", "language"])
        self.translations.all().delete()
        if mentioned := self._link_anew():
            kind = Notification.Kind.MENTIONED
            Notification.objects.tell(*mentioned, kind=kind, actor=self.author, post=self)

    @transaction.atomic
    def remove(self, by=None) -> bool:
        """Take it away from everywhere at once; for good, when its undo has run out, which is for
        its author alone: `by` whom, if not by them. False when it is gone already."""
        now = timezone.now()
        own = by is None or by.pk == self.author_id
        self.deleted_at = now if own else now - FINAL
        if not Post.objects.filter(pk=self.pk).update(deleted_at=self.deleted_at):
            return False
        search.forget_posts([self.pk])
        Deletion.objects.note([self], at=now)
        moment = self.deleted_at.isoformat()
        args = {"post": self.pk, "deleted_at": moment}
        after = UNDO_FOR.total_seconds()
        launch_spread("blog.jobs.purge_post", {f"{self.pk}:{moment}": args}, after=after, pace=1)
        return True

    @transaction.atomic
    def restore(self) -> bool:
        """Bring it back. False when that can't be: it is too late, or not deleted any more."""
        if not Post.with_deleted.restorable().filter(pk=self.pk).update(deleted_at=None):
            return False
        self.deleted_at = None
        search.index_posts([self])
        Deletion.objects.filter(post_id=self.pk).update(undone_at=timezone.now())
        return True

    @transaction.atomic
    def hide(self, why: str, by=None) -> bool:
        """Let only its author, who is told and can read `why`, and admins see it. False when it is
        hidden or gone already.

        Raises Refused when that is not for `by` to decide.
        """
        if by:
            self.author.ensure_subject_to(by)
        now = timezone.now()
        if not Post.objects.shown().filter(pk=self.pk).update(hidden_at=now, hidden_why=why):
            return False
        self.hidden_at, self.hidden_why = now, why
        kind = Notification.Kind.POST_HIDDEN
        Notification.objects.tell(self.author, kind=kind, url=self.get_absolute_url())
        return True

    @transaction.atomic
    def show(self, by=None) -> bool:
        """Let all see it again. False when it is not hidden. Raises Refused as `hide()` does."""
        if by:
            self.author.ensure_subject_to(by)
        hidden = Post.with_deleted.filter(pk=self.pk, hidden_at__isnull=False)
        if not hidden.update(hidden_at=None, hidden_why=""):
            return False
        self.hidden_at, self.hidden_why = None, ""
        kind = Notification.Kind.POST_HIDDEN
        self.author.notifications.filter(kind=kind, url=self.get_absolute_url()).delete()
        return True

    def is_foreign_in(self, language) -> bool:
        """Whether it can be translated, as far as we know, for who reads `language`."""
        return bool(
            self.language and settings.TRANSLATOR and self.language != language.partition("-")[0]
        )

    def translated(self, language) -> str:
        """All its words in a language of settings.LANGUAGES: as they were once translated, or by
        the configured service.

        Raises TranslationFailed.
        """
        if kept := self.translations.filter(language=language).first():
            return kept.text
        text = translators.configured().translate(self.text.strip(), self.language, language)
        with transaction.atomic():
            as_read = Post.objects.select_for_update().filter(pk=self.pk, edited_at=self.edited_at)
            if as_read:  # else it said something else, while the service was asked
                Translation.objects.bulk_create(
                    [Translation(post=self, language=language, text=text)], ignore_conflicts=True
                )
        return text

    def _link_anew(self):
        """Keep the tags and mentions as they are in the text; return who is mentioned anew."""
        names = markup.tags(self.text)
        self.tags.exclude(name__in=names).delete()
        Tag.objects.bulk_create(
            (Tag(post=self, name=name) for name in names), ignore_conflicts=True
        )
        mentioned = User.objects.active().named(*markup.mentions(self.text))
        before = set(self.mentions.all())
        self.mentions.set(mentioned)
        return [person for person in mentioned if person not in before]


class Revision(models.Model):
    """What a post said before it was edited."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="revisions")
    title = models.CharField(_("title"), max_length=TITLE_MAX_LENGTH, blank=True)
    body = BodyField(_("text"))
    said_at = models.DateTimeField(_("said"), help_text=_("When it was written like this."))

    class Meta:
        verbose_name = _("earlier version")
        verbose_name_plural = _("earlier versions")
        ordering = ["said_at", "id"]

    def __str__(self):
        return f"{self.post_id} @ {self.said_at}"


class Translation(models.Model):
    """What a translation service made of a post, so that it is asked once."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="translations")
    language = models.CharField(_("language"), max_length=16, help_text=_("Of the translation."))
    text = models.TextField(_("text"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        constraints = [
            models.UniqueConstraint(fields=["post", "language"], name="blog_translation_once")
        ]

    def __str__(self):
        return f"{self.post_id} ({self.language})"
