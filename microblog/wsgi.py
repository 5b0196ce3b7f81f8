import os

from django.core.checks import ERROR, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.wsgi import get_wsgi_application
from gunicorn.errors import AppImportError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "microblog.settings")


def start():
    """The application. Raises what gunicorn shows without a traceback, and ends for, where a
    setting is wrong."""
    try:
        application = get_wsgi_application()
    except ImproperlyConfigured as error:
        raise AppImportError(str(error)) from None
    if errors := [each for each in run_checks(tags=["settings"]) if each.level >= ERROR]:
        raise AppImportError("\n".join(f"{each.msg} {each.hint}" for each in errors))
    return application


application = start()
