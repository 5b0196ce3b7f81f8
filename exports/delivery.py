"""The mail that brings an export."""

from django.conf import settings
from django.utils import timezone

from tasks import mail as mails


def mail(export, run):
    """Mail the published export to its owner, once. Raises Failure when the mail server won't have
    it, and Superseded."""
    if not export.mailed_at and export.owner.email:
        mails.send_once(run, compose(export))
        export.change(run, mailed_at=timezone.now())


def compose(export):
    """The mail to the export's owner: the file attached if it is small enough, else linked."""
    attached = export.size <= settings.EXPORT_ATTACH_MAX_BYTES
    context = {
        "export": export,
        "attached": attached,
        "file_name": export.file_name,
        "url": settings.SITE_URL + export.get_absolute_url(),
    }
    message = mails.compose(
        "exports/mail/ready",
        context,
        to=export.owner.email,
        language=export.owner.language,
        key=f"export-{export.pk}",
    )
    if attached:
        with export.file.open("rb") as file:
            # As text, Django and mail servers would take its line ends for their own.
            kind = export.content_type
            kind = "application/octet-stream" if kind.startswith("text/") else kind
            message.attach(export.file_name, file.read(), kind)
    return message
