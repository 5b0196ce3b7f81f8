"""Slow work of this app, run by `manage.py qcluster`."""

import time
from contextlib import contextmanager
from functools import partial

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from accounts import pictures
from blog.models import Notification
from tasks.registry import MAIL_UNKNOWN, NOT_MAILED, Refused
from tasks.runner import Failure, job

from . import archive, contents, delivery, reading
from .models import Delivery, Export
from .models.webhooks import PING, Event
from .refusals import NoRoom
from .webhooks import GONE, NOT_PUBLIC

NO_ROOM = "no_room"
NO_PICTURE = "no_picture"
NOT_KEPT = "not_kept"
NOT_TAKEN = "not_taken"
UNACCOUNTED = "unaccounted"
FORGOTTEN = "forgotten"


@contextmanager
def keeping():
    """What keeps the files says in the log what is wrong; to people it is put calmly."""
    try:
        yield
    except pictures.Away as error:
        raise Failure(NO_PICTURE, heals=True) from error
    except archive.Unavailable as error:
        raise Failure(NOT_KEPT, heals=error.heals) from error


def remove_half_written(task):
    for export in Export.objects.filter(pk=task.args["export"]):
        archive.remove(export.folder, export.needs)


def retry(task):
    """Let a new task go on with the same export."""
    export = Export.objects.filter(task=task).select_related("owner", "task").first()
    if export is None:
        raise Refused(_("This export has been tried again already."))
    if not export.retry():
        raise Refused(_("Your export is already running."))
    return export.task


def tell_of_failure(task):
    """Not when only the mail has failed: then the file is there, and that was told."""
    for export in Export.objects.filter(task=task, file="").select_related("owner", "task"):
        with translation.override(export.owner.language):
            error = str(export.task.reason_label)
        Delivery.objects.announce(export.owner, Event.FAILED, export.to_dict() | {"error": error})


@job(
    _("Export of your posts"),
    phases={
        "writing": _("Writing your posts"),
        "checking": _("Checking the file"),
        "mailing": _("Sending the mail"),
    },
    reasons={
        NOT_KEPT: _(
            "The place where exports are kept does not answer as it should. Nothing that you wrote"
            " is lost."
        ),
        NO_PICTURE: _(
            "Your picture can't be read just now, and without it the archive would not be whole."
            " Nothing is lost."
        ),
        UNACCOUNTED: _(
            "The file did not have as many posts as had been counted, so it was not published."
        ),
        FORGOTTEN: _(
            "It waited for so long that what has changed is not known any more. Please start a new"
            " export."
        ),
        NOT_MAILED: _(
            "The file is ready to download on its page, but the mail server did not take the mail."
        ),
        NO_ROOM: _(
            "There is no room for the file on our disks just now. The people who run this site have"
            " been told, and nothing is lost."
        ),
        MAIL_UNKNOWN: _(
            "The file is ready to download on its page. Sending the mail was interrupted, so nobody"
            " knows whether it arrived."
        ),
        delivery.FILE_GONE: _("Its file was removed before it was mailed. Start a new export."),
    },
    urls={
        "result": lambda task: reverse("exports:detail", args=[task.args["export"]]),
        "cancel": lambda task: reverse("exports:cancel", args=[task.args["export"]]),
        "retry": lambda task: reverse("exports:retry", args=[task.args["export"]]),
    },
    clean_up=remove_half_written,
    retry=retry,
    scope="export",
    on_failed=tell_of_failure,
)
@keeping()
def export_posts(run):
    export = Export.objects.select_related("owner").get(pk=run.task.args["export"])
    if not export.file:
        archive.remove(export.folder, export.needs)  # what dead attempts have left takes room
        take_snapshot(export, run)
        run.enter("writing", done=0, total=export.total)
        name, tick = f"{export.folder}/{run.task.token}", partial(run.advance, export.total)
        write = partial(contents.write, export, read(export, run), tick)
        with (
            run.kept_alive(),
            room_for(export),
            archive.new_file(name, write, export.is_named) as name,
        ):
            run.enter("checking", done=export.total)
            checked = archive.check(name, partial(contents.count, export))
            account_for(export, run, checked.count)
            publish(export, run, name, checked)
    archive.remove(export.folder, export.needs)  # what died meanwhile
    delivery.mail(export, run)


@contextmanager
def room_for(export):
    """A disk that has no room for it, or is full in the middle of it, may have some later."""
    try:
        export.ensure_room()
        with archive.full_disk_is_no_room():
            yield
    except NoRoom as error:
        raise Failure(NO_ROOM, heals=True) from error


def take_snapshot(export, run):
    """Fix, at the first attempt, which posts are in it."""
    if export.snapshot_at is None:
        export.change(run, **export.snapshot())


def read(export, run):
    """The chunks of the export's posts, saying how far it is; slowed for demonstrations by
    `EXPORT_POSTS_PER_SECOND`."""
    pace = settings.EXPORT_POSTS_PER_SECOND
    done = 0
    for chunk in reading.posts(export.posts, max(1, pace // 4) if pace else reading.CHUNK):
        yield chunk
        done += len(chunk)
        run.advance(min(done, export.total))  # some may have been added
        if pace:
            time.sleep(len(chunk) / pace)


def account_for(export, run, count):
    """See that every post is accounted for. Else nobody knows what is wrong: there may be a mistake
    in the file or in the count, so both are made again. And that all that is gone could be named in
    it."""
    if export.is_of_changes and not export.names_all_that_is_gone:
        raise Failure(FORGOTTEN, expected=True)
    if not export.explains(count):
        export.change(run, snapshot_at=None)
        raise Failure(UNACCOUNTED, heals=True)


def publish(export, run, name, checked):
    """Name the checked file in the row: from here on it is there for its owner, who is told. When
    it is written anew, for the first one is gone, all begins anew."""
    now = timezone.now()
    with transaction.atomic():
        export.change(
            run,
            file=name,
            count=checked.count,
            size=checked.size,
            sha256=checked.sha256,
            published_at=now,
            expires_at=now + export.lifetime,
            extended_at=None,
            removed_at=None,
            reminded_at=None,
            mailed_at=None,
            attached=None,
        )
        Notification.objects.tell(
            export.owner, kind=Notification.Kind.EXPORT_READY, url=export.get_absolute_url()
        )
        Delivery.objects.announce(export.owner, Event.SUCCEEDED, export.to_dict())


@job(_("Reminder of an export"), phases={"mailing": _("Sending the mail")})
def remind(run):
    """One mail, unless it was fetched, extended or removed meanwhile."""
    exports = Export.objects.to_remind().select_related("owner")
    for export in exports.filter(pk=run.task.args["export"]):
        delivery.remind(export, run)


@job(
    _("Call of a webhook"),
    reasons={NOT_TAKEN: _("The web server did not take it.")},
)
def call_webhook(run):
    """Once; what is not taken is tried again, but for a ping, whose answer somebody waits for."""
    deliveries = Delivery.objects.to_make().select_related("webhook")
    for each in deliveries.filter(pk=run.task.args["delivery"]):
        if error := each.attempt(run).error:
            heals = error not in {GONE, NOT_PUBLIC} and each.event != PING
            raise Failure(NOT_TAKEN, heals=heals, expected=True)
