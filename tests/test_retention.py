"""How long everything is kept: the table of docs/reference/retention.md against the code, and what
the job does that tidies up."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.models import DateTimeField
from django.utils import timezone
from django_q.models import Task as Crashed

from accounts.models import Follow, Session, Suspension, Token, User
from blog.models import Case, Deletion, Message, Notification, Post, Report
from exports.models import Delivery, Download, Export, IdempotencyKey, Schedule, Webhook
from microblog.jobs import APPS
from tasks import lifecycle
from tasks.models import Attempt, Cluster, Pause, Tally, Task

LONG_AGO = timezone.now() - timedelta(days=4000)
SETTING = re.compile(r"`((?:KEEP|EXPORT_KEEP)_\w+)` \((\d+)\)")
DOCS = Path(settings.BASE_DIR, "docs/reference/retention.md").read_text()
TABLE = [
    [cell.strip() for cell in line[1:-1].split("|")]
    for line in DOCS.splitlines()
    if line.startswith("| ") and not line.startswith("| what |")
]
# What nobody sweeps, however old it is.
STAYS = {
    User, Follow, Post, Message, Export, Schedule, Webhook, LogEntry, Pause, Tally,
}  # fmt: skip
GOES = {
    Deletion, Notification, Case, Report, Suspension, Download, Delivery, IdempotencyKey, Task,
    Attempt, Crashed, Cluster, Session, Token,
}  # fmt: skip


def tidy():
    return sum(1 for app in APPS for _step in app.tidy())


class TestTable:
    def named(self, cell):
        return set(re.findall(r"`(\w+\.[A-Z]\w+)`", cell))

    def test_each_model_is_in_it_and_nothing_else(self):
        models = {model._meta.label for model in apps.get_models() if not model._meta.proxy}
        assert {label for row in TABLE for cell in row for label in self.named(cell)} == models

    def test_each_row_says_for_how_long(self):
        assert all(len(row) == 4 and row[1] for row in TABLE)

    def test_each_setting_is_in_it_with_its_default(self):
        said = {name: int(days) for row in TABLE for name, days in SETTING.findall(row[2])}
        names = {name for name in dir(settings) if name.startswith("KEEP_")} | {"EXPORT_KEEP_DAYS"}
        assert said == {name: getattr(settings, name) for name in names}

    def test_what_is_said_of_the_days_is_the_default(self):
        for row in TABLE:
            for _name, days in SETTING.findall(row[2]):
                assert row[1].startswith(f"{days} days")

    def test_the_example_of_the_environment_has_the_defaults(self):
        example = Path(settings.BASE_DIR, ".env.example").read_text()
        for row in TABLE:
            for name, days in SETTING.findall(row[2]):
                assert f"\n#{name}={days}\n" in example


@pytest.fixture
def everything(alice, bob, admin_user):
    """A row of each that could be swept or not, over for years, as far as it can be over."""
    alice.follow(bob)
    alice.mutes.add(bob)
    post = Post.objects.create(author=alice, body="Hello @bob #tag")
    Post.objects.link([post])
    post.revise("", "Hello again #tag")
    for read_at in (LONG_AGO, None):
        Notification.objects.create(recipient=bob, kind="followed", actor=alice, read_at=read_at)
        Notification.objects.update(kind="exports_paused")
    Message(sender=alice, recipient=bob, body="Psst").send()
    Post.objects.create(author=bob, body="Gone").delete()
    Report(reporter=alice, reason="spam").send(bob)
    Case.objects.get().dismiss(admin_user)
    bob.suspend(admin_user, reason="Spam")
    bob.restore(admin_user)
    Token.objects.issue(alice, expires_in=timedelta(days=1))
    Session.objects.create(session_key="old", session_data="", expire_date=LONG_AGO)
    task, _ = lifecycle.launch("blog.jobs.purge_post", key="1", owner=alice)
    lifecycle.succeed(lifecycle.claim(task.job, task.pk))
    Crashed.objects.create(
        id="1", name="1", func="f", started=LONG_AGO, stopped=LONG_AGO, success=False
    )
    Cluster.objects.create(
        pk="1", host="here", pid=1, workers=1, started_at=LONG_AGO, seen_at=LONG_AGO
    )
    Pause.objects.begin("", admin_user)
    Tally.objects.get_or_create(defaults={"until": LONG_AGO})
    export = Export.objects.create(owner=alice, published_at=LONG_AGO)
    export.downloads.create(address="192.0.2.1")
    Schedule.objects.create(owner=alice, every="week", next_at=timezone.now() + timedelta(days=1))
    webhook = Webhook.objects.create(owner=alice, url="https://example.org", events="", secret="s")  # noqa: S106
    webhook.deliveries.create(event="ping", data={})
    IdempotencyKey.objects.create(owner=alice, key="k", digest="d")
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(user=admin_user, content_type=kind, object_id="1", action_flag=2)
    yield
    Tally.objects.all().delete()


def age_everything():
    """Let all that happened have happened long ago, but for what has not happened."""
    for model in STAYS | GOES:
        for field in model._meta.concrete_fields:
            is_to_come = model is Schedule and field.name == "next_at"
            if isinstance(field, DateTimeField) and not is_to_come and field.name != "deleted_at":
                model._base_manager.exclude(**{field.name: None}).update(**{field.name: LONG_AGO})


@pytest.mark.django_db
class TestSweep:
    def count(self, models):
        return {model._meta.label: model._base_manager.count() for model in models}

    def test_what_people_want_stays_however_old_it_is(self, everything):
        age_everything()
        before = self.count(STAYS)
        revisions = Post.objects.get().revisions.count()
        assert all(before.values()) and revisions
        tidy()
        assert self.count(STAYS) == before
        alice = User.objects.get(username="alice")
        post = alice.posts.get()
        assert (post.body, post.revisions.count()) == ("Hello again #tag", revisions)
        assert post.tags.get().name == "tag"
        assert alice.mutes.get().username == "bob"

    def test_what_is_over_goes_and_twice_is_harmless(self, everything):
        assert all(self.count(GOES).values())
        age_everything()
        assert tidy()
        kept = {Notification._meta.label: 1}  # what was never read
        assert {label: n for label, n in self.count(GOES).items() if n} == kept
        left = self.count(STAYS | GOES)
        tidy()
        assert self.count(STAYS | GOES) == left

    def test_what_is_young_stays(self, everything):
        Session.objects.update(expire_date=timezone.now() + timedelta(days=1))
        Crashed.objects.update(stopped=timezone.now())
        Cluster.objects.update(seen_at=timezone.now())
        Notification.objects.exclude(read_at=None).update(read_at=timezone.now())
        before = self.count(STAYS | GOES)
        tidy()
        assert self.count(STAYS | GOES) == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (lambda: Task.objects.to_forget(), "tasks_task_by_end"),
        (lambda: Token.objects.to_forget(), "accounts_token_by_end"),
        (lambda: Suspension.objects.to_forget(), "accounts_suspension_by_end"),
        (lambda: User.objects.filter(avatar__in=["a", "b"]), "accounts_user_by_avatar"),
        (lambda: Post.with_deleted.to_purge(), "blog_post_deleted"),
        (lambda: Deletion.objects.to_forget(), "blog_deletion_by_age"),
        (lambda: Notification.objects.to_forget(), "blog_notification_by_reading"),
        (lambda: Case.objects.to_forget(), "blog_case_queue"),
        (lambda: IdempotencyKey.objects.expired(), "exports_idempotency_by_age"),
        (lambda: Delivery.objects.to_forget(), "exports_delivery_by_age"),
        (lambda: Download.objects.to_forget(), "exports_download_by_age"),
    ],
)
def test_what_is_over_is_found_by_an_index(rows, index):
    found = rows().order_by().values("pk")[:500]
    if connection.vendor == "sqlite":
        assert index in found.explain()
    else:  # which plans by how much there is, and that is nothing
        with connection.cursor() as cursor:
            table = found.model._meta.db_table
            assert index in connection.introspection.get_constraints(cursor, table)
