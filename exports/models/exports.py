"""What people take out, and what becomes of it."""

import hashlib
import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, F, Max, Prefetch, Q
from django.db.models.functions import Now
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from exports import archive, contents
from exports.changes import MARGIN, Changes
from exports.formats import PostsJson
from exports.refusals import UsedUp
from exports.tally import DELETED, tally
from tasks import lifecycle
from tasks.models import State, Task

from .allowance import Allowance

JOB = "exports.jobs.export_posts"
ESTIMATED_FROM = 200  # posts
REMIND_BEFORE = timedelta(days=2)  # the end of a file; or a third of its life, if that is less


def kept_for() -> timedelta:
    return timedelta(days=settings.EXPORT_KEEP_DAYS)


class ExportQuerySet(models.QuerySet):
    def with_task(self):
        """With all that their pages say of their tasks."""
        return self.prefetch_related(Prefetch("task", Task.objects.with_standing()))

    def with_file(self):
        return self.exclude(file="")

    def expired(self):
        """Those whose file is still there, and should not be."""
        return self.with_file().filter(expires_at__lte=Now())

    def extendable(self):
        return self.with_file().filter(expires_at__gt=Now(), extended_at=None)

    def to_remind(self):
        """Those whose file goes soon, while its owner has it neither by mail nor by a download, and
        was not told yet."""
        soon = Now() + min(REMIND_BEFORE, kept_for() / 3)
        unfetched = self.with_file().exclude(attached=True).filter(downloads=None)
        reachable = unfetched.filter(owner__is_active=True).exclude(owner__email="")
        return reachable.filter(expires_at__gt=Now(), expires_at__lte=soon, reminded_at=None)

    @transaction.atomic
    def remove_files(self) -> int:
        """Take the files of these away for good, and say how many; not of those that a task works
        on. Their rows stay, as history. A row first names no file, and then there is none; a crash
        in between leaves a file without a row."""
        exports = list(self.with_file().order_by("pk").select_for_update())
        # Asked for only now: while their rows are locked, none of them gets a new task.
        working = Task.objects.active().filter(pk__in=[export.task_id for export in exports])
        working = set(working.values_list("pk", flat=True))
        files = {each.pk: each.file.name for each in exports if each.task_id not in working}
        Export.objects.filter(pk__in=files).update(file="", removed_at=Now())
        transaction.on_commit(lambda: archive.delete(list(files.values())), robust=True)
        return len(files)

    def made_by(self, schedule):
        """Those that the schedule has made since it began, and that came off."""
        return self.filter(
            scheduled=True, created_at__gt=schedule.created_at, published_at__isnull=False
        ).exclude(task__state__in=[State.FAILED, State.CANCELLED])

    def up_to_date(self) -> list:
        """Of these, the latest first, those whose file holds all posts as they are now: one of each
        of the contents. What is new is asked of the latest; others of the same posts know, too."""
        whole = [export for export in self if export.file and export.is_whole]
        if not whole or whole[0].has_changes():
            return []
        found = {}
        for export in whole:
            if export.found == whole[0].found:
                found.setdefault(export.contents, export)
        return list(found.values())

    def reached(self):
        """Whose file their owners have: it came with the mail, or they fetched it."""
        published = self.exclude(published_at=None)
        return published.filter(Q(attached=True) | Q(downloads__isnull=False)).distinct()


class ExportManager(models.Manager.from_queryset(ExportQuerySet)):
    def start(self, owner, *, base=None, **choices):
        """Begin an export of what `owner` wrote: returns (export, created). While one is under way
        there is no second one; that one is returned. `base`: the export since which changes are
        taken out, and no more; `choices`: contents, since, until, attach.

        Raises NotNow.
        """
        if base:
            choices |= base.onward()
        self.model(owner=owner, **choices).ensure_room()
        return self.launch(owner, **choices)

    @transaction.atomic
    def launch(self, owner, **choices):
        """As `start()`, by a caller who has seen that there is room: mails to ADMINS about that go
        out before a transaction, not within."""
        pk = uuid.uuid4()
        task, created = _launch(owner, pk, background=choices.get("scheduled", False))
        if created:
            return self.create(pk=pk, owner=owner, task=task, **choices), True
        return self.get(task=task), False

    def base_for(self, owner):
        """Since which export `owner` can take out what has changed, or None: the latest of all
        posts that reached them. One of changes counts, for it made the one before it complete."""
        all_posts = owner.exports.reached().filter(since=None, until=None)
        return all_posts.exclude(snapshot_at=None).order_by("-snapshot_at").first()

    def estimate(self, owner) -> dict:
        """How much an export of all that `owner` wrote would hold: `posts`, and about how many
        bytes it would have, by its contents: `sizes`."""
        posts, mean = self.model(owner=owner).measure()
        sizes = {name: contents.weigh(name, posts, mean) for name, _label in contents.choices()}
        return {"posts": posts, "sizes": sizes}

    def made(self, file):
        """The export whose published file is this one, byte for byte, or None."""
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return self.filter(sha256=digest).select_related("owner").first()


class Export(models.Model):
    """One taking out. Its tasks come and go; it holds what they found out and made."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="exports",
        verbose_name=_("owner"),
    )
    task = models.ForeignKey(
        Task,
        on_delete=models.SET_NULL,
        null=True,
        related_name="exports",
        verbose_name=_("task"),
        help_text=_("The latest one that works on it."),
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    contents = models.CharField(
        _("contents"), max_length=30, choices=contents.choices, default=PostsJson.name
    )
    since = models.DateTimeField(_("since"), null=True, blank=True)
    until = models.DateTimeField(_("until"), null=True, blank=True)
    after_id = models.PositiveBigIntegerField(
        _("after the post"),
        null=True,
        blank=True,
        help_text=_("Of an export of changes: the highest id of a post in the export before it."),
    )
    changed_since = models.DateTimeField(
        _("changed since"),
        null=True,
        blank=True,
        help_text=_("Of an export of changes: the snapshot of the export before it."),
    )
    attach = models.BooleanField(
        _("attach it"), default=True, help_text=_("To its mail, where it is not too large.")
    )
    scheduled = models.BooleanField(_("by its schedule"), default=False)

    snapshot_at = models.DateTimeField(_("time of the snapshot"), null=True)
    last_id = models.PositiveBigIntegerField(
        _("snapshot"), null=True, help_text=_("The highest id of a post in it.")
    )
    total = models.PositiveBigIntegerField(_("posts at the snapshot"), null=True)
    updated_at = models.DateTimeField(
        _("newest thing in it"), null=True, help_text=_("A post or an edit, at the snapshot.")
    )

    file = models.FileField(_("file"), storage=archive.storage, max_length=200, blank=True)
    count = models.PositiveBigIntegerField(_("posts in the file"), null=True)
    size = models.PositiveBigIntegerField(_("size"), null=True, help_text=_("In bytes."))
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    published_at = models.DateTimeField(_("published"), null=True)

    expires_at = models.DateTimeField(_("expires"), null=True)
    extended_at = models.DateTimeField(_("extended"), null=True)
    removed_at = models.DateTimeField(
        _("removed"), null=True, help_text=_("When its file was deleted.")
    )

    mailed_at = models.DateTimeField(_("mailed"), null=True)
    attached = models.BooleanField(_("attached"), null=True, help_text=_("To the mail that went."))
    reminded_at = models.DateTimeField(_("reminded"), null=True)

    objects = ExportManager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="exports_export_by_owner"),
            models.Index(fields=["sha256"], name="exports_export_by_sha256"),
        ]

    def __str__(self):
        return str(self.pk)

    def get_absolute_url(self):
        return reverse("exports:detail", args=[self.pk])

    @property
    def folder(self) -> str:
        """Where its attempts write, in the storage of archives."""
        return str(self.pk)

    @property
    def is_of_changes(self) -> bool:
        """Whether it holds no more than what has changed since the export before it."""
        return self.changed_since is not None

    @property
    def is_whole(self) -> bool:
        """Whether it is about all posts that its owner had."""
        return not (self.is_of_changes or self.since or self.until)

    @property
    def found(self) -> tuple:
        """What was there at its snapshot: two of the same owner that found the same hold the same
        posts."""
        return self.last_id, self.total, self.updated_at

    @property
    def _changes(self):
        return Changes(self.owner, self.after_id, self.changed_since - MARGIN)

    @property
    def posts(self):
        """Those that it is about: what has changed or all, of its dates, up to the snapshot once
        that is fixed."""
        posts = self._changes.posts if self.is_of_changes else self.owner.posts.all()
        if self.last_id is not None:
            posts = posts.filter(pk__lte=self.last_id)
        if self.since:
            posts = posts.filter(timestamp__gte=self.since)
        if self.until:
            posts = posts.filter(timestamp__lt=self.until)
        return posts

    @property
    def deletions(self):
        """Which posts are gone since the export before it; of an export of changes."""
        return self._changes.deletions.filter(post_id__lte=self.last_id)

    def snapshot(self) -> dict:
        """What its row keeps of the posts that there are now, by the database's clock."""
        now = User.objects.values_list(Now(), flat=True).get(pk=self.owner_id)
        found = self.posts.aggregate(
            last_id=Max("pk", default=0),
            total=Count("pk"),
            newest=Max("timestamp"),
            edited=Max("edited_at"),
        )
        moments = found.pop("newest"), found.pop("edited")
        return found | {
            "snapshot_at": now,
            "last_id": max(found["last_id"], self.after_id or 0),
            "updated_at": max(filter(None, moments), default=None),
        }

    def measure(self) -> tuple[int, float]:
        """How many posts it is about, and how many bytes their texts have on average, as the latest
        ones tell."""
        latest = self.posts.newest_first().values_list("body", flat=True)[:ESTIMATED_FROM]
        lengths = [len(body.encode()) for body in latest]
        return self.posts.count(), sum(lengths) / max(1, len(lengths))

    def onward(self) -> dict:
        """The choices of an export of what has changed since this one."""
        return {"after_id": self.last_id, "changed_since": self.snapshot_at}

    def changes_since(self) -> Changes:
        """What has changed since its snapshot. What was written or edited shortly before that is
        known not to be in it if it is later than all that is."""
        moment = self.snapshot_at - MARGIN
        if self.updated_at:
            after_all = self.updated_at + timedelta.resolution
            moment = min(max(moment, after_all), self.snapshot_at)
        return Changes(self.owner, self.last_id, moment)

    def has_changes(self) -> bool:
        """Whether there may be anything to take out that it does not have."""
        return self.snapshot_at is None or self.changes_since().exist()

    @property
    def file_name(self) -> str:
        """What its file is called by who gets it."""
        return contents.file_name(self)

    @property
    def content_type(self) -> str:
        return contents.content_type(self)

    @property
    def tally(self) -> dict:
        """What has become of the posts that there were at the snapshot."""
        return tally(self.total, self.count)

    @property
    def deleted(self) -> int:
        """How many posts were deleted between the snapshot and the end of the writing."""
        return self.tally["skipped"][DELETED]

    def explains(self, count: int) -> bool:
        """Whether what has happened since the snapshot explains that there are `count` posts in the
        file, and not as many as there were then."""
        since = self.snapshot_at - MARGIN
        if count < self.total:
            gone = self.owner.deletions.filter(at__gte=since, post_id__lte=self.last_id)
            return self.total - count <= gone.count()
        if count > self.total:
            come = Changes(self.owner, self.last_id, since).posts.filter(pk__lte=self.last_id)
            return count - self.total <= come.count()
        return True

    @property
    def is_under_way(self) -> bool:
        """Whether a task works on it, or is going to."""
        return bool(self.task and self.task.is_active)

    @property
    def is_over(self) -> bool:
        """Whether its file is gone, and no task was begun since to write it anew."""
        if not self.removed_at:
            return False
        return self.task is None or self.task.created_at < self.removed_at

    @property
    def is_expired(self) -> bool:
        """Whether its file should be gone, be it or not."""
        return bool(self.expires_at) and self.expires_at <= timezone.now()

    @property
    def is_extendable(self) -> bool:
        return bool(self.file) and not self.is_expired and not self.extended_at

    @property
    def lifetime(self) -> timedelta:
        """How long its file is there, and how much longer when that is asked for."""
        return kept_for()

    def extend(self) -> bool:
        """Keep its file for as long again. False: that was done already, or the file is gone."""
        longer = {"expires_at": F("expires_at") + self.lifetime, "extended_at": Now()}
        return bool(Export.objects.extendable().filter(pk=self.pk).update(**longer))

    def remove_file(self) -> bool:
        """Take its file away for good. False: there is none, or a task works on it."""
        return bool(Export.objects.filter(pk=self.pk).remove_files())

    @property
    def was_downloaded(self) -> bool:
        return self.downloads.exists()

    def ensure_room(self):
        """Raises NoRoom, before it is written, when there is none for it."""
        weight = self.contents, *self.measure()
        archive.ensure_room(contents.weigh(*weight), contents.weigh_parts(*weight))

    def is_named(self, name: str) -> bool:
        """Whether the row, as it is in the database now, names this file as the published one."""
        return Export.objects.filter(pk=self.pk, file=name).exists()

    def cancel(self) -> bool:
        """Stop it, and remove what was half written. False when it is too late."""
        return bool(self.task and lifecycle.cancel(self.task))

    @transaction.atomic
    def retry(self) -> bool:
        """Let a new task go on with it. False when its owner has one that is active.

        Raises UsedUp, unless its file is there already and only has to be mailed.
        """
        task, created = _launch(self.owner, self.pk, allowed=bool(self.file))
        if created:
            self.owner.tasks.filter(pk=self.task_id).mark_seen()
            self.task = task
            self.save(update_fields=["task"])
        return created

    def change(self, run, **values):
        """Write `values` to the row while the task is this worker's. Raises Superseded."""
        with run.fenced():
            for name, value in values.items():
                setattr(self, name, value)
            self.save(update_fields=list(values))


def _launch(owner, export, *, allowed=False, background=False):
    """Launch a task for the export of this id, `allowed` or if there is one left for its owner; in
    a transaction, that ends with UsedUp. Asked afterwards: a new task means that no other one is
    active, so nothing is published meanwhile."""
    args = {"export": str(export)}
    task, created = lifecycle.launch(
        JOB, key=str(owner.pk), owner=owner, args=args, background=background
    )
    if created and not allowed and (next_at := Allowance.of(owner).next_at):
        raise UsedUp(next_at)
    return task, created


@receiver(post_delete, sender=Export)
def remove_files(sender, instance, **kwargs):
    folder = instance.folder  # its key goes with its row
    transaction.on_commit(lambda: archive.remove(folder), robust=True)
