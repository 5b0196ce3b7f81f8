"""The tutorial's way of doing it, on the same data, behind the same middleware and with the same
way of talking to PostgreSQL. With Django's sessions: that ours are asked for by a statement which
is composed once belongs to our way."""

from bench.settings import *  # noqa: F403

SESSION_ENGINE = "django.contrib.sessions.backends.db"
ROOT_URLCONF = "bench.tutorial.urls"
