"""A site on which there is something of Alice's behind every address; and what comes of it when all
kinds of people ask for it."""

import base64
import json
import re
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.auth.tokens import default_token_generator
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver, resolve
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts import email_tokens
from accounts.models import Session, Token
from blog import people
from blog.models import Message, Notification, Post, Report
from conftest import PASSWORD, make_person
from exports import jobs, links
from exports.models import Export, Schedule, Webhook
from tasks.models import Task

PEOPLE = {
    "anonymous": None,
    "stranger": "bob",
    "owner": "alice",
    "follower": "carol",
    "blocked": "dave",
    "admin": "root",
}
NEW_PASSWORD = "another-horse-battery"
API = re.compile(r"/api/v\d+(?=/)")
PART = re.compile(r"<\w+>")
SIGN_IN = {"/accounts/login/", "/admin/login/"}
WRITING = re.compile(r'\s*(?:INSERT(?: OR IGNORE)? INTO|UPDATE|DELETE FROM) "?(\w+)')
SESSIONS = "accounts_session"  # visitors have them too


def routes(resolver=None, above="/"):
    """All that there are, with each part of them as `<name>`, of whatever kind it is."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = above + _written(str(entry.pattern))
        if isinstance(entry, URLPattern):
            yield route
        else:
            yield from routes(entry, route)


def _written(pattern):
    """A pattern of Django's, be it a path or a regular expression, as routes are written."""
    named = re.sub(r"\(\?P(<\w+>)[^()]*\)", r"\1", pattern)
    return re.sub(r"<\w+:(\w+)>", r"<\1>", named).replace("^", "").replace("$", "")


@dataclass(frozen=True)
class Outcome:
    """What came of a request: the response, and what was changed by it, as names of tables."""

    response: HttpResponse
    changed: set[str]

    def __str__(self):
        """As it is written in who_may.txt."""
        status, location = self.response.status_code, self.response.get("Location", "")
        is_led = status == 302 and urlsplit(location).path in SIGN_IN
        return f"{status}{'L' if is_led else ''}{'+' if self.changed else ''}"


class Writings:
    """Notes, around what is executed, which tables had a row changed."""

    def __init__(self):
        self.tables = set()

    def __call__(self, execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        # SQLite counts what is RETURNING only when it is fetched.
        if (found := WRITING.match(sql)) and (" RETURNING " in sql or context["cursor"].rowcount):
            self.tables.add(found[1])
        return result


class Site:
    """Alice's post, export, token and so on; what others are to her says `PEOPLE`."""

    def __init__(self):
        self.client = Client(raise_request_exception=False)
        self.people = {kind: make_person(name) for kind, name in PEOPLE.items() if name}
        self.alice = self.people["owner"]
        self._make_admin()
        self._make_bonds()
        self._say_something()
        self._take_out()
        self._let_in()
        # What stands in an address for a part, by the whole route (asked for by a method, or by
        # any), by the route as far as the part, or by the part; without the version of the API.
        # What can be called is made when it is asked for: it does not last, or stands in the way.
        self.parts = self._parts_of_accounts() | self._parts_of_exports() | self._parts_of_admin()
        self.parts |= {
            "/posts/<pk>": self.post.pk,
            "/posts/<pk>/undo": self._remove,
            "/posts/<pk>/restore": self._remove,
            "/tags/<name>": "lemons",
            "/timelines/tags/<name>": "lemons",
            "/notifications/<pk>": self.told.pk,
            "<section>": "people",
            "/mail/<name>": "1.0",
            "<number>": 0,
        }
        self.queries = {
            "/exports/<pk>/file/": "?" + urlsplit(links.make(self.export)).query,
            "/api/v2/search": "?q=lemons",
            "/admin/autocomplete/": "?app_label=accounts&model_name=user&field_name=mutes",
        }

    def ask(self, kind: str, method: str, route: str) -> Outcome:
        """As if nobody had asked for anything before."""
        mail.outbox.clear()
        with transaction.atomic():
            address = self._address(method, route)
            with connection.execute_wrapper(writings := Writings()):
                response = self._request(kind, method, route, address)
            transaction.set_rollback(True)
        mails = {"mail"} if mail.outbox else set()
        return Outcome(response, writings.tables - {SESSIONS} | mails)

    def methods(self, route: str) -> set[str]:
        """Which the route takes, but HEAD, which is as GET, and OPTIONS; of one that refuses none,
        those of browsers."""
        response = self.ask("admin", "NONE", route).response
        if response.status_code != 405:
            return {"GET", "POST"}
        return set(response["Allow"].split(", ")) - {"HEAD", "OPTIONS"}

    def _address(self, method, route):
        whole = API.sub("", route).rstrip("/")

        def fill(part):
            above = API.sub("", route[: part.end()])
            for name in (f"{method} {whole}", whole, above, part[0]):
                if name in self.parts:
                    value = self.parts[name]
                    return str(value() if callable(value) else value)
            raise AssertionError(f"tests/everything.py does not know a {part[0]} for {route}")

        address = PART.sub(fill, route)
        found = "/" + _written(resolve(address).route)
        assert found == route, f"{address} is not of {route}, but of {found}."
        return address + self.queries.get(route, "")

    def _request(self, kind, method, route, address):
        said = self._bodies().get(f"{method} {route}")
        self.client.cookies.clear()
        if API.match(route):
            response = self._ask_api(kind, method, route, address, said)
        else:
            response = self._ask_page(kind, method, address, said)
        if response.streaming:
            response.getvalue()  # which closes it
        return response

    def _ask_page(self, kind, method, address, said):
        """With a session. Visitors have none, and the owner's token does not count."""
        headers = {}
        if kind in self.sessions:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[kind]
        else:
            headers = {"Authorization": f"Bearer {self.secrets['owner']}"}
        if method == "POST":
            # Django's admin wants to hear "yes" before it deletes.
            return self.client.post(address, said or {"post": "yes"}, headers=headers)
        return self.client.generic(method, address, headers=headers)

    def _ask_api(self, kind, method, route, address, said):
        """With a token. Visitors have none, and the owner's session does not count."""
        headers = {}
        if f"{method} {route}" == "POST /api/v1/tokens":
            basic = base64.b64encode(f"alice:{PASSWORD}".encode()).decode()
            headers = {"Authorization": f"Basic {basic}"}
        elif kind in self.secrets:
            headers = {"Authorization": f"Bearer {self.secrets[kind]}"}
        else:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions["owner"]
        body = "" if said is None else json.dumps(said)
        return self.client.generic(method, address, body, "application/json", headers=headers)

    def _let_in(self):
        self.sessions, self.secrets = {}, {}
        for kind, person in self.people.items():
            self.client.cookies.clear()  # signing in ends another one's session
            self.client.force_login(person)
            self.sessions[kind] = self.client.cookies[settings.SESSION_COOKIE_NAME].value
            self.secrets[kind] = Token.objects.issue(person)[1]
        self.session = Session.objects.create(
            session_key="elsewhere", expire_date=timezone.now() + timedelta(1), owner=self.alice
        )
        self.token = Token.objects.issue(self.alice, name="Phone")[0]
        Token.objects.update(used_at=timezone.now())  # so that using one writes nothing

    def _make_bonds(self):
        people.follow(self.people["follower"], self.alice)
        self.alice.block(self.people["blocked"])
        self.alice.mutes.add(self.people["blocked"])

    def _say_something(self):
        self.post = Post(author=self.alice, title="Lemons", body="Thank you! #lemons")
        self.post.publish()
        self.regretted = Post(author=self.alice, body="Never mind")
        self.regretted.publish()
        self.received = Message.objects.create(
            sender=self.people["stranger"], recipient=self.alice, body="Hello"
        )
        self.sent = Message.objects.create(
            sender=self.alice, recipient=self.people["follower"], body="Hello"
        )
        Report(reporter=self.people["follower"], reason="spam").send(self.post)
        self.told = Notification.objects.get(recipient=self.alice)  # of who follows her

    def _take_out(self):
        self.export = self._start()
        jobs.export_posts(str(self.export.task_id))
        self.export.refresh_from_db()
        self.failed = self._start()
        Schedule.objects.plan(self.alice, every="month")
        Schedule.objects.update(paused_at=timezone.now())
        self.webhook = Webhook.objects.register(
            self.alice, "https://example.org/hook", ["export.failed"]
        )
        self.delivery = self.webhook.ping()
        ended = {"state": "failed", "reason": "crashed", "ended_at": timezone.now()}
        Task.objects.filter(pk__in=[self.failed.task_id, self.delivery.task_id]).update(**ended)

    def _remove(self):
        self.regretted.remove()
        return self.regretted.pk

    def _start(self):
        return Export.objects.start(self.alice)[0]

    def _make_admin(self):
        admin = self.people["admin"]
        admin.is_staff = admin.is_superuser = True
        admin.save()
        self.group = Group.objects.create(name="Helpers")

    def _parts_of_accounts(self):
        return {
            "<username>": "alice",
            "/@<username>/remove": "carol",
            "/@<username>/unmute": "dave",
            "/@<username>/unblock": "dave",
            "DELETE /users/<username>/mute": "dave",
            "DELETE /users/<username>/block": "dave",
            "/me/followers/<username>": "carol",
            "/users/<pk>": self.alice.pk,
            "/tokens/<pk>": self.token.pk,
            "/accounts/tokens/<pk>": self.token.pk,
            "/accounts/sessions/<pk>": self.session.public_id,
            "/me/sessions/<pk>": self.session.public_id,
            "<uidb64>": urlsafe_base64_encode(force_bytes(self.alice.pk)),
            "<token>": default_token_generator.make_token(self.alice),
            "/accounts/email/<token>": email_tokens.make(self.alice, "a@example.org"),
            "/accounts/unsubscribe/<token>": self.alice.unsubscribe_url("mail_messages").split("/")[
                -2
            ],
        }

    def _parts_of_exports(self):
        return {
            "/exports/<pk>": self.export.pk,
            "/exports/<pk>/cancel": lambda: self._start().pk,
            "/exports/<pk>/retry": self.failed.pk,
            "/tasks/<pk>": self.failed.task_id,
            "/tasks/<pk>/cancel": lambda: self._start().task_id,
            "/admin/tasks/task/<pk>": self.failed.task_id,
            "/admin/tasks/task/<pk>/cancel": lambda: self._start().task_id,
            "/webhooks/<pk>": self.webhook.pk,
            "<hook>": self.webhook.pk,
            "<delivery>": self.delivery.pk,
        }

    def _parts_of_admin(self):
        rows = {
            "accounts/user": self.alice,
            "auth/group": self.group,
            "blog/case": self.post.cases.get(),
            "blog/post": self.post,
            "exports/export": self.export,
            "exports/schedule": self.alice.export_schedule,
            "exports/webhook": self.webhook,
            "exports/delivery": self.delivery,
            "tasks/task": self.failed.task,
        }
        return {f"/admin/{model}/<object_id>": row.pk for model, row in rows.items()} | {
            "/admin/accounts/user/<id>": self.alice.pk,
            "/admin/r/<content_type_id>": ContentType.objects.get_for_model(Post).pk,
            "<object_id>": self.post.pk,
            "<app_label>": "blog",
            "<url>": "nothing",
        }

    def _bodies(self):
        """What is sent, by method and route: no more than has to be."""
        return self._sent_to_pages() | self._sent_to_admin() | self._sent_to_api()

    def _sent_to_pages(self):
        post = {"title": "Limes", "body": "Hello"}
        passwords = {"new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
        return {
            "POST /": post,
            "POST /posts/<pk>/": post,
            "POST /posts/<pk>/edit/": post,
            "POST /posts/<pk>/report/": {"reason": "hate"},
            "POST /@<username>/report/": {"reason": "hate"},
            "POST /messages/@<username>/": {"body": "Hello"},
            "POST /notifications/read/": {"until": self.told.pk},
            "POST /accounts/login/": {"username": "alice", "password": PASSWORD},
            "POST /accounts/register/": {
                "username": "susan",
                "email": "susan@example.com",
                "password1": NEW_PASSWORD,
                "password2": NEW_PASSWORD,
            },
            "POST /accounts/password-reset/": {"email": self.alice.email},
            "POST /accounts/language/": {"language": "es"},
            "POST /accounts/profile/": {"about": "Hello"},
            "POST /accounts/settings/": {"language": "es", "time_zone": "UTC"},
            "POST /accounts/email/": {"email": "a@example.org", "password": PASSWORD},
            "POST /accounts/password/": {"old_password": PASSWORD} | passwords,
            "POST /accounts/delete/": {"password": PASSWORD},
            "POST /accounts/tokens/": {"name": "Laptop", "scopes": "read", "password": PASSWORD},
            "POST /exports/verify/": {"archive": SimpleUploadedFile("a.zip", b"no archive")},
            "POST /exports/schedule/": {"every": "week"},
            "POST /exports/webhooks/": {
                "url": "https://example.org/other",
                "events": "export.failed",
            },
        }

    def _sent_to_admin(self):
        passwords = {
            "usable_password": "true",
            "password1": NEW_PASSWORD,
            "password2": NEW_PASSWORD,
        }
        return {
            "POST /admin/login/": {"username": "root", "password": PASSWORD},
            "POST /admin/password_change/": {
                "old_password": PASSWORD,
                "new_password1": NEW_PASSWORD,
                "new_password2": NEW_PASSWORD,
            },
            "POST /admin/accounts/user/add/": {"username": "susan"} | passwords,
            "POST /admin/accounts/user/<object_id>/change/": {
                "username": "alice",
                "language": "en",
                "time_zone": "UTC",
                "date_joined_0": "2026-01-02",
                "date_joined_1": "03:04:05",
                "suspensions-TOTAL_FORMS": 0,
                "suspensions-INITIAL_FORMS": 0,
            },
            "POST /admin/tasks/task/board/pause/": {"job": ""},
            "POST /admin/tasks/task/board/resume/": {"job": ""},
            "POST /admin/accounts/user/<id>/password/": passwords,
            "POST /admin/auth/group/add/": {"name": "Others"},
            "POST /admin/auth/group/<object_id>/change/": {"name": "Others"},
        }

    def _sent_to_api(self):
        credentials = {"username": "alice", "password": PASSWORD}
        return {
            "POST /api/v1/login": credentials,
            "POST /api/v1/users": {"username": "susan", "password": NEW_PASSWORD},
            "PUT /api/v1/users/<pk>": {"about_me": "Hello"},
            "POST /api/v1/posts": {"title": "Limes", "content": "Hello"},
            "PUT /api/v1/posts/<pk>": {"title": "Limes"},
            "POST /api/v2/tokens": credentials | {"name": "Laptop", "scopes": ["read"]},
            "PATCH /api/v2/tokens/<pk>": {"name": "Laptop"},
            "PATCH /api/v2/me": {"about": "Hello"},
            "PATCH /api/v2/me/preferences": {"language": "es"},
            "POST /api/v2/me/received/read": {"until": self.received.pk},
            "POST /api/v2/posts": {"body": "Hello"},
            "PATCH /api/v2/posts/<pk>": {"body": "Hello"},
            "POST /api/v2/posts/<pk>/report": {"reason": "hate"},
            "POST /api/v2/users/<username>/report": {"reason": "hate"},
            "POST /api/v2/messages/<username>": {"body": "Hello"},
            "POST /api/v2/messages/<username>/read": {"until": self.sent.pk},
            "POST /api/v2/notifications/read": {"until": self.told.pk},
            "POST /api/v2/exports": {},
            "PUT /api/v2/exports/schedule": {"every": "week"},
            "POST /api/v2/webhooks": {
                "url": "https://example.org/hook",
                "events": ["export.failed"],
            },
            "PATCH /api/v2/webhooks/<pk>": {"active": False},
        }
