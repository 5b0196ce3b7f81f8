"""What people say."""

from collections import Counter
from datetime import timedelta

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from accounts.models import User, in_touch, not_muted
from accounts.validators import BLANK, validate_not_blank, validate_storable
from blog import languages, markup, search, translators
from tasks.lifecycle import launch, launch_spread

from .deletions import Deletion
from .notifications import Notification

BODY_MAX_LENGTH = 500  # code points
TITLE_MAX_LENGTH = 140  # code points
WHY_MAX_LENGTH = 500  # code points
CHUNK = 500  # posts that are deleted at once
MANY = 2_000  # posts that are taken away at once
UNDO_FOR = timedelta(seconds=60)  # in which a deleted post can be brought back
FINAL = 2 * UNDO_FOR  # so long ago is what others delete deleted: its author can't bring it back


class ChangedMeanwhile(Exception):
    """The post is not any more what it was when it was read."""


class AnsweredIsGone(Exception):
    """The post that is answered was removed for good since it was read."""


def is_admin(person, act) -> bool:
    """Whether `person` may `act` (change, delete) on everybody's posts."""
    return person.is_staff and person.has_perm(f"blog.{act}_post")


class BodyField(models.TextField):
    """Text whose line ends are `\\n`, made so before anything counts its length."""

    def to_python(self, value):
        value = super().to_python(value)
        return value if value is None else value.replace("\r\n", "\n").replace("\r", "\n")


class PostQuerySet(models.QuerySet):
    def oldest_first(self):
        return self.order_by("timestamp", "id")

    def newest_first(self):
        return self.order_by("-timestamp", "-id")

    def shown(self):
        """What no admin has hidden."""
        return self.filter(hidden_at=None)

    def public(self):
        """What everybody gets to see: nothing that is hidden, nor of those who are no more."""
        return self.shown().filter(author__is_active=True)

    def seen_by(self, reader):
        """What `reader`, who may be a visitor, gets to see: what is public, and what is hidden of
        their own; an admin all that is hidden. Nothing of those who have blocked the reader, or
        whom the reader has blocked."""
        if not reader.is_authenticated:
            return self.public()
        posts = self.filter(*in_touch(reader, "author"), author__is_active=True)
        return posts if reader.is_staff else posts.filter(Q(hidden_at=None) | Q(author=reader))

    def changed_by(self, person):
        """What `person`, if it is theirs, may change: an admin all, others what they see."""
        return self.all() if is_admin(person, "change") else self.seen_by(person)

    def deletable_by(self, person):
        """As `changed_by`: what `person` may delete."""
        return self.all() if is_admin(person, "delete") else self.seen_by(person)

    def restorable(self):
        """Deleted a moment ago, by their authors."""
        return self.filter(deleted_at__gt=timezone.now() - UNDO_FOR)

    def tagged(self, name):
        """`name`: in whatever case."""
        name = name.casefold()
        return self.none() if "\0" in name else self.filter(tags__name=name)

    def not_muted_by(self, reader):
        if not reader.is_authenticated:
            return self
        return self.filter(not_muted(reader, "author"))

    def after(self, timestamp, pk):
        """The posts that follow (timestamp, pk) when oldest come first."""
        return self.filter(timestamp__gte=timestamp).filter(
            Q(timestamp__gt=timestamp) | Q(pk__gt=pk)
        )

    def before(self, timestamp, pk):
        """The posts that follow (timestamp, pk) when newest come first."""
        return self.filter(timestamp__lte=timestamp).filter(
            Q(timestamp__lt=timestamp) | Q(pk__lt=pk)
        )

    def add(self, posts):
        """Save many new posts in a few statements, as they are: they can be found, and have their
        tags and mentions; nobody is told."""
        for post in posts:
            post.language = languages.guess(post.title, post.body)
        self._write(posts)

    @transaction.atomic
    def _write(self, posts):
        self.bulk_create(posts)
        self.link(posts)
        search.index_posts(posts)

    def link(self, posts):
        """Keep the tags and mentions of new posts; return the ids of who is mentioned."""
        names = {post.pk: markup.mentions(post.text) for post in posts}
        known = set().union(*names.values())
        people = User.objects.active().named(*known) if known else User.objects.none()
        pks = {name.lower(): pk for name, pk in people.values_list("username", "pk")}
        through = Post.mentions.through
        through.objects.bulk_create(
            through(post_id=post, user_id=pks[name])
            for post, mentioned in names.items()
            for name in mentioned & pks.keys()
        )
        Tag.objects.bulk_create(
            Tag(post=post, name=name) for post in posts for name in markup.tags(post.text)
        )
        return list(pks.values())

    @transaction.atomic
    def remove_latest(self, up_to: int) -> int:
        """Take MANY of them away, those with the highest ids up to this one, as `Post.remove()`
        does for good, but for their purge. Returns the id to go on from, or 0."""
        posts = self.filter(pk__lte=up_to).order_by("-pk")
        found = list(posts.values_list("pk", "author_id", "deleted_at", named=True)[:MANY])
        pks = [post.pk for post in found]
        self.filter(pk__in=pks).update(deleted_at=timezone.now() - FINAL)
        Deletion.objects.note(found)
        search.forget_posts(pks)
        return pks[-1] - 1 if len(pks) == MANY else 0

    def delete(self, *, noted=True):
        """As Django's; and they can't be found any more. In chunks, so that neither the memory nor
        the number of statements grows with each post; each a transaction, so that what is noted of
        a moment is seen soon after. `noted`: whether there is to be a Deletion of each, for their
        author."""
        deleted, by_model = 0, Counter()
        posts = self.order_by("pk").values_list("pk", "author_id", "deleted_at", named=True)
        while chunk := list(posts[:CHUNK]):
            pks = [post.pk for post in chunk]
            with transaction.atomic():
                search.forget_posts(pks)
                if noted:
                    Deletion.objects.note(chunk)
                count, counts = models.QuerySet(self.model).filter(pk__in=pks).delete()
            deleted += count
            by_model.update(counts)
        return deleted, dict(by_model)

    delete.alters_data = True
    delete.queryset_only = True


class PresentPosts(models.Manager.from_queryset(PostQuerySet)):
    """All but those that are deleted and only wait for their undo to run out."""

    def get_queryset(self):
        return super().get_queryset().filter(deleted_at=None)

    @transaction.atomic
    def remove_all(self, admin):
        """Take all posts away: the latest at once, what is older in a job, whose progress `admin`
        sees. One UPDATE of a million rows would keep all others from writing for too long."""
        latest = self.order_by("-pk").values_list("pk", flat=True).first()
        if latest is not None:
            args = {"latest": latest, "up_to": self.remove_latest(latest)}
            launch("blog.jobs.remove_all_posts", key=str(latest), owner=admin, args=args)


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
    def hide(self, why: str) -> bool:
        """Let only its author, who is told and can read `why`, and admins see it. False when it is
        hidden or gone already."""
        now = timezone.now()
        if not Post.objects.shown().filter(pk=self.pk).update(hidden_at=now, hidden_why=why):
            return False
        self.hidden_at, self.hidden_why = now, why
        kind = Notification.Kind.POST_HIDDEN
        Notification.objects.tell(self.author, kind=kind, url=self.get_absolute_url())
        return True

    @transaction.atomic
    def show(self) -> bool:
        """Let all see it again. False when it is not hidden."""
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


class Tag(models.Model):
    """That a post has a tag. Tags are kept without their #, casefolded."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(_("tag"), max_length=markup.TAG_MAX_LENGTH)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        constraints = [models.UniqueConstraint(fields=["name", "post"], name="blog_tag_once")]

    def __str__(self):
        return f"#{self.name}"


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
