"""The site, with its queries counted."""

from microblog.settings import *  # noqa: F403

MIDDLEWARE = ["bench.queries.CountQueries", *MIDDLEWARE]  # noqa: F405
