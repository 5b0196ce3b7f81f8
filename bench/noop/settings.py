"""The site, with a job more that does nothing."""

from microblog.settings import *  # noqa: F403

INSTALLED_APPS += ["bench.noop"]  # noqa: F405
