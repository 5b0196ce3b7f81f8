"""Which exports there are of a kind, and how new ones begin."""

import hashlib
import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import Max, Prefetch, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Deletion
from exports import archive, contents
from exports.changes import MARGIN
from exports.refusals import UsedUp
from tasks import lifecycle
from tasks.models import State, Task
from tasks.registry import Refused

from .allowance import Allowance

JOB = "exports.jobs.export_posts"
REMIND_BEFORE = timedelta(days=2)  # the end of a file; or a third of its life, if that is less


def kept_for() -> timedelta:
    return timedelta(days=settings.EXPORT_KEEP_DAYS)


def noted_since() -> datetime:
    """From when on it is known which posts were deleted: since then an export may say so."""
    return timezone.now() - Deletion.kept_for()


def launch_task(owner, export, *, allowed=False, background=False):
    """Launch a task for the export of this id, `allowed` or if there is one left for its owner; in
    a transaction, that ends with UsedUp. Asked afterwards: a new task means that no other one is
    active, so nothing is published meanwhile."""
    args = {"export": str(export)}
    task, created = lifecycle.launch(
        JOB, key=str(owner.pk), owner=owner, args=args, background=background
    )
    if created and not allowed and (next_at := Allowance.of(owner).next_at):
        raise UsedUp(next_at.astimezone(owner.zone))
    return task, created


class ExportQuerySet(models.QuerySet):
    def with_task(self):
        """With all that their pages say of their tasks."""
        return self.prefetch_related(Prefetch("task", Task.objects.with_standing()))

    def get_with_task(self, **which):
        """One of them, as `with_task()`. Its task is read first: whatever that says to be done is
        there in the row that is read after it."""
        task = Task.objects.with_standing().filter(exports__in=self.filter(**which)).first()
        export = self.get(**which)
        if task and task.pk == export.task_id:
            export.task = task
        return export

    def read_again_if_done(self, exports: list) -> list:
        """Some of these, with their tasks, which were read after them; anew where a task has
        succeeded in between: so whatever it says to be done is there."""
        early = [each.pk for each in exports if each.is_said_to_be_done_too_early]
        late = self.in_bulk(early)
        return [late.get(each.pk, each) for each in exports]

    def with_file(self):
        return self.exclude(file="")

    def expired(self):
        """Those whose file is still there, and should not be."""
        return self.with_file().filter(expires_at__lte=Now())

    def give_time(self):
        """Let those end that say no time: of workers from before there was one."""
        self.with_file().filter(expires_at=None).update(expires_at=Now() + kept_for())

    def extendable(self):
        return self.with_file().filter(expires_at__gt=Now(), extended_at=None)

    def to_remind(self):
        """Those whose file goes soon, while its owner has it neither by mail nor by a download, and
        was not told yet."""
        soon = Now() + min(REMIND_BEFORE, kept_for() / 3)
        unfetched = self.with_file().exclude(attached=True).filter(fetched_at=None)
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
        self.model.objects.filter(pk__in=files).update(file="", removed_at=Now())
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
        gone = whole[0].owner.deletions.aggregate(at=Max("at"), undone_at=Max("undone_at"))
        since = max(filter(None, gone.values()), default=None)
        for export in whole:
            # Where one has gone and another one has come, the numbers are the same.
            is_before = since and export.snapshot_at - MARGIN <= since and export != whole[0]
            if export.found == whole[0].found and not is_before:
                found.setdefault(export.contents, export)
        return list(found.values())

    def reached(self):
        """Whose file their owners have: it came with the mail, or they fetched it."""
        published = self.exclude(published_at=None)
        return published.filter(Q(attached=True) | Q(fetched_at__isnull=False))


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

    def start_for(self, owner):
        """Begin the export of all there is for who is suspended, so can't ask for it: it comes by
        mail. False when one is under way.

        Raises Refused, of which NotNow is one.
        """
        if owner.is_active:
            raise Refused(_("They can export it themselves."))
        if not owner.email:
            raise Refused(_("They have no address to which it could be mailed."))
        return self.start(owner, contents=contents.ARCHIVE)[1]

    @transaction.atomic
    def launch(self, owner, **choices):
        """As `start()`, by a caller who has seen that there is room: mails to ADMINS about that go
        out before a transaction, not within."""
        pk = uuid.uuid4()
        task, created = launch_task(owner, pk, background=choices.get("scheduled", False))
        if created:
            return self.create(pk=pk, owner=owner, task=task, **choices), True
        return self.get(task=task), False

    def base_for(self, owner):
        """Since which export `owner` can take out what has changed, or None: the latest of all
        posts that reached them, unless it is too old. One of changes counts, for it made the one
        before it complete."""
        all_posts = owner.exports.reached().filter(since=None, until=None)
        return all_posts.filter(snapshot_at__gte=noted_since()).order_by("-snapshot_at").first()

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
