"""People and posts to look around with."""

import json
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.lists import listed
from accounts.models import User
from blog.models import Message, Notification, Post

PASSWORD = "demo-password"  # noqa: S105 (public on purpose, and refused without DEBUG)
PEOPLE = {
    "alice": {
        "display_name": "Alice Marsh",
        "about": "Librarian by the harbour. Learns every language that passes. Bread at weekends.",
        "language": "en",
        "time_zone": "Europe/Dublin",
    },
    "bob": {
        "display_name": "Beto Quiroga",
        "about": "Taller de bicicletas. Papá de Inés. Versos cortos y frenos largos.",
        "language": "es",
        "time_zone": "America/Montevideo",
    },
    "charlie": {
        "display_name": "查理",
        "about": "夜班公車司機。寫些路上看到的。",
        "language": "zh-hant",
        "time_zone": "Asia/Taipei",
    },
    "eleni": {
        "display_name": "Ελένη",
        "about": "Ground floor: a cat, a lemon tree, and time for tea.",
        "time_zone": "Europe/Dublin",
    },
    "zoe": {
        "display_name": "Zoë",
        "about": "Alto, second row. I knit in the rests.",
        "time_zone": "Europe/Dublin",
    },
    "admin": {"is_staff": True, "is_superuser": True},
}
FOLLOWS = {
    "alice": ["bob", "charlie", "eleni", "zoe"],
    "bob": ["alice", "charlie"],
    "charlie": ["alice", "bob"],
    "eleni": ["alice", "zoe"],
    "zoe": ["alice", "charlie", "eleni"],
}
POSTS = Path(__file__).parents[2] / "demo.jsonl"
MESSAGES = Path(__file__).parents[2] / "demo_messages.jsonl"
JOINED_BEFORE = timedelta(days=180)  # so before their first posts
READ_AFTER = timedelta(days=2)  # what is older has been read


class Command(BaseCommand):
    @property
    def help(self):
        return _(
            "Creates alice, bob, charlie, eleni and zoe, who have written something, and admin."
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
            created = {
                name: create(name, **about) for name, about in PEOPLE.items() if is_free(name)
            }
            follow(created)
            posts = write_posts(created)
            write_messages(created)
            look_through_notifications(created)
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
                "names": listed(created),
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
    joined = timezone.now() - JOINED_BEFORE
    return User.objects.create_user(name, address(name), PASSWORD, date_joined=joined, **about)


def read(file: Path):
    """(what a line of the file says, its moment) one after the other. A moment is so many days
    before today, at a time of day in UTC."""
    today = timezone.now().date()
    with file.open(encoding="utf-8") as lines:
        for said in map(json.loads, lines):
            day = today - timedelta(days=said["days_ago"])
            yield said, datetime.combine(day, time.fromisoformat(said["at"]), UTC)


def write_posts(authors: dict) -> list[Post]:
    """Publish the posts of these users. Answers find what they answer by its text, for it may be
    there already; or may not be there any more."""
    texts, written = {}, []
    for said, moment in read(POSTS):
        texts[said.get("key")] = said["body"]
        if said["author"] not in authors:
            continue
        post = Post(
            author=authors[said["author"]],
            title=said.get("title", ""),
            body=said["body"],
        )
        if answered := "reply_to" in said and find_post(texts[said["reply_to"]]):
            post.reply_to = answered
        post.publish(at=moment)
        written.append(post)
    return written


def find_post(body: str) -> Post | None:
    return Post.objects.filter(body=body, author__username__in=PEOPLE).first()


def write_messages(people: dict):
    """Those between two of these users."""
    Message.objects.bulk_create(
        Message(
            sender=people[said["sender"]],
            recipient=people[said["recipient"]],
            body=said["body"],
            sent_at=moment,
            read_at=moment if is_read(moment) else None,
        )
        for said, moment in read(MESSAGES)
        if {said["sender"], said["recipient"]} <= set(people)
    )


def follow(followers: dict):
    there = {user.username: user for user in User.objects.filter(username__in=PEOPLE)}
    for name, user in followers.items():
        for other in filter(None, map(there.get, FOLLOWS.get(name, []))):
            user.follows.add(other)
            Notification.objects.get_or_create(
                recipient=other, kind=Notification.Kind.FOLLOWED, actor=user
            )


def look_through_notifications(people: dict):
    """Let these users have been told at the time, and have read what is old."""
    long_ago = timezone.now() - timedelta(days=100)
    told = Notification.objects.filter(recipient__in=people.values()).select_related("post")
    for notification in told:
        moment = notification.post.timestamp if notification.post else long_ago
        notification.created_at = moment
        notification.read_at = moment if is_read(moment) else None
    Notification.objects.bulk_update(told, ["created_at", "read_at"])


def is_read(moment) -> bool:
    return timezone.now() - moment > READ_AFTER
