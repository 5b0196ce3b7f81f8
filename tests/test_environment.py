"""Each variable that is wrong is refused by name, with the mend, before anything has started."""

import os
import re
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from microblog import environment

from .test_production import BUCKET, PRODUCTION, manage

PICTURES = {"AVATARS_S3_BUCKET": "avatars", "AVATARS_S3_REGION": "eu-central-1"}

ROOT = Path(settings.BASE_DIR)
SETTINGS = str(ROOT / "microblog/settings.py")
CODE = compile(Path(SETTINGS).read_text(), SETTINGS, "exec")
EXAMPLE = ROOT / ".env.example"
NUMBERS = ["ten", "-1", "1" + "0" * 18, "1.5.2"]
FLAGS = ["maybe", "2", "-1", "tru"]
LIMITS = ["10", "10/0", "ten/600", "-1/5", "10/600/1", "1" + "0" * 18 + "/1"]
RATES = ["300", "many/min", "300/fortnight", "-1/min", "300/", "0/min", "1.5/s"]
URLS = ["example.org", "ftp://example.org", "https://", "https://example.org:port", "http://[::1"]
MAIL_ADDRESSES = [
    "nobody",
    "Microblog <noreply>",
    "a@b@c",
    "Name <a@example.org",
    "a@example.org\nBcc: b@c",
]
HEADERS = ["X Forwarded Proto", "X-Forwarded-Proto:", "X_Forwarded=1"]
SECRET = "p4ssw0rd"
WRONG = {
    "DEBUG": FLAGS,
    "SECRET_KEY": [""],
    "ALLOWED_HOSTS": ["", " , ", "https://example.org", "example.org:8000", "two words", "a/b"],
    "REDIS_URL": [
        *("", "127.0.0.1:6379", "http://127.0.0.1", "redis://127.0.0.1:port/0"),
        *("redis://:p4ssw0rd@127.0.0.1:6379/first", "redis://127.0.0.1:99999/0", "redis"),
        "redis://:p4ssw0rd@127.0.0.1/0?nonsense=1",
    ],
    "SITE_URL": [*URLS, "https://*", "https://example.org/blog", "https://example.org?a=b"],
    "DATABASE_URL": [
        *("nonsense", "mysql://u:p4ssw0rd@127.0.0.1/m", "postgres://u:p4ssw0rd@127.0.0.1:port/m"),
        *("postgres://u:p4ssw0rd@127.0.0.1:5432/", "postgres://u:p4ssw0rd@127.0.0.1:99999/m"),
        *("postgres://u:p4ss/w0rd@127.0.0.1:5432/m", "sqlite://:memory:", "sqlite://db.sqlite3"),
        *("sqlite:///", "/var/lib/db.sqlite3", "postgres:microblog"),
    ],
    "CONN_MAX_AGE": NUMBERS,
    "VAR_DIR": ["/dev/null", "/dev/null/var", "/proc/nowhere/var", "x" * 300],
    "EMAIL_URL": [
        *("mail.example.org", "imap://mail.example.org", "smtp://", "smtp://mail.example.org:port"),
        *("smtp://u:p4ssw0rd@mail.example.org:99999", "nonsense"),
    ],
    "EMAIL_BACKEND": ["mailgun", "anymail.backends.nobody.EmailBackend", "no.such.Backend", "a..b"],
    "EMAIL_TIMEOUT": [*NUMBERS, "0", "601"],
    "DEFAULT_FROM_EMAIL": MAIL_ADDRESSES,
    "SERVER_EMAIL": MAIL_ADDRESSES,
    "ADMINS": ["you", "you@example.org,me", "you@example.org me@example.org"],
    "PROXY_SSL_HEADER": HEADERS,
    "SECURE_SSL_REDIRECT": FLAGS,
    "SECURE_COOKIES": FLAGS,
    "SECURE_HSTS_SECONDS": NUMBERS,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": FLAGS,
    "SECURE_HSTS_PRELOAD": FLAGS,
    "CSRF_TRUSTED_ORIGINS": ["example.org", "https://example.org/a", "https://a.example,b.example"],
    "SECURITY_CONTACT": [
        *("somebody", "http://example.org", "a@b@c", "mailto:", "x:a@b", "a@example.org,nobody"),
        "https://a\nExpires: never",
    ],
    "SECURITY_LANGUAGES": ["en es", "english?", "en,\nContact: a", "e"],
    "PROXY_ADDRESS_HEADER": HEADERS,
    **{
        f"LIMIT_{name}": LIMITS
        for name in (
            *("SIGN_IN", "SIGN_IN_ADDRESS", "SIGN_IN_NAME", "REGISTER", "MAIL", "RESET"),
            *("PROFILE", "WRITE", "REPORT", "SEARCH", "TRANSLATE", "EXPORT", "VERIFY", "DOWNLOAD"),
            "WEBHOOK",
        )
    },
    "MAX_BODY_BYTES": [*NUMBERS, "0"],
    "VERIFY_MAX_BYTES": [*NUMBERS, "0"],
    "TRANSLATOR": ["babel", "Azure", "1"],
    "TRANSLATOR_URL": URLS,
    "TRANSLATOR_KEY": ["p4ssw0rd p4ssw0rd", "p4ssw0rd\n", "p4ssw0rdé"],
    "TRANSLATOR_REGION": ["west europe", "https://westeurope", "a\nb"],
    "QCLUSTER_WORKERS": [*NUMBERS, "0", "1001"],
    "TASKS_LEASE_SECONDS": [*NUMBERS, "0", "1e3"],
    "TASKS_SWEEP_SECONDS": [*NUMBERS, "0", "31"],
    "TASKS_RING_AGAIN_SECONDS": [*NUMBERS, "0"],
    "TASKS_RETRY_SECONDS": [*NUMBERS, "0"],
    "TASKS_STOP_SECONDS": NUMBERS,
    "TASKS_MAX_ATTEMPTS": [*NUMBERS, "0"],
    "TIDY_SECONDS": NUMBERS,
    "KEEP_TASKS_DAYS": [*NUMBERS, "29"],
    "KEEP_OWNED_TASKS_DAYS": [*NUMBERS, "29"],
    "KEEP_DELIVERIES_DAYS": [*NUMBERS, "0"],
    "KEEP_DOWNLOADS_DAYS": [*NUMBERS, "0"],
    "KEEP_DELETIONS_DAYS": [*NUMBERS, "29"],
    "KEEP_NOTIFICATIONS_DAYS": [*NUMBERS, "0"],
    "KEEP_DECISIONS_DAYS": [*NUMBERS, "29"],
    "EXPORT_SCRATCH_DIR": ["/dev/null", "/dev/null/scratch", "x" * 300],
    "EXPORT_ATTACH_MAX_BYTES": NUMBERS,
    "EXPORT_ALLOWANCE": NUMBERS,
    "EXPORT_RESERVE_BYTES": NUMBERS,
    "EXPORT_POSTS_PER_SECOND": NUMBERS,
    "EXPORT_KEEP_DAYS": [*NUMBERS, "0"],
    "EXPORT_LINK_SECONDS": [*NUMBERS, "0", "604801"],
    "EXPORT_SENDFILE": ["lighttpd", "1", "Nginx"],
    "EXPORT_SENDFILE_URL": ["archives", "/archives", "archives/", "https://example.org/"],
    "ARCHIVES_S3_BUCKET": ["s3://archives", "a", "two words"],
    "ARCHIVES_S3_ENDPOINT_URL": [*URLS, "https://u:p4ssw0rd@s3.example.org", "https://a.example/b"],
    "ARCHIVES_S3_REGION": ["", "Frankfurt am Main", "eu_central_1"],
    "AVATARS_S3_BUCKET": ["s3://avatars", "a", "two words"],
    "AVATARS_S3_ENDPOINT_URL": [*URLS, "https://u:p4ssw0rd@s3.example.org", "https://a.example/b"],
    "AVATARS_S3_REGION": ["", "Frankfurt am Main", "eu_central_1"],
    "AWS_ACCESS_KEY_ID": [""],
    "AWS_SECRET_ACCESS_KEY": [""],
    "WEBHOOK_ALLOW_PRIVATE": FLAGS,
    "WEBHOOK_CA_FILE": ["/nowhere.pem", "/etc", str(EXAMPLE)],
    "LOG_LEVEL": ["LOUD", "info", "20"],
    "LOG_FORMAT": ["xml", "JSON"],
    "LOG_FILE": ["/nowhere/microblog.log", "/tmp", "/dev/null/microblog.log"],
    "LOG_FILE_BYTES": [*NUMBERS, "0"],
    "POST_LOG_FILE": ["/nowhere/posts.log", "/tmp", "/dev/null/posts.log"],
    "SENTRY_DSN": [
        "nonsense",
        "https://sentry.example.org/1",
        "https://p4ssw0rd@sentry.example.org",
    ],
    "SENTRY_ENVIRONMENT": ["two words", "a/b", "x" * 65],
    "SENTRY_RELEASE": ["a/b", "x" * 201],
    "METRICS_TOKEN": ["short", "p4ssw0rd of several words"],
    "METRICS_NETWORKS": ["example.org", "10.0.0.1/8", "10.0.0.0/8,nonsense", "10.0.0.0/33"],
    "API_TOKEN_SECONDS": [*NUMBERS, "59"],
    **{
        f"API_RATE_{name}": RATES
        for name in ("VISITOR", "PERSON", "WRITE", "REPORT", "SEARCH", "EXPORT", "WEBHOOK")
    },
    "CORS_ALLOWED_ORIGINS": ["example.org", "https://example.org/a", "https://a.example,b", "*"],
}
# What else has to be set for the variable to be looked at
WITH = {
    "TRANSLATOR_URL": {"TRANSLATOR": "libretranslate"},
    "ARCHIVES_S3_ENDPOINT_URL": BUCKET,
    "ARCHIVES_S3_REGION": BUCKET,
    "AVATARS_S3_ENDPOINT_URL": PICTURES,
    "AVATARS_S3_REGION": PICTURES,
    "AWS_ACCESS_KEY_ID": BUCKET | {"AWS_SECRET_ACCESS_KEY": "p4ssw0rd"},
    "AWS_SECRET_ACCESS_KEY": BUCKET | {"AWS_ACCESS_KEY_ID": "p4ssw0rd"},
}
ANY_IS_RIGHT = {"ANYMAIL_MAILGUN_API_KEY", "SECRET_KEY_FALLBACKS"}  # as far as we can know


@pytest.fixture
def read(tmp_path):
    """`read(**variables)`: the settings as they would be of a process that has these."""

    def read(**variables):
        given = PRODUCTION | {"ENV_FILE": "", "VAR_DIR": str(tmp_path)} | variables
        module = {"__name__": "microblog.tried", "__package__": "microblog", "__file__": SETTINGS}
        with mock.patch.dict(os.environ, given, clear=True):
            exec(CODE, module)
        return module

    yield read
    environment.read(Path(os.devnull))


def test_every_variable_of_the_example_is_tried():
    shown = set(re.findall(r"^#?([A-Z0-9_]+)=", EXAMPLE.read_text(), re.MULTILINE))
    assert shown == set(WRONG) | ANY_IS_RIGHT


@pytest.mark.parametrize("name", WRONG)
def test_it_is_refused_by_name_with_the_mend(read, name):
    for value in WRONG[name]:
        with pytest.raises(ImproperlyConfigured) as refused:
            read(**WITH.get(name, {}) | {name: value})
            pytest.fail(f"{value!r} was taken")
        words = str(refused.value)
        assert re.search(rf"\b{name}\b", words)
        assert re.search(r"\b(like|set|between|names?|neither|make)\b", words, re.IGNORECASE), words
        assert SECRET not in words
        assert refused.value.__suppress_context__ or not refused.value.__context__


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY is not set: sessions and tasks are signed with it."),
        ({"ALLOWED_HOSTS": "*"}, "SITE_URL is 'https://*'"),
        ({"EXPORT_KEEP_DAYS": "0"}, "EXPORT_KEEP_DAYS is 0, and not between 1 and 3650."),
        ({"TRANSLATOR": "azure"}, "TRANSLATOR_URL is not set"),
        ({"TRANSLATOR": "babel"}, "TRANSLATOR is 'babel': set it to libretranslate or azure, or"),
        ({"EXPORT_SENDFILE": "nginx", "EXPORT_SENDFILE_URL": "archives"}, "EXPORT_SENDFILE_URL is"),
        (BUCKET | {"EXPORT_SENDFILE": "nginx"}, "Set one of them"),
        (BUCKET | {"ARCHIVES_S3_REGION": ""}, "ARCHIVES_S3_REGION is not set"),
        (BUCKET | {"ARCHIVES_S3_BUCKET": ""}, "ARCHIVES_S3_BUCKET is not set"),
        ({"AVATARS_S3_BUCKET": "avatars"}, "AVATARS_S3_REGION is not set"),
        ({"AVATARS_S3_REGION": "eu-central-1"}, "AVATARS_S3_BUCKET is not set"),
        (BUCKET | PICTURES | {"AVATARS_S3_BUCKET": "archives"}, "name the same bucket"),
        ({"WEBHOOK_CA_FILE": "/nowhere.pem"}, "WEBHOOK_CA_FILE is '/nowhere.pem', and there is no"),
        ({"METRICS_TOKEN": "short"}, "METRICS_TOKEN is too easy to guess"),
        ({"METRICS_NETWORKS": "10.0.0.0/8,nonsense"}, "METRICS_NETWORKS has 'nonsense'"),
        ({"LOG_FORMAT": "xml"}, "LOG_FORMAT is 'xml': set it to line or json, or not at all."),
    ],
)
def test_it_says_what_is_wrong(read, wrong, said):
    with pytest.raises(ImproperlyConfigured, match=re.escape(said)):
        read(**wrong)


def test_what_the_example_shows_is_taken(read, tmp_path):
    """All of it at once, but for what excludes something else, and files that are not there."""
    shown = dict(re.findall(r"^#?([A-Z0-9_]+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))
    for name in ("EXPORT_SENDFILE", "EMAIL_BACKEND", "WEBHOOK_CA_FILE", "SENTRY_DSN"):
        del shown[name]
    for name in ("VAR_DIR", "LOG_FILE", "POST_LOG_FILE"):
        shown[name] = str(tmp_path / name) if name != "VAR_DIR" else str(tmp_path)
    tried = read(**{name: value for name, value in shown.items() if value})
    assert tried["ADMINS"] == [("Admin", "you@example.org")]
    assert tried["TASKS_LEASE_SECONDS"] == 15
    assert tried["SECURE_PROXY_SSL_HEADER"] == ("HTTP_X_FORWARDED_PROTO", "https")


def test_a_value_is_taken_as_it_is(read):
    tried = read(SECRET_KEY=r"$HOME\$$" + "k" * 50, EMAIL_URL="smtp://u:$2b$x@mail.example.org:25")
    assert tried["SECRET_KEY"].startswith(r"$HOME\$$")
    assert tried["EMAIL_HOST_PASSWORD"] == "$2b$x"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (b"DEBUG=0\nSECRET_KEY = p4ssw0rd\n", "Line 2 of .* is not like NAME=value"),
        (b"SECRET_KEY=\xff\n", "it is not of UTF-8"),
        (None, "ENV_FILE is .*no such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(read, tmp_path, lines, said):
    file = tmp_path / "env"
    if lines:
        file.write_bytes(lines)
    with pytest.raises(ImproperlyConfigured, match=said) as refused:
        read(ENV_FILE=str(file))
    assert str(file) in str(refused.value)
    assert SECRET not in str(refused.value)


def test_a_file_gives_what_the_environment_does_not(read, tmp_path):
    file = tmp_path / "env"
    file.write_text("# ours\n\n  # more\nexport EXPORT_KEEP_DAYS=9\nDEBUG=1\nADMINS='a@b,c@d'\n")
    tried = read(ENV_FILE=str(file))
    assert (tried["EXPORT_KEEP_DAYS"], tried["DEBUG"]) == (9, False)
    assert [address for _, address in tried["ADMINS"]] == ["a@b", "c@d"]


WRONG_HERE = {"EXPORT_KEEP_DAYS": "a week"}
SAID = "EXPORT_KEEP_DAYS is 'a week', and no whole number between 1 and 3650.\n"


@pytest.mark.parametrize("command", ["check", "doctor", "qcluster"])
def test_no_command_begins_with_what_is_wrong(command):
    refused = manage(command, **PRODUCTION | WRONG_HERE)
    assert (refused.returncode, refused.stdout, refused.stderr) == (1, "", SAID)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (WRONG_HERE, SAID),
        ({"REDIS_URL": "redis://127.0.0.1:1/0?socket_timeout=9"}, "REDIS_URL sets time-outs"),
    ],
)
def test_no_web_server_begins_with_what_is_wrong(wrong, said):
    command = [sys.executable, "-m", "gunicorn", "microblog.wsgi", "--bind", "127.0.0.1:0"]
    keep = {name: os.environ[name] for name in ("PATH", "VAR_DIR", "ENV_FILE")}
    ended = subprocess.run(
        [*command, "--no-control-socket"],
        cwd=ROOT,
        env=keep | PRODUCTION | wrong,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert ended.returncode != 0
    assert ended.stderr.count(said) == 1
    assert "Traceback" not in ended.stderr
