"""Slow work of this app, run by `manage.py qcluster`."""

import time
from functools import partial

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from blog.models import Notification
from tasks.registry import MAIL_UNKNOWN, NOT_MAILED, Refused
from tasks.runner import Failure, job

from . import archive, contents, delivery, reading
from .api.serializers import ExportFacts
from .models import Delivery, Export
from .models.webhooks import PING, Event
from .webhooks import GONE, NOT_PUBLIC

NOT_TAKEN = "not_taken"


def remove_half_written(task):
    for export in Export.objects.filter(pk=task.args["export"]):
        archive.remove(export.folder, keep=export.file.name)


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
        Delivery.objects.announce(
            export.owner, Event.FAILED, ExportFacts(export).data | {"error": error}
        )


@job(
    _("Export of your posts"),
    phases={
        "writing": _("Writing your posts"),
        "checking": _("Checking the file"),
        "mailing": _("Sending the mail"),
    },
    reasons={
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
    retry=retry,
    on_failed=tell_of_failure,
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
            publish(export, run, name, archive.check(name, partial(contents.count, export)))
    archive.remove(export.folder, keep=export.file.name)  # what died meanwhile
    delivery.mail(export, run)


def take_snapshot(export, run):
    """Fix, at the first attempt, which posts are in it."""
    if export.last_id is None:
        export.change(run, **export.snapshot())


def read(export, run):
    """The chunks of the export's posts, saying how far it is; slowed for demonstrations by
    `EXPORT_POSTS_PER_SECOND`."""
    pace = settings.EXPORT_POSTS_PER_SECOND
    done = 0
    for chunk in reading.posts(export.posts, max(1, pace // 4) if pace else reading.CHUNK):
        yield chunk
        done += len(chunk)
        run.advance(done)
        if pace:
            time.sleep(len(chunk) / pace)


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
        Delivery.objects.announce(export.owner, Event.SUCCEEDED, ExportFacts(export).data)


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
