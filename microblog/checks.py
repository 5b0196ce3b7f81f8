"""What `manage.py check` says of settings that only turn out wrong when they are used. Checks of
the tag "settings" are made before each start, also of a web server; they ask nobody."""

from django.conf import settings
from django.core.checks import Error
from django.core.mail import get_connection


def check_mail(app_configs, **kwargs):
    try:
        get_connection()  # which is not opened yet
    except Exception as error:  # a backend is anybody's code
        message = f"EMAIL_BACKEND {settings.EMAIL_BACKEND} can't be used: {error}"
        return [Error(message, hint="Mend it, or set EMAIL_URL alone.", id="microblog.E001")]
    return []
