"""Slow work of this app, run by `manage.py qcluster`."""

import time
from functools import partial

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from blog.models import Notification
from tasks.registry import MAIL_UNKNOWN, NOT_MAILED
from tasks.runner import Failure, job

from . import archive, contents, delivery, reading
from .models import Export

UNACCOUNTED = "unaccounted"


def remove_half_written(task):
    for export in Export.objects.filter(pk=task.args["export"]):
        archive.remove(export.folder, keep=export.file.name)


@job(
    _("Export of your posts"),
    phases={
        "writing": _("Writing your posts"),
        "checking": _("Checking the file"),
        "mailing": _("Sending the mail"),
    },
    reasons={
        UNACCOUNTED: _(
            "The file did not have as many posts as had been counted, so it was not published."
        ),
        NOT_MAILED: _(
            "The file is ready to download on its page, but the mail server did not take the mail."
        ),
        MAIL_UNKNOWN: _(
            "The file is ready to download on its page. Sending the mail was interrupted, so nobody"
            " knows whether it arrived."
        ),
    },
    urls={
        "result": lambda task: reverse("exports:detail", args=[task.args["export"]]),
        "cancel": lambda task: reverse("exports:cancel", args=[task.args["export"]]),
        "retry": lambda task: reverse("exports:retry", args=[task.args["export"]]),
    },
    clean_up=remove_half_written,
)
def export_posts(run):
    export = Export.objects.select_related("owner").get(pk=run.task.args["export"])
    if not export.file:
        archive.remove(export.folder)  # what dead attempts have left takes room
        take_snapshot(export, run)
        run.enter("writing", done=0, total=export.total)
        name, tick = f"{export.folder}/{run.task.token}", partial(run.advance, export.total)
        write = partial(contents.write, export, read(export, run), tick)
        with run.kept_alive(), archive.new_file(name, write, export.is_named) as name:
            run.enter("checking", done=export.total)
            checked = archive.check(name, partial(contents.count, export))
            account_for(export, run, checked.count)
            publish(export, run, name, checked)
    archive.remove(export.folder, keep=export.file.name)  # what died meanwhile
    delivery.mail(export, run)


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
    in the file or in the count, so both are made again."""
    if not export.explains(count):
        export.change(run, snapshot_at=None)
        raise Failure(UNACCOUNTED, heals=True)


def publish(export, run, name, checked):
    """Name the checked file in the row: from here on it is there for its owner, who is told."""
    with transaction.atomic():
        export.change(
            run,
            file=name,
            count=checked.count,
            size=checked.size,
            sha256=checked.sha256,
            published_at=timezone.now(),
        )
        Notification.objects.tell(
            export.owner, kind=Notification.Kind.EXPORT_READY, url=export.get_absolute_url()
        )
