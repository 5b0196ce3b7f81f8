"""manage.py doctor: each thing that can be wrong is found, named, and comes with its mend."""

import json
import socket
import threading
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.checks import Error
from django.core.management import call_command
from django.db import connection
from django.db.models.functions import Now
from django.utils import timezone

from exports.models import Export
from microblog import doctor, readiness
from microblog.doctor import (
    broker,
    clock,
    configuration,
    database,
    disk,
    mail,
    versions,
    work,
)
from microblog.doctor.findings import State, ok, warning, wrong
from tasks.broker import Broker
from tasks.models import Cluster, Pause, Task

from .test_production import PRODUCTION, manage


def states(found):
    return [finding.state for finding in found]


def the_one(found, state):
    """The only finding of this state, as text."""
    (finding,) = [each for each in found if each.state == state]
    assert finding.mend or state == State.OK
    return f"{finding.words} {finding.mend}"


def is_well(found):
    found = list(found)
    return bool(found) and set(states(found)) == {State.OK}


def make_cluster(host="", ago=0, **fields):
    seen = Now() - timedelta(seconds=ago)
    fields = {"workers": 2, "started_at": seen, "swept_at": seen} | fields
    host = host or socket.gethostname()
    return Cluster.objects.create(id=host, host=host, pid=1, seen_at=seen, **fields)


@pytest.fixture
def production(settings):
    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["blog.uni.edu"]
    settings.SITE_URL = "https://blog.uni.edu"
    return settings


@pytest.fixture
def silent_server():
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


# The command


@pytest.fixture
def say(monkeypatch):
    """`say(*findings, **options)`: what the command says of these, and its status."""

    def say(*findings, **options):
        found = [("mail", finding) for finding in findings]
        command = "microblog.management.commands.doctor.examine"
        monkeypatch.setattr(command, lambda mail_to: iter(found))
        output = StringIO()
        try:
            call_command("doctor", stdout=output, no_color=True, **options)
        except SystemExit as ended:
            return output.getvalue(), ended.code
        return output.getvalue(), 0

    return say


def test_it_says_each_thing_and_how_many_are_wrong(say):
    said, status = say(ok("One."), warning("Two.", "Mend two."), wrong("Three.", "Mend three."))
    assert said == (
        "Mail\n"
        "  ok       One.\n"
        "  warning  Two.\n"
        "           -> Mend two.\n"
        "  wrong    Three.\n"
        "           -> Mend three.\n"
        "\n"
        "1 thing is wrong and 1 warning.\n"
    )
    assert status == 1


def test_warnings_are_no_failure(say):
    said, status = say(warning("One.", "Mend."))
    assert (said.splitlines()[-1], status) == ("0 things are wrong and 1 warning.", 0)
    assert say(ok("One."))[0].endswith("\nAll is well.\n")


def test_it_says_it_to_programs(say):
    said, status = say(ok("One."), wrong("Two.", "Mend."), as_json=True)
    assert status == 1
    assert json.loads(said) == {
        "wrong": 1,
        "warnings": 0,
        "findings": [
            {"topic": "mail", "state": "ok", "words": "One.", "mend": ""},
            {"topic": "mail", "state": "wrong", "words": "Two.", "mend": "Mend."},
        ],
    }


def test_with_everything_away_it_names_each_and_no_secret():
    away = {
        "SECRET_KEY": "s3cret-key",
        "DATABASE_URL": "postgres://microblog:s3cret-db@127.0.0.1:1/microblog",
        "REDIS_URL": "redis://:s3cret-redis@127.0.0.1:1/0",
        "EMAIL_URL": "smtp://microblog:s3cret-mail@127.0.0.1:1",
        "ARCHIVES_S3_BUCKET": "archives",
        "ARCHIVES_S3_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": "name",
        "AWS_SECRET_ACCESS_KEY": "s3cret-bucket",
        "EXPORT_POST_PER_SECOND": "1",
    }
    ended = manage("doctor", "--json", **PRODUCTION | away)
    assert (ended.returncode, "s3cret" in ended.stdout + ended.stderr) == (1, False)
    found = json.loads(ended.stdout)["findings"]
    assert list(dict.fromkeys(each["topic"] for each in found)) == list(doctor.TITLES)
    bad = [f"{each['words']} {each['mend']}" for each in found if each["state"] != "ok"]
    for name in (
        *("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "EMAIL_URL", "archives", "ADMINS"),
        *("EXPORT_POSTS_PER_SECOND", "DEFAULT_FROM_EMAIL", "collectstatic"),
    ):
        assert any(name in words for words in bad), name
    assert "error of this program" not in ended.stdout


@pytest.mark.django_db(transaction=True)
def test_where_all_is_there_nothing_is_wrong(redis, settings):
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    make_cluster()
    found = list(doctor.examine())
    assert {topic for topic, _finding in found} == set(doctor.TITLES)
    assert [finding for _topic, finding in found if finding.state == State.WRONG] == []


def test_what_hangs_or_falls_over_holds_up_nobody(monkeypatch):
    over = threading.Event()

    def hang():
        yield ok("So far.")
        over.wait(60)

    def fall_over(mail_to):
        raise RuntimeError("p4ssw0rd is refused")

    for each in (configuration, versions, database, broker, work, clock):
        monkeypatch.setattr(each, "examine", lambda: iter([ok("There.")]))
    monkeypatch.setattr(disk, "examine", hang)
    monkeypatch.setattr(mail, "examine", fall_over)
    monkeypatch.setattr(doctor, "GIVE_UP_AFTER", 0.5)
    monkeypatch.setenv("SOME_PASSWORD", "p4ssw0rd")
    try:
        found = list(doctor.examine())
    finally:
        over.set()
    told = {topic: finding for topic, finding in found}  # the last of each
    assert "No answer within" in told["disk"].words
    assert told["mail"].words.endswith("RuntimeError: *** is refused")
    assert states(told.values()).count(State.OK) == 6


# Topics


def test_checks_are_told_in_our_words(production, monkeypatch):
    monkeypatch.setattr("django.core.checks.run_checks", lambda **options: [])
    assert is_well(configuration.look_at_checks())
    monkeypatch.undo()
    production.SECRET_KEY = "short"
    production.SECURE_SSL_REDIRECT = False
    told = {finding.words: finding.state for finding in configuration.look_at_checks()}
    assert told["SECRET_KEY is short or easy to guess: who does so signs in as anybody."] == "wrong"
    assert told["SECURE_SSL_REDIRECT is off, so who comes by HTTP stays there."] == "warning"


def test_checks_of_others_are_told_in_theirs(monkeypatch):
    issue = Error("It broke.", id="other.E1")
    monkeypatch.setattr("django.core.checks.run_checks", lambda **options: [issue])
    assert "It broke. Django's documentation" in the_one(
        configuration.look_at_checks(), State.WRONG
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("EXPORT_POST_PER_SECOND", "EXPORT_POSTS_PER_SECOND"),
        ("REDIS_URLS", "REDIS_URL"),
        ("EMAIL_HOST", ""),
        ("TASKS_NONSENSE", ""),
    ],
)
def test_a_name_that_nobody_reads_is_found(monkeypatch, name, meant):
    monkeypatch.setenv(name, "1")
    said = the_one(configuration.look_at_names(), State.WARNING)
    assert f"{name} is set" in said
    assert meant in said


@pytest.mark.parametrize("name", ["HOME", "PORT", "ANYMAIL_SES_KEY", "GUNICORN_CMD_ARGS", "PGUSER"])
def test_names_of_others_are_left_alone(monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert is_well(configuration.look_at_names())


def test_a_file_that_everybody_reads_is_found(monkeypatch, tmp_path):
    file = tmp_path / "env"
    file.touch(0o644)
    monkeypatch.setenv("ENV_FILE", str(file))
    assert f"chmod 600 {file}" in the_one(configuration.look_at_file(), State.WARNING)
    file.chmod(0o640)
    assert not list(configuration.look_at_file())


@pytest.mark.parametrize(
    ("hosts", "state"),
    [
        (["localhost", "127.0.0.1", "[::1]", "10.0.0.7"], State.OK),
        (["blog.uni.edu"], State.WRONG),
        (["*"], State.WRONG),
        (["192.0.2.1", "8.8.8.8"], State.WRONG),
    ],
)
def test_debug_is_only_for_this_machine(settings, hosts, state):
    settings.DEBUG = True
    settings.ALLOWED_HOSTS = hosts
    assert configuration.look_at_debug().state == state


@pytest.mark.parametrize(
    ("url", "hosts", "state"),
    [
        ("https://blog.uni.edu", [".uni.edu"], State.OK),
        ("https://blog.uni.edu", ["other.uni.edu"], State.WRONG),
        ("http://blog.uni.edu", ["blog.uni.edu"], State.WARNING),
        ("https://example.org", ["example.org"], State.WRONG),
        ("https://[2001:db8::1]", ["[2001:db8::1]"], State.OK),
    ],
)
def test_mails_link_to_where_the_site_is(production, url, hosts, state):
    production.SITE_URL, production.ALLOWED_HOSTS = url, hosts
    (finding,) = configuration.look_at_address()
    assert finding.state == state


def test_other_packages_than_those_that_were_tested_are_found():
    pinned = "django==1.0 \\\n    --hash=sha256:0\nno-such-thing==2.0 \\\n    # via x\n"
    pinned += "pywin32==1 ; sys_platform == 'win32' \\\n"
    found = list(versions.compare(pinned))
    assert "requirements.txt has 1.0. pip install" in the_one(found, State.WARNING)
    assert "no-such-thing 2.0 is not installed." in the_one(found, State.WRONG)
    assert states(versions.examine())[0] == State.OK


def test_a_database_that_is_there_is_well(db):
    assert is_well(database.examine())


def test_a_database_of_an_old_version_is_found(db, monkeypatch):
    monkeypatch.setattr(connection.features, "minimum_database_version", (99,))
    assert "has to be 99 or newer" in the_one(database.examine(), State.WRONG)


def test_migrations_that_are_not_applied_are_found(db, monkeypatch):
    plan = [("tasks.0001_initial", False), ("tasks.0002_more", False)]
    monkeypatch.setattr(readiness, "unapplied_migrations", lambda: plan)
    said = the_one(database.examine(), State.WRONG)
    assert said == "2 migrations are not applied, from tasks.0001_initial on. manage.py migrate"


def test_workers_of_other_machines_do_not_share_a_file(db):
    make_cluster()
    assert not list(database.look_at_hosts())
    make_cluster(host="elsewhere")
    said = the_one(database.look_at_hosts(), State.WARNING)
    assert "workers run on other machines: elsewhere. Set DATABASE_URL" in said


@pytest.mark.parametrize(
    ("most", "used", "workers", "said"),
    [
        (100, 20, 2, ""),
        (100, 95, 2, "95 of 100 connections"),
        (40, 20, 30, "may need 42 connections"),
    ],
)
def test_connections_to_postgres_are_enough(db, monkeypatch, most, used, workers, said):
    make_cluster(workers=workers)
    monkeypatch.setattr(database, "ask_room", lambda: (most, used))
    if said:
        words = the_one(database.look_at_room(), State.WARNING)
        assert said in words
        assert "QCLUSTER_WORKERS" in words
    else:
        assert is_well(database.look_at_room())


def test_redis_that_is_there_is_well(redis):
    assert is_well(broker.examine())


def test_redis_that_is_away_is_found():
    assert "See that the server of REDIS_URL" in the_one(broker.examine(), State.WRONG)


def test_redis_that_hangs_is_given_up(settings, monkeypatch, silent_server):
    settings.REDIS_URL = f"redis://127.0.0.1:{silent_server}/0"
    monkeypatch.setattr(Broker, "timeout", 0.2)
    assert "Redis can't be reached: Timeout" in the_one(broker.examine(), State.WRONG)


def test_redis_that_wants_a_password_is_found(redis):
    Broker.get_connection().config_set("requirepass", "p4ssw0rd")
    Broker.get_connection().connection_pool.disconnect()
    assert "password in REDIS_URL" in the_one(broker.examine(), State.WRONG)


def test_redis_that_takes_nothing_is_found(redis):
    connection = Broker.get_connection()
    connection.replicaof("127.0.0.1", 1)
    assert "Name the primary server in REDIS_URL" in the_one(broker.examine(), State.WRONG)
    connection.replicaof("NO", "ONE")
    connection.config_set("maxmemory", 1)
    found = list(broker.examine())
    assert "Redis takes nothing: its memory is full." in the_one(found, State.WRONG)
    assert "nearly full" in the_one(found, State.WARNING)


def test_redis_that_forgets_messages_is_found(redis):
    connection = Broker.get_connection()
    connection.config_set("maxmemory", 1 << 30)
    connection.config_set("maxmemory-policy", "allkeys-lru")
    assert "maxmemory-policy noeviction" in the_one(broker.examine(), State.WARNING)


def test_redis_that_is_old_is_found():
    old = broker.look_at_version({"redis_version": "5.0.14"})
    assert (old.state, "6.2 or newer" in old.words) == (State.WRONG, True)
    assert broker.look_at_version({"redis_version": "6.2.0"}).state == State.OK


def test_a_long_queue_is_a_worry():
    assert broker.look_at_length(1).state == State.OK
    assert "Start more workers" in broker.look_at_length(10_001).mend


def test_work_without_workers_is_wrong(db, redis):
    said = the_one(work.examine(), State.WRONG)
    assert "No workers run." in said
    assert "/admin/" in said


def test_work_that_goes_is_well(db, redis):
    make_cluster()
    assert is_well(work.examine())


def test_worries_of_the_board_are_warnings(db, redis, alice):
    make_cluster()
    Pause.objects.begin("exports.jobs.export_posts", alice)
    failed = {"state": "failed", "reason": "not_mailed", "ended_at": timezone.now()}
    for key in "12":
        Task.objects.create(job="exports.jobs.export_posts", key=key, max_attempts=1, **failed)
    found = list(work.examine())
    told = " ".join(finding.words for finding in found if finding.state == State.WARNING)
    assert "Paused: " in told
    assert "failed 2 times within an hour. The file is ready" in told
    assert State.WRONG not in states(found)


def test_folders_that_can_be_written_to_are_well(db, settings):
    settings.LOCALE_PATHS = []
    assert is_well(disk.examine())


def test_a_folder_that_cannot_be_written_to_is_found(settings):
    found = disk.look_at_folder("VAR_DIR", Path("/proc"), 0)
    assert found.state == State.WRONG
    assert "VAR_DIR: nothing can be written to /proc (" in found.words


@pytest.mark.parametrize(
    ("free", "state"), [(99, State.WRONG), (149, State.WARNING), (150, State.OK)]
)
def test_there_has_to_be_room_for_the_largest_export(settings, free, state):
    settings.EXPORT_RESERVE_BYTES = 100 * disk.MB
    about = {"name": "VAR_DIR", "folder": "/var"}
    assert disk.look_at_room(about, free * disk.MB, 50 * disk.MB).state == state


def test_the_largest_export_counts(alice):
    Export.objects.create(owner=alice, size=7)
    Export.objects.create(owner=alice, size=9)
    assert disk._largest_archive() == 9


def test_static_files_have_to_be_collected(production, tmp_path, monkeypatch):
    storage = SimpleNamespace(manifest_name="staticfiles.json", exists=lambda name: False)
    monkeypatch.setattr(disk, "staticfiles_storage", storage)
    assert "manage.py collectstatic" in the_one(disk.look_at_static(), State.WRONG)
    storage.exists = lambda name: True
    assert is_well(disk.look_at_static())
    production.DEBUG = True
    assert not list(disk.look_at_static())


def test_catalogues_have_to_be_compiled(settings, tmp_path):
    settings.LOCALE_PATHS = [tmp_path]
    folder = tmp_path / "es/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "django.po").touch()
    assert "es. pybabel compile" in the_one([disk.look_at_catalogues()], State.WARNING)
    (folder / "django.mo").touch()
    assert disk.look_at_catalogues().state == State.OK


@pytest.fixture
def by_smtp(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    return settings


def test_a_mail_server_that_answers_is_well(by_smtp, smtp):
    by_smtp.EMAIL_PORT = smtp.controller.port
    assert is_well(mail.look_at_server())
    assert smtp.mails.empty()


def test_one_that_does_not_know_our_password_is_found(by_smtp, smtp):
    by_smtp.EMAIL_PORT = smtp.controller.port
    by_smtp.EMAIL_HOST_USER, by_smtp.EMAIL_HOST_PASSWORD = "us", "p4ssw0rd"
    said = the_one(mail.look_at_server(), State.WRONG)
    assert "EMAIL_URL" in said
    assert "p4ssw0rd" not in said


def test_one_that_hangs_is_given_up(by_smtp, silent_server, monkeypatch):
    by_smtp.EMAIL_PORT = silent_server
    monkeypatch.setattr(mail, "PATIENCE", 0.2)
    said = the_one(mail.look_at_server(), State.WRONG)
    assert f"The mail server 127.0.0.1, port {silent_server}, can't be used: " in said


def test_a_mail_is_sent_to_who_asks_for_one(by_smtp, smtp):
    by_smtp.EMAIL_PORT = smtp.controller.port
    assert mail.send("me@example.com").state == State.OK
    assert smtp.mails.get(timeout=10)["To"] == "me@example.com"
    smtp.refusal = "550 no such box"
    assert "no such box" in mail.send("me@example.com").words


def test_mails_of_production_leave_the_machine(production):
    production.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "EMAIL_URL" in the_one(mail.look_at_server(), State.WRONG)
    production.DEBUG = True
    assert is_well(mail.look_at_server())


def test_a_provider_without_its_key_is_found(production):
    production.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    production.ANYMAIL = {}
    assert "MAILGUN_API_KEY" in the_one(mail.look_at_server(), State.WRONG)
    production.ANYMAIL = {"MAILGUN_API_KEY": "key"}
    assert is_well(mail.look_at_server())


def test_mails_come_from_an_address_of_ours(production):
    production.DEFAULT_FROM_EMAIL = "Microblog <noreply@example.org>"
    production.SERVER_EMAIL = "errors@uni.edu"
    found = list(mail.look_at_senders())
    assert "DEFAULT_FROM_EMAIL is noreply@example.org" in the_one(found, State.WRONG)
    assert "errors@uni.edu" in the_one(found, State.OK)


def test_somebody_is_told_of_errors(production):
    assert "ADMINS is not set" in the_one(mail.look_at_admins(), State.WARNING)
    production.ADMINS = [("Admin", "you@uni.edu")]
    assert is_well(mail.look_at_admins())


def test_the_clocks_agree(db):
    assert is_well(clock.examine())


@pytest.mark.parametrize(
    ("seconds", "state"),
    [(0.5, State.OK), (-0.9, State.OK), (1.5, State.WARNING), (-6, State.WRONG)],
)
def test_clocks_that_are_apart_are_found(seconds, state):
    assert clock.look_at_difference(seconds).state == state


def test_zones_have_to_be_known(monkeypatch):
    monkeypatch.setattr("zoneinfo.available_timezones", set)
    assert "tzdata" in clock.look_at_zones().mend
