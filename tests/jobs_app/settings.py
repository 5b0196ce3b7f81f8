"""The site of a `manage.py qcluster` that also knows the jobs of the tests, with limits that a test
can wait for."""

from microblog.settings import *  # noqa: F403
from microblog.settings import DATABASES, INSTALLED_APPS, Q_CLUSTER, STORAGES, env

INSTALLED_APPS += ["tests.jobs_app"]
STORAGES["archives"]["BACKEND"] = "tests.jobs_app.storage.HesitantStorage"
# Seconds. Django-Q2 gives a job that catches its time-out 3 more.
Q_CLUSTER["timeout"] = env.int("TIMEOUT_SECONDS", default=Q_CLUSTER["timeout"])
if "sqlite3" in DATABASES["default"]["ENGINE"]:
    patience = env.float("SQLITE_SECONDS", default=DATABASES["default"]["OPTIONS"]["timeout"])
    DATABASES["default"]["OPTIONS"]["timeout"] = patience
