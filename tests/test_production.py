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


@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS", "REDIS_URL"])
def test_it_refuses_to_start_without(missing):
    refused = manage("check", **PRODUCTION | {missing: ""})
    assert refused.returncode != 0
    assert f"{missing} is not set" in refused.stderr


def test_an_empty_variable_is_not_set():
    empty = dict.fromkeys(["DATABASE_URL", "EMAIL_URL", "SITE_URL", "CONN_MAX_AGE"], "")
    checked = manage("check", **PRODUCTION | empty)
    assert (checked.returncode, checked.stdout) == (
        0,
        "System check identified no issues (0 silenced).\n",
    )


def test_it_refuses_a_site_address_that_mails_cannot_link_to():
    refused = manage("check", **PRODUCTION | {"ALLOWED_HOSTS": "*"})
    assert "SITE_URL" in refused.stderr


def test_what_the_address_of_the_database_says_is_kept():
    code = "from django.conf import settings; print(settings.DATABASES['default']['OPTIONS'])"
    database = {"DATABASE_URL": "postgres://microblog@127.0.0.1:5432/microblog?sslmode=require"}
    said = manage("shell", "-c", code, **PRODUCTION | database).stdout
    assert "'sslmode': 'require'" in said
    assert "'prepare_threshold': 5" in said


@pytest.mark.parametrize("value", ["10", "10/0", "ten/600", "-1/5"])
def test_it_refuses_a_limit_that_is_none(value):
    refused = manage("check", **PRODUCTION | {"LIMIT_SIGN_IN": value})
    assert "LIMIT_SIGN_IN" in refused.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EXPORT_KEEP_DAYS", "0"),
        ("TIDY_SECONDS", "-1"),
        ("API_TOKEN_SECONDS", "0"),
        ("KEEP_TASKS_DAYS", "29"),
    ],
)
def test_it_refuses_a_number_that_makes_no_sense(name, value):
    refused = manage("check", **PRODUCTION | {name: value})
    assert refused.returncode != 0
    assert f"{name} is {value}, and not between" in refused.stderr


@pytest.mark.parametrize(
    ("translator", "named"),
    [
        ({"TRANSLATOR": "babel"}, "TRANSLATOR is 'babel'"),
        ({"TRANSLATOR": "azure"}, "TRANSLATOR_URL"),
    ],
)
def test_it_refuses_a_translator_that_cannot_be_asked(translator, named):
    assert named in manage("check", **PRODUCTION | translator).stderr


BUCKET = {"ARCHIVES_S3_BUCKET": "archives", "ARCHIVES_S3_REGION": "eu-central-1"}


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"EXPORT_LINK_SECONDS": "0"}, "EXPORT_LINK_SECONDS is 0"),
        ({"EXPORT_LINK_SECONDS": "604801"}, "between 1 and 604800"),
        ({"EXPORT_SENDFILE": "lighttpd"}, "EXPORT_SENDFILE is 'lighttpd': set it to nginx or"),
        ({"EXPORT_SENDFILE": "nginx", "EXPORT_SENDFILE_URL": "archives"}, "EXPORT_SENDFILE_URL is"),
        (BUCKET | {"EXPORT_SENDFILE": "nginx"}, "Set one of them"),
        (BUCKET | {"ARCHIVES_S3_BUCKET": "s3://archives"}, "no name of a bucket"),
        (BUCKET | {"ARCHIVES_S3_ENDPOINT_URL": "s3.example.org"}, "like https://s3.example.org"),
        (BUCKET | {"ARCHIVES_S3_REGION": ""}, "ARCHIVES_S3_REGION is not set"),
        (BUCKET | {"ARCHIVES_S3_BUCKET": ""}, "ARCHIVES_S3_BUCKET is not set"),
    ],
)
def test_it_refuses_what_no_export_could_be_fetched_with(wrong, named):
    refused = manage("check", **PRODUCTION | wrong)
    assert refused.returncode != 0
    assert named in refused.stderr


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


@pytest.mark.parametrize("name", ["EXPORT_ALLOWANCE", "EXPORT_RESERVE_BYTES"])
def test_it_refuses_less_than_nothing(name):
    refused = manage("check", **PRODUCTION | {name: "-1"})
    assert f"{name} is -1, and not between" in refused.stderr


def test_it_refuses_authorities_that_are_not_there():
    refused = manage("check", **PRODUCTION | {"WEBHOOK_CA_FILE": "/nowhere.pem"})
    assert "WEBHOOK_CA_FILE is '/nowhere.pem'" in refused.stderr


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN is too easy to guess"),
        ({"METRICS_TOKEN": "long enough but of several words"}, "METRICS_TOKEN is"),
        ({"METRICS_NETWORKS": "10.0.0.0/8,example.org"}, "METRICS_NETWORKS has 'example.org'"),
        ({"METRICS_NETWORKS": "10.0.0.1/8"}, "METRICS_NETWORKS has '10.0.0.1/8'"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is 'xml', and neither line nor json"),
    ],
)
def test_it_refuses_signals_that_nobody_could_read(wrong, named):
    refused = manage("check", **PRODUCTION | wrong)
    assert refused.returncode != 0
    assert named in refused.stderr
    assert "short" not in refused.stderr.splitlines()[-1]


def test_a_token_and_networks_are_taken():
    code = "from django.conf import settings; print(settings.METRICS_NETWORKS)"
    right = {"METRICS_TOKEN": "a" * 64, "METRICS_NETWORKS": "10.0.0.0/8, fd00::/8,192.0.2.7"}
    said = manage("shell", "-c", code, **PRODUCTION | right).stdout
    assert "IPv4Network('10.0.0.0/8'), IPv6Network('fd00::/8'), IPv4Network('192.0.2.7/32')" in said


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
    read = set(
        re.findall(
            r'(?:env\.\w+|required|limit|whole)\(\s*"(\w+)"',
            (root / "microblog/settings.py").read_text(),
        )
    )
    shown = set(re.findall(r"^#?([A-Z0-9_]+)=", (root / ".env.example").read_text(), re.MULTILINE))
    assert len(read) > 20
    assert read - shown == {"ENV_FILE"}  # it names the file, so it can't be in it
    keys = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}  # read by boto3
    assert shown - read == keys | {"ANYMAIL_MAILGUN_API_KEY"}  # one of many, by its prefix
