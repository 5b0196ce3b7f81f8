"""The site with all that can be looked at: what only development has, and the pages of errors."""

from microblog.settings import *  # noqa: F403

ROOT_URLCONF = "tests.urls_of_all_pages"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SECURITY_CONTACT = ["mailto:security@example.org"]
