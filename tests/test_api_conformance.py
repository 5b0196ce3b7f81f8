"""The API does what its description says, whatever it is asked.

schemathesis (https://schemathesis.io) makes requests up from `/api/schema/`: right ones, wrong ones
and chains of them in which one takes what another answered. The site runs under gunicorn, with a
cluster that does what is begun. No answer may be a 5xx, of a status or of a form that is not
described, or take what the description forbids.
"""

import json
import subprocess
import sys

import pytest
from django.conf import settings

from blog.models import Message, Notification, Post
from conftest import PASSWORD

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

REQUESTS = 6_700  # at least, of each of the three who ask: 20,000 in all
ROUNDS = 20  # of chains, at most
CONFIGURATION = """
workers = 1
request-timeout = 30

[generation]
database = "none"

[checks]
# That a name is taken, a post one's own, a cursor ours: no schema says so.
positive_data_acceptance.enabled = false

[auth]
auto-signup = false

[[operations]]
include-operation-id = "exports_download"
# A part of a file in JSON is none.
checks.response_schema_conformance.enabled = false
"""
# A token that was revoked by what was asked is replaced.
SIGNED_IN = f"""
[auth.dynamic.openapi.token]
path = "/api/v1/login"
payload = {{ username = "alice", password = "{PASSWORD}" }}
extract_selector = "/token"

[auth.openapi.basicAuth]
username = "alice"
password = "{PASSWORD}"
"""


@pytest.fixture
def environment(environment):
    rates = {"VISITOR", "PERSON", "REGISTER", "WRITE", "SEARCH", "EXPORT", "WEBHOOK"}
    return (
        environment
        | {f"API_RATE_{name}": "1000000/min" for name in rates}
        | {f"LIMIT_{name.upper()}": "0/1" for name in settings.LIMITS}
        | {
            "DJANGO_SETTINGS_MODULE": "tests.settings_of_site",
            "DEBUG": "0",
            "SECRET_KEY": "of-the-tests-" * 5,
            "ALLOWED_HOSTS": "127.0.0.1",
            "SECURE_SSL_REDIRECT": "0",
            "EXPORT_ALLOWANCE": "0",
            # What is too long for a line is refused by gunicorn, before it is the API's to answer.
            "GUNICORN_CMD_ARGS": "--limit-request-line 0",
        }
    )


@pytest.fixture
def people(alice, bob):
    """Two between whom there is something of everything; the first one."""
    alice.follows.add(bob)
    bob.follows.add(alice)
    posts = [Post.objects.create(author=who, body="Hello @bob #lemons") for who in (alice, bob)]
    Post.objects.create(author=bob, body="Yes", reply_to=posts[0], thread=posts[0].pk)
    Message.objects.create(sender=bob, recipient=alice, body="Hello")
    Notification.objects.create(recipient=alice, kind="followed", actor=bob)
    return alice


@pytest.fixture
def ask(site, environment, tmp_path):
    """`ask(configuration, phases, examples, seed)`: what schemathesis reports."""
    url, _workers = site

    def ask(configuration, phases, examples, seed=1):
        settings, report = tmp_path / "schemathesis.toml", tmp_path / f"{phases}.json"
        settings.write_text(configuration)
        # It would take all there is from the tests beside it, some of which hold others to seconds.
        command = ["nice", "-n", "19", sys.executable, "-m", "schemathesis.cli"]
        command += ["--config-file", settings]
        command += ["run", f"{url}/api/schema/", "--no-color", "--report-json-path", report]
        command += ["--phases", phases, "--max-examples", str(examples), "--seed", str(seed)]
        done = subprocess.run(
            command,
            cwd=tmp_path,  # where it notes what it has found
            env=environment,
            capture_output=True,
            text=True,
        )
        print(done.stdout, done.stderr)
        return json.loads(report.read_text())

    return ask


@pytest.mark.lasts(400)
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("who", ["visitor", "person", "admin"])
def test_the_api_is_as_described(who, people, ask, start_qcluster):
    people.is_staff = people.is_superuser = who == "admin"
    people.save()
    configuration = CONFIGURATION + ("" if who == "visitor" else SIGNED_IN)
    with start_qcluster():
        made_up = ask(configuration, "examples,coverage,fuzzing", 36)  # of each operation
        requests = all_as_described(made_up)
        assert made_up["operations"]["tested"] == made_up["operations"]["total"]
        # How many it chains hangs on what the site is at when it asks.
        for seed in range(ROUNDS):
            if requests < REQUESTS:
                requests += all_as_described(ask(configuration, "stateful", 300, seed))
    assert requests >= REQUESTS


def all_as_described(said):
    """How many requests it made."""
    assert said["complete"] and said["exit_code"] == 0
    assert not said["failures"] and not said["errors"]
    return said["test_cases"]["generated"]
