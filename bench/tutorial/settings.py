"""The site, with the tutorial's way of doing it beside it, and with its queries counted."""

from microblog.settings import *  # noqa: F403

ROOT_URLCONF = "bench.tutorial.urls"
MIDDLEWARE = ["bench.tutorial.queries.CountQueries", *MIDDLEWARE]  # noqa: F405
