"""What people take out, and what becomes of it."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, F, Max
from django.db.models.functions import Now
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from blog.models.deletions import SPARE
from exports import archive, contents
from exports.changes import MARGIN, Changes
from exports.formats import PostsJson
from exports.tally import DELETED, tally
from tasks import lifecycle
from tasks.models import State, Task
from tasks.registry import Refused

from .managers import ExportManager, kept_for, launch_task, noted_since

ESTIMATED_FROM = 200  # posts


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

    fetched_at = models.DateTimeField(_("first downloaded"), null=True)
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
        if self.snapshot_at is None or self.snapshot_at < noted_since():
            return True
        return self.changes_since().exist()

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

    @property
    def names_all_that_is_gone(self) -> bool:
        """Whether it is still known which posts were deleted since the export before it; of an
        export of changes."""
        return self.changed_since - MARGIN > noted_since() - SPARE

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
    def is_said_to_be_done_too_early(self) -> bool:
        """Whether its task has succeeded, and this row was read before."""
        is_done = self.task is not None and self.task.state == State.SUCCEEDED
        return is_done and not self.file and not self.is_over

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

    def ensure_room(self):
        """Raises NoRoom, before it is written, when there is none for it."""
        size = self.measure()
        in_scratch = contents.weigh_parts(self, *size)
        archive.ensure_room(contents.weigh(self.contents, *size), in_scratch)

    def needs(self, name: str) -> bool:
        """Whether the file of this name in its folder is, as the rows are now, the published one or
        that of the attempt under way. One that is neither never will be: tokens come once."""
        rows = Export.objects.filter(pk=self.pk).values_list("file", "task__token")
        for file, token in rows:
            return name == file or bool(token and name.startswith(f"{self.folder}/{token}"))
        return False

    def to_dict(self) -> dict:
        """What webhooks are told of it, as JSON has it: what the API says, but for its task."""
        moments = "since", "until", "created_at", "snapshot_at"
        moments += "published_at", "expires_at", "removed_at", "mailed_at"
        others = "contents", "attach", "scheduled", "total", "count", "size", "sha256"
        path = reverse("api:v2:export_download", args=[self.pk])
        return {
            "id": str(self.pk),
            "url": settings.SITE_URL + self.get_absolute_url(),
            **{name: getattr(self, name) for name in others},
            **{name: contents.text_of(getattr(self, name)) or None for name in moments},
            "deleted": None if self.count is None else self.deleted,
            "download_url": settings.SITE_URL + path if self.file else None,
        }

    def is_named(self, name: str) -> bool:
        """Whether the row, as it is in the database now, names this file as the published one."""
        return Export.objects.filter(pk=self.pk, file=name).exists()

    def cancel(self) -> bool:
        """Stop it, and remove what was half written. False when it is too late."""
        return bool(self.task and lifecycle.cancel(self.task))

    @transaction.atomic
    def retry(self) -> bool:
        """Let a new task go on with it. False when its owner has one that is active.

        Raises Refused when there is no need, or when it is about changes since a time from which
        not all is known any more; and UsedUp, unless its file is there already and only has to be
        mailed.
        """
        if self.task and not (self.task.is_active or self.task.ended_badly):
            raise Refused(_("There is no need to try this export again."))
        if self.is_of_changes and not self.file and self.changed_since < noted_since():
            raise Refused(_("What has changed is not known any more. Please start a new export."))
        task, created = launch_task(self.owner, self.pk, allowed=bool(self.file))
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


@receiver(post_delete, sender=Export)
def remove_files(sender, instance, **kwargs):
    folder = instance.folder  # its key goes with its row
    transaction.on_commit(lambda: archive.remove(folder), robust=True)
