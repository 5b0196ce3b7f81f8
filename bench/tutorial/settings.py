"""The tutorial's way of doing it, on the same data, behind the same middleware and with the same
way of talking to PostgreSQL. With sessions that are asked for as Django does it: that ours are
asked for by a statement which is composed once belongs to our way."""

from bench.settings import *  # noqa: F403

SESSION_ENGINE = "bench.tutorial.sessions"
ROOT_URLCONF = "bench.tutorial.urls"
