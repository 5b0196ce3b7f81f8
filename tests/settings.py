"""The site as the tests run it: a development site with data of its own, whatever `.env` says."""

import atexit
import os
import shutil
import tempfile

_var = tempfile.mkdtemp(prefix="microblog-tests-")
atexit.register(shutil.rmtree, _var, ignore_errors=True)
os.environ |= {
    "DEBUG": "1",
    "ENV_FILE": "",
    "VAR_DIR": _var,
    "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody answers there; tests that need Redis start one
    "TIDY_SECONDS": "0",  # clusters do nothing by themselves, for tests count tasks
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",  # Playwright's loop runs in the thread of the tests
}

from microblog.settings import *  # noqa: E402, F403

DATABASES["default"]["TEST"] = {  # noqa: F405
    # A file, so that worker processes can open it too.
    "NAME": f"{_var}/test.sqlite3" if "sqlite3" in DATABASES["default"]["ENGINE"] else None  # noqa: F405
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Else each client of a test would read all static files again before it asks for anything.
WHITENOISE_AUTOREFRESH = True
