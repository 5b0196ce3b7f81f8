"""Django-Q2 as its documentation has it, with the database and the logs of the site."""

from microblog.settings import *  # noqa: F403

INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django_q"]
AUTH_USER_MODEL = "auth.User"
ROOT_URLCONF = None
Q_CLUSTER = {
    "name": "plain",
    "workers": 2,
    "redis": REDIS_URL,  # noqa: F405
    "save_limit": 0,  # every result is kept
    "timeout": 600,
    "retry": 660,  # not used on Redis, but it warns without it
}
