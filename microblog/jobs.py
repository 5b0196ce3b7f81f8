"""Slow work that is about all apps, run by `manage.py qcluster`."""

from datetime import timedelta
from itertools import chain

from django.conf import settings
from django.utils.translation import gettext_lazy as _

import accounts.keeping
import blog.keeping
import exports.keeping
import tasks.keeping
from tasks.runner import job

# Those with a storage, which may be away, come last; before the other one that with what is due.
APPS = tasks.keeping, blog.keeping, exports.keeping, accounts.keeping


@job(_("Tidying up"), every=timedelta(seconds=settings.TIDY_SECONDS))
def tidy_up(run):
    """What is over goes, and what is due begins: a function an app, in steps that hold nobody up.
    Each may be done twice."""
    steps = chain.from_iterable(app.tidy() for app in APPS)
    with run.kept_alive():  # a storage takes its time
        for done, _step in enumerate(steps, 1):
            run.advance(done)
