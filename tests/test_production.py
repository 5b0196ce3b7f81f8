"""How the program starts, or refuses to, where DEBUG is off."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": "k" * 30 + "abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "example.org",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
}


def manage(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={name: os.environ[name] for name in ("PATH", "VAR_DIR", "ENV_FILE")} | environment,
        capture_output=True,
        text=True,
    )


def test_an_empty_variable_is_not_set():
    empty = dict.fromkeys(["DATABASE_URL", "EMAIL_URL", "SITE_URL", "CONN_MAX_AGE"], "")
    checked = manage("check", **PRODUCTION | empty)
    assert (checked.returncode, checked.stdout) == (
        0,
        "System check identified no issues (0 silenced).\n",
    )


def test_what_the_address_of_the_database_says_is_kept():
    code = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'])"
    database = {"DATABASE_URL": "postgres://microblog@127.0.0.1:5432/microblog?sslmode=require"}
    said = manage("shell", "-c", code, **PRODUCTION | database).stdout
    assert "'sslmode': 'require'" in said
    assert "'prepare_threshold': 5" in said


BUCKET = {"ARCHIVES_S3_BUCKET": "archives", "ARCHIVES_S3_REGION": "eu-central-1"}


@pytest.mark.parametrize(
    ("store", "address"),
    [
        ({}, "https://archives.s3.eu-central-1.amazonaws.com/e/1?"),
        (
            {"ARCHIVES_S3_ENDPOINT_URL": "https://s3.example.org"},
            "https://s3.example.org/archives/e/1?",
        ),
    ],
)
def test_what_is_in_a_bucket_is_fetched_from_there_by_who_has_a_key(store, address):
    code = "from exports.archive import storage; print(storage().url('e/1'))"
    keys = {"AWS_ACCESS_KEY_ID": "name", "AWS_SECRET_ACCESS_KEY": "secret"}
    shown = manage("shell", "-c", code, **PRODUCTION | BUCKET | store | keys).stdout
    assert address in shown
    assert "X-Amz-Signature=" in shown


def test_a_token_and_networks_are_taken():
    code = "from django.conf import settings; print(settings.METRICS_NETWORKS)"
    right = {"METRICS_TOKEN": "a" * 64, "METRICS_NETWORKS": "10.0.0.0/8, fd00::/8,192.0.2.7"}
    said = manage("shell", "-c", code, **PRODUCTION | right).stdout
    assert "IPv4Network('10.0.0.0/8'), IPv6Network('fd00::/8'), IPv4Network('192.0.2.7/32')" in said


def test_former_keys_are_taken():
    code = "from django.conf import settings; print(settings.SECRET_KEY_FALLBACKS)"
    said = manage(
        "shell", "-c", code, **PRODUCTION | {"SECRET_KEY_FALLBACKS": "one, another"}
    ).stdout
    assert "['one', 'another']" in said


def test_it_warns_of_webhooks_that_reach_everything():
    deploy = "check", "--deploy", "--fail-level", "WARNING"
    assert manage(*deploy, **PRODUCTION).returncode == 0
    warned = manage(*deploy, **PRODUCTION | {"WEBHOOK_ALLOW_PRIVATE": "1"})
    assert warned.returncode != 0
    assert "exports.W001" in warned.stderr


def test_the_development_inbox_is_not_there():
    shown = manage("shell", "-c", "from django.urls import reverse; reverse('inbox')", **PRODUCTION)
    assert "NoReverseMatch" in shown.stderr


def test_every_variable_is_in_the_example():
    root = Path(settings.BASE_DIR)
    given = (root / "microblog/settings.py").read_text()
    read = set(re.findall(r'(?:^| |\(|\[|env\.|environment\.)[a-z_]+\(\s*"([A-Z0-9_]+)"', given))
    shown = set(re.findall(r"^#?([A-Z0-9_]+)=", (root / ".env.example").read_text(), re.MULTILINE))
    assert len(read) > 20
    of_buckets = {  # read by environment.bucket()
        f"{kind}_S3_{each}"
        for kind in ("ARCHIVES", "AVATARS")
        for each in ("BUCKET", "REGION", "ENDPOINT_URL")
    } | {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
    # One of Anymail's many, by its prefix.
    assert shown - read == of_buckets | {"ANYMAIL_MAILGUN_API_KEY"}
    assert read - shown == set()
