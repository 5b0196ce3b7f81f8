"""The site as it is in production, but with passwords that cost nothing, for tests that sign in a
thousand times from outside; and without what `collectstatic` makes."""

from microblog.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
