"""What `manage.py check` says of settings that only turn out wrong when they are used. Checks of
the tag "settings" are made before each start, also of a web server; they ask nobody."""

from django.conf import settings
from django.core.checks import Error
from django.core.mail import get_connection
from django.utils.translation import gettext as _


def check_mail(app_configs, **kwargs):
    try:
        get_connection()  # which is not opened yet
    except Exception as error:  # a backend is anybody's code
        message = _("EMAIL_BACKEND %(name)s can't be used: %(error)s")
        message %= {"name": settings.EMAIL_BACKEND, "error": error}
        return [Error(message, hint=_("Mend it, or set EMAIL_URL alone."), id="microblog.E001")]
    return []
