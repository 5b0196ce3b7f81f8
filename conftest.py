"""The cast of all tests: Alice owns, Bob is a stranger to what is hers."""

import os
import signal
from itertools import islice
from operator import itemgetter

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils import timezone, translation

from tests.translation import Service

PASSWORD = "correct-horse-battery"
DATABASES = {"db", "transactional_db", "live_server"}  # pytest-django's


def make_person(username):
    """Who was seen just now, so that opening a page writes nothing."""
    email = f"{username}@example.com"
    now = timezone.now()
    return get_user_model().objects.create_user(username, email, PASSWORD, last_seen=now)


def make_staff(username, *permissions):
    """Who comes in to the admin pages, and may do there what these say, like tasks.view_task."""
    person = make_person(username)
    person.is_staff = True
    person.save()
    person.user_permissions.set(map(permission, permissions))
    return person


def permission(name):
    """By its name, like tasks.view_task."""
    app, codename = name.split(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def sign_in(context, client, url):
    """Sign the context of a browser in at this site as the person who is in this client."""
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": url}])


@pytest.fixture(autouse=True)
def in_nobodys_language():
    """A request leaves its language and zone to what its thread does next."""
    yield
    translation.deactivate()
    timezone.deactivate()


@pytest.fixture
def alice(db):
    return make_person("alice")


@pytest.fixture
def bob(db):
    return make_person("bob")


@pytest.fixture
def alices(client, alice):
    """A client in which Alice is signed in."""
    client.force_login(alice)
    return client


@pytest.fixture
def service(settings):
    """A translation service that the site asks."""
    with Service() as service:
        settings.TRANSLATOR = "libretranslate"
        settings.TRANSLATOR_OPTIONS = {"url": service.url, "key": "secret", "region": ""}
        yield service


def pytest_configure():
    """Hear what a run in the background or under nohup ignores: the processes that the tests start
    would inherit that, and some tests stop them by these signals."""
    for number in (signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """On PostgreSQL, leave out what needs no database: it is the same there, and bin/test has run
    it on SQLite before. What lasts is begun first and by different processes, or all would wait for
    one in the end: xdist gives each as many tests in a row."""
    if os.environ.get("DATABASE_URL"):
        config.hook.pytest_deselected(items=[item for item in items if not uses_database(item)])
        items[:] = filter(uses_database, items)
    processes = getattr(config, "workerinput", {}).get("workercount", 1)
    seconds = {item: item.get_closest_marker("lasts") for item in items}
    lasting = [item for item in items if seconds[item]]
    lasting.sort(key=lambda item: -seconds[item].args[0])
    others = iter(spread([item for item in items if not seconds[item]]))
    ordered = []
    for process in range(processes):
        end = len(items) * (process + 1) // processes
        ordered += islice(others, 2)  # of the one before, if it got one more
        ordered += lasting[process::processes]
        ordered += islice(others, max(end - len(ordered), 0))
    items[:] = [*ordered, *others]


def spread(items):
    """The slow ones evenly among the quick ones, for those mostly wait and these compute."""
    kinds = [[], []]
    for item in items:
        kinds[item.get_closest_marker("slow") is None].append(item)
    places = [(n / len(kind), item) for kind in kinds for n, item in enumerate(kind)]
    return [item for _, item in sorted(places, key=itemgetter(0))]


def uses_database(item):
    return item.get_closest_marker("django_db") or DATABASES & set(item.fixturenames)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """With NO_SKIPS, where everything is installed, a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
