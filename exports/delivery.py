"""The mail that brings an export."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation

from tasks.mail import send_once

from .formats import posts_json


def mail(export, run):
    """Mail the published export to its owner, once. Raises Failure when the mail server won't have
    it, and Superseded."""
    if not export.mailed_at and export.owner.email:
        send_once(run, compose(export))
        export.change(run, mailed_at=timezone.now())


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
