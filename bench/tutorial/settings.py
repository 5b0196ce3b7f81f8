"""The tutorial's way of doing it, on the same data and behind the same middleware; with Django's
sessions, and with the way that Django talks to PostgreSQL by itself."""

from bench.settings import *  # noqa: F403

SESSION_ENGINE = "django.contrib.sessions.backends.db"
ROOT_URLCONF = "bench.tutorial.urls"
DATABASES["default"].pop("OPTIONS")  # noqa: F405
