"""Mails of jobs, each handed over once as far as anybody can know."""

import smtplib
from contextlib import suppress
from textwrap import TextWrapper
from urllib.parse import urlsplit

from anymail.exceptions import AnymailError, AnymailRecipientsRefused, AnymailRequestsAPIError
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils import timezone, translation

from .registry import MAIL_UNKNOWN, NOT_MAILED
from .runner import Failure

REFUSED, NOT_NOW, UNKNOWN = "refused", "not now", "unknown"
# As RFC 5322 asks for (section 2.1.1); a link stays whole however long it is.
WRAPPER = TextWrapper(78, break_long_words=False, break_on_hyphens=False)
HTTP_NOT_NOW = {408, 425, 429}  # too slow, too early, too often


def compose(name, context, *, to, language, key, zone=None, headers=None) -> EmailMultiAlternatives:
    """The mail of the templates `<name>_subject.txt`, `<name>.txt` and `<name>.html`, in the
    reader's language, with times in their `zone`. Their context also has `site`, our host. `key`
    names the mail: its Message-ID is the same each time it is made, so that one sent twice can be
    told to be one."""
    site = urlsplit(settings.SITE_URL).hostname
    context = context | {"site": site}
    with translation.override(language), timezone.override(zone):
        subject = render_to_string(f"{name}_subject.txt", context)
        text = render_to_string(f"{name}.txt", context)
        html = render_to_string(f"{name}.html", context)
    headers = {"Message-ID": f"<{key}@{site}>"} | (headers or {})
    text = "\n".join(map(WRAPPER.fill, text.strip().split("\n"))) + "\n"
    message = EmailMultiAlternatives(" ".join(subject.split()), text, to=[to], headers=headers)
    message.attach_alternative(html, "text/html")
    return message


def send_once(run, message):
    """Hand `message`, made by `compose()`, to the mail server, in the phase "mailing".

    That it is being handed over is committed before (the task is `delivering`); that it was taken
    is for the job to commit after. An attempt that finds the first and is here again can't know,
    and sends it once more; that is counted on it, and a third time there is not. What the server
    says to the second one tells nothing of the first.

    Raises Failure when the mail server did not take it, or left us in the dark; and Superseded.
    """
    message.connection = get_connection()  # what is wrong with the settings is an error before
    is_resend = run.task.delivering
    if is_resend and not run.count_resend():
        raise Failure(MAIL_UNKNOWN)
    run.enter("mailing", delivering=True)
    with run.kept_alive():
        fate, error = _hand_over(message)
    if fate == UNKNOWN or (fate and is_resend):
        raise Failure(MAIL_UNKNOWN, heals=not is_resend) from error
    if fate:
        run.enter("mailing", delivering=False)
        raise Failure(NOT_MAILED, heals=fate == NOT_NOW) from error


def _hand_over(message):
    """(what became of it: "" if it was taken; the error that says so or None)."""
    try:
        message.connection.open()
    except (smtplib.SMTPException, OSError) as error:
        return NOT_NOW, error
    try:
        message.send()
    except (smtplib.SMTPException, OSError, AnymailError) as error:
        return _fate(error), error
    finally:
        with suppress(smtplib.SMTPException, OSError):
            message.connection.close()
    return "", None


def _fate(error) -> str:
    """What an error says of the mail: RFC 5321, section 4.2.1, for the codes of SMTP."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max(code for code, _ in error.recipients.values())
    elif isinstance(error, smtplib.SMTPResponseException):
        code = error.smtp_code
    elif isinstance(error, AnymailRecipientsRefused):
        return REFUSED
    elif isinstance(error, AnymailRequestsAPIError) and error.status_code:
        # HTTP has it the other way round: 5xx may heal, and 4xx stays but for its own "not now".
        heals = error.status_code >= 500 or error.status_code in HTTP_NOT_NOW
        return NOT_NOW if heals else REFUSED
    else:
        return UNKNOWN
    return REFUSED if code >= 500 else NOT_NOW
