"""The site as it is in production, but with passwords that cost nothing, for three hundred people
sign in; and with files that need no `collectstatic`."""

from tests.settings_of_site import *  # noqa: F403

STATIC_ROOT, STATICFILES_DIRS = BASE_DIR / "static", []  # noqa: F405
