"""People and posts to look around with."""

import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from blog.models import Post

PASSWORD = "demo-password"  # noqa: S105 (public on purpose, and refused without DEBUG)
PEOPLE = {
    "alice": {"language": "en"},
    "bob": {"language": "es"},
    "charlie": {"language": "zh-hant"},
    "admin": {"is_staff": True, "is_superuser": True},
}
POSTS = Path(__file__).parents[2] / "demo.jsonl"

User = get_user_model()


class Command(BaseCommand):
    @property
    def help(self):
        return _(
            "Creates alice, bob and charlie, who have written something, and admin."
            " Whoever is there already is left alone, with all that they wrote and deleted."
        )

    def add_arguments(self, parser):
        parser.add_argument(
            "--if-empty",
            action="store_true",
            help=_("Do nothing when anybody is registered."),
        )

    def handle(self, *, if_empty, **options):
        if not settings.DEBUG:
            raise CommandError(
                _("Everybody knows the password of the demo's people, so they need DEBUG=1.")
            )
        if if_empty and User.objects.exists():
            self.stdout.write(_("Somebody is registered already: nothing to do."))
            return
        with transaction.atomic():
            created = [create(name, **about) for name, about in PEOPLE.items() if is_free(name)]
            posts = Post.objects.bulk_create(read_posts(created))
        if not created:
            self.stdout.write(_("The people of the demo are there already: nothing to do."))
            return
        self.stdout.write(
            ngettext(
                "Created %(names)s with %(count)d post. The password is %(password)s",
                "Created %(names)s with %(count)d posts. The password is %(password)s",
                len(posts),
            )
            % {
                "names": get_text_list([user.username for user in created], _("and")),
                "count": len(posts),
                "password": PASSWORD,
            }
        )


def address(name: str) -> str:
    return f"{name}@example.com"


def is_free(name: str) -> bool:
    """Whether nobody has this name or its address, in whatever case."""
    taken = Q(username__iexact=name) | Q(email__iexact=address(name))
    return not User.objects.filter(taken).exists()


def create(name: str, **about):
    return User.objects.create_user(name, address(name), PASSWORD, **about)


def read_posts(authors) -> list[Post]:
    """The unsaved posts of these users, at their times of day (UTC) so many days before today."""
    today = timezone.now().date()
    by_name = {author.username: author for author in authors}
    with POSTS.open(encoding="utf-8") as lines:
        return [
            Post(
                author=by_name[post["author"]],
                title=post.get("title", ""),
                body=post["body"],
                timestamp=datetime.combine(
                    today - timedelta(days=post["days_ago"]), time.fromisoformat(post["at"]), UTC
                ),
            )
            for post in map(json.loads, lines)
            if post["author"] in by_name
        ]
