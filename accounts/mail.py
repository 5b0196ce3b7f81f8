"""Mails that are sent while somebody waits for the page, about their password and their address."""

import smtplib
import uuid
from contextlib import contextmanager, suppress

from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.mail import get_connection
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from tasks.mail import compose

from . import email_tokens

PATIENCE = 10  # seconds for each answer of the mail server, at most
AWAY = _(
    "Our mail server does not answer, so nothing was sent and nothing was changed."
    " Please try again in a few minutes."
)
REFUSED = _("Our mail server could not send a mail to this address. Nothing was changed.")
ERRORS = (smtplib.SMTPException, OSError, AnymailError)


class Away(Exception):
    """The mail server can't be reached."""


@contextmanager
def server():
    """An open connection to the mail server: a backend of Django's. Raises Away."""
    connection = get_connection(timeout=min(PATIENCE, settings.EMAIL_TIMEOUT))
    try:
        connection.open()
    except ERRORS as error:
        raise Away from error
    try:
        yield connection
    finally:
        with suppress(*ERRORS):  # what was sent was sent; nothing hangs on a goodbye
            connection.close()


def password_reset(*, user, uid, token, **context):
    """The mail with the link under which a new password can be chosen; takes the context that
    Django's form makes for it."""
    url = reverse("accounts:password_reset_confirm", args=[uid, token])
    return _compose("password_reset", user, user.email, url=settings.SITE_URL + url)


def confirm_email(person, email):
    """The mail to a new address with the link that makes it theirs."""
    url = reverse("accounts:email_confirm", args=[email_tokens.make(person, email)])
    return _compose("confirm_email", person, email, url=settings.SITE_URL + url)


def notice_of_email(person, email):
    """The mail to the present address: somebody wants to leave it for another one."""
    url = reverse("accounts:password_reset")
    return _compose("notice", person, person.email, email=email, url=settings.SITE_URL + url)


def _compose(name, person, to, **context):
    return compose(
        f"accounts/mail/{name}",
        {"person": person} | context,
        to=to,
        language=person.language,
        key=f"{name}-{uuid.uuid4()}",
    )
