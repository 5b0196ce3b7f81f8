"""The mail that brings an export."""

import smtplib
from contextlib import suppress
from urllib.parse import urlsplit

from anymail.exceptions import AnymailError, AnymailRecipientsRefused, AnymailRequestsAPIError
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils import timezone, translation

from tasks.runner import Failure

from .formats import posts_json
from .models import Export

NOT_MAILED = "not_mailed"
MAIL_UNKNOWN = "mail_unknown"


def mail(export, run):
    """Mail the published export to its owner, once.

    That it is handed over is written down before, that it was taken, after. An attempt that finds
    the first without the second can't know, and sends it once more, under the same Message-ID.
    Raises Failure when the mail server won't have it, and Superseded.
    """
    if export.mail == Export.Mail.SENT or not export.owner.email:
        return
    if export.mail == Export.Mail.SENDING and not run.count_resend():
        raise Failure(MAIL_UNKNOWN)
    message = compose(export)
    message.connection = get_connection()
    run.enter("mailing", done=export.total, delivering=True)
    export.change(run, mail=Export.Mail.SENDING)
    with run.kept_alive():
        state, error = _hand_over(message)
    if state == Export.Mail.SENT:
        export.change(run, mail=state, mailed_at=timezone.now())
    elif state != Export.Mail.SENDING:
        export.change(run, mail=state)
        run.enter("mailing", delivering=False)
    if error:
        reason = MAIL_UNKNOWN if state == Export.Mail.SENDING else NOT_MAILED
        raise Failure(reason, heals=state != Export.Mail.FAILED) from error


def _hand_over(message):
    """(what is now known of the mail, the error that says so or None)."""
    try:
        message.connection.open()
    except (smtplib.SMTPException, OSError) as error:
        return Export.Mail.NOT_YET, error
    try:
        message.send()
    except (smtplib.SMTPException, OSError, AnymailError) as error:
        return _meaning(error), error
    finally:
        with suppress(smtplib.SMTPException, OSError):
            message.connection.close()
    return Export.Mail.SENT, None


def _meaning(error) -> Export.Mail:
    """What an error says of the mail: refused for good, not taken now, or nothing for certain."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max(code for code, _ in error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
    elif isinstance(error, AnymailRecipientsRefused):
        return Export.Mail.FAILED
    elif isinstance(error, AnymailRequestsAPIError) and error.status_code:
        # HTTP has it the other way round: 4xx stays, 5xx may heal.
        return Export.Mail.FAILED if error.status_code < 500 else Export.Mail.NOT_YET
    else:
        return Export.Mail.SENDING
    return Export.Mail.FAILED if code >= 500 else Export.Mail.NOT_YET


def compose(export) -> EmailMultiAlternatives:
    """The mail in the owner's language: the file attached if it is small enough, else linked."""
    attached = export.size <= settings.EXPORT_ATTACH_MAX_BYTES
    context = {
        "export": export,
        "attached": attached,
        "file_name": posts_json.NAME,
        "url": settings.SITE_URL + export.get_absolute_url(),
        "site": urlsplit(settings.SITE_URL).hostname,
    }
    with translation.override(export.owner.language):
        subject = render_to_string("exports/mail/subject.txt", context)
        text = render_to_string("exports/mail/ready.txt", context)
        html = render_to_string("exports/mail/ready.html", context)
    message = EmailMultiAlternatives(
        " ".join(subject.split()),
        text,
        to=[export.owner.email],
        # Always the same, so that a mail that had to be sent twice can be told to be one.
        headers={"Message-ID": f"<export-{export.pk}@{context['site']}>"},
    )
    message.attach_alternative(html, "text/html")
    if attached:
        with export.file.open("rb") as file:
            message.attach(posts_json.NAME, file.read(), posts_json.CONTENT_TYPE)
    return message
