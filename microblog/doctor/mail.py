"""Whether mails leave this machine. None is sent, but to who is named."""

import smtplib
from contextlib import suppress
from email.utils import parseaddr

from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend as SmtpBackend
from django.utils.translation import gettext as _

from .configuration import is_placeholder
from .findings import PATIENCE, first_line, ok, warning, wrong

FOR_DEVELOPMENT = "console", "filebased", "locmem", "dummy"


def examine(to: str = ""):
    yield from look_at_server()
    yield from look_at_senders()
    yield from look_at_admins()
    if to:
        yield send(to)


def look_at_server():
    if settings.EMAIL_BACKEND.split(".")[-2] in FOR_DEVELOPMENT:
        words = _("Mails do not leave this machine (%(backend)s).")
        words %= {"backend": settings.EMAIL_BACKEND}
        yield (
            ok(words)
            if settings.DEBUG
            else wrong(words, _("Set EMAIL_URL to a mail server, or EMAIL_BACKEND to a provider."))
        )
        return
    try:
        connection = get_connection(timeout=PATIENCE)
    except Exception as error:  # a backend is anybody's code; `check` says the same
        words = _("The mail backend can't be used: %(error)s") % {"error": first_line(error)}
        yield wrong(words, _("Mend EMAIL_BACKEND, and what it says is missing."))
        return
    if isinstance(connection, SmtpBackend):
        yield greet(connection)
    else:
        words = _("Mails go by %(backend)s. Whether it takes them shows only --mail-to.")
        yield ok(words % {"backend": settings.EMAIL_BACKEND})


def greet(connection):
    """Go as far as one can without a mail: EHLO, TLS and the password, where there are such."""
    about = {"host": connection.host, "port": connection.port}
    try:
        connection.open()
        code, said = connection.connection.noop()
        if code >= 400:
            raise smtplib.SMTPResponseException(code, said)
    except smtplib.SMTPAuthenticationError as error:
        about["error"] = f"{error.smtp_code}"
        words = _("The mail server %(host)s does not take our password (%(error)s).") % about
        return wrong(words, _("Set the user and the password in EMAIL_URL."))
    except (smtplib.SMTPException, OSError) as error:
        about["error"] = first_line(error)
        words = _("The mail server %(host)s, port %(port)s, can't be used: %(error)s") % about
        return wrong(words, _("See that the server of EMAIL_URL runs, and that its port is right."))
    finally:
        with suppress(smtplib.SMTPException, OSError):
            connection.close()
    return ok(_("The mail server %(host)s, port %(port)s, answers.") % about)


def look_at_senders():
    """From an address that is somebody else's, mails are refused."""
    if settings.DEBUG:
        return
    senders = {"DEFAULT_FROM_EMAIL": settings.DEFAULT_FROM_EMAIL}
    if settings.SERVER_EMAIL != settings.DEFAULT_FROM_EMAIL:
        senders["SERVER_EMAIL"] = settings.SERVER_EMAIL
    for name, value in senders.items():
        address = parseaddr(value)[1]
        about = {"name": name, "address": address}
        if is_placeholder(address.rpartition("@")[2]):
            words = _("%(name)s is %(address)s, which is nobody's, so mails are refused.") % about
            yield wrong(words, _("Set it to an address of yours."))
        else:
            yield ok(_("Mails come from %(address)s (%(name)s).") % about)


def look_at_admins():
    if settings.ADMINS:
        yield ok(_("Errors are told to ADMINS."))
    elif not settings.DEBUG:
        mend = _("Set it to the addresses of those who run this site.")
        yield warning(_("ADMINS is not set, so nobody is told of errors."), mend)


def send(to: str):
    about = {"address": to}
    message = EmailMessage(
        _("A mail of manage.py doctor"),
        _("Mails of %(site)s arrive.") % {"site": settings.SITE_URL},
        to=[to],
    )
    try:
        message.connection = get_connection(timeout=PATIENCE)
        message.send()
    except (smtplib.SMTPException, OSError, AnymailError) as error:
        words = _("The mail to %(address)s was refused: %(error)s")
        return wrong(
            words % (about | {"error": first_line(error)}),
            _("The words of the mail server say why; mend EMAIL_URL or DEFAULT_FROM_EMAIL."),
        )
    return ok(_("A mail to %(address)s was taken; see that it arrives.") % about)
