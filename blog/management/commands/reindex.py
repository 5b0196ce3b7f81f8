"""Fill the index of the search anew, while the site runs."""

import sys

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from accounts.models import User
from blog import search
from blog.models import Post


class Command(BaseCommand):
    @property
    def help(self):
        return _("Fills the index of the search anew: after an update that says so, or a repair.")

    def handle(self, **options):
        people = User.objects
        total = Post.with_deleted.count() + people.count()
        # disable=None: a bar only on a terminal
        with tqdm(total=total, unit="", disable=None, file=sys.stderr) as bar:
            search.rebuild(Post, User, progress=bar.update)
            done = bar.n or total
        said = ngettext(
            "%(count)d post or person can be found.",
            "%(count)d posts and people can be found.",
            done,
        )
        self.stdout.write(said % {"count": done})
