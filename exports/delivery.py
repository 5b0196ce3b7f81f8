"""The mails about an export: one brings it, another says that it is about to go."""

from django.conf import settings
from django.utils import timezone

from tasks import mail as mails
from tasks.runner import Failure

FILE_GONE = "file_gone"


def mail(export, run):
    """Mail the published export to its owner, once. Raises Failure when the mail server won't have
    it, or the file is gone; and Superseded."""
    if not export.mailed_at and export.owner.email:
        message = compose(export)
        mails.send_once(run, message)
        attached = bool(message.attachments)
        export.change(run, mailed_at=timezone.now(), attached=attached)


def remind(export, run):
    """Mail its owner that the file is about to go. Raises as `mail()` does."""
    mails.send_once(run, compose_reminder(export))
    export.change(run, reminded_at=timezone.now())


def compose(export):
    """The mail to the export's owner: the file attached if it is small enough and wanted so, else
    linked."""
    attached = export.attach and export.size <= settings.EXPORT_ATTACH_MAX_BYTES
    message = _compose("ready", export, key=f"export-{export.pk}", attached=attached)
    if attached:
        # As text, Django and mail servers would take its line ends for their own.
        kind = export.content_type
        kind = "application/octet-stream" if kind.startswith("text/") else kind
        message.attach(export.file_name, _read(export), kind)
    return message


def compose_reminder(export):
    return _compose("reminder", export, key=f"export-reminder-{export.pk}")


def _compose(name, export, *, key, **more):
    context = {
        "export": export,
        "file_name": export.file_name,
        "url": settings.SITE_URL + export.get_absolute_url(),
    }
    return mails.compose(
        f"exports/mail/{name}",
        context | more,
        to=export.owner.email,
        language=export.owner.language,
        zone=export.owner.zone,
        key=key,
    )


def _read(export) -> bytes:
    try:
        with export.file.open("rb") as file:
            return file.read()
    except FileNotFoundError as error:
        raise Failure(FILE_GONE) from error
