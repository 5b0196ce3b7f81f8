"""Every command in docs/ is run: as it is written, one text after the other in one shell, on the
site of bin/run or on a machine that is a folder. What is run elsewhere says so in a comment before
it."""

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import psycopg
import pytest

from .clone import NOT_IN_A_CLONE, PATIENCE, Clone, post, signed_in
from .documents import ROOT, Block, blocks, documents, is_a_test
from .nginx import MAIN, PROGRAM
from .servers import Postgres, find_postgres
from .waiting import wait_for

QUICKSTART = "quickstart.md"
TOUR = "how-to/call-the-api.md"
BY_PEOPLE = [
    TOUR,
    "how-to/bring-posts-in.md",
    "how-to/verify-an-archive.md",
    "how-to/be-told-by-a-webhook.md",
]
BY_OPERATORS = [
    "how-to/install-on-one-machine.md",
    "how-to/use-postgresql.md",
    "how-to/send-mail.md",
    "how-to/translate-posts.md",
    "how-to/report-errors-to-sentry.md",
    "how-to/let-nginx-send-exports.md",
    "how-to/watch-with-prometheus.md",
    "how-to/change-the-secret-key.md",
    "how-to/find-what-is-wrong.md",
    "how-to/take-up-an-export-that-failed.md",
    "how-to/back-up-and-restore.md",
    "how-to/upgrade.md",
    "how-to/keep-files-in-a-bucket.md",
    "how-to/install-with-containers.md",
]
SCHEMA = ROOT / "exports/formats/posts.schema.json"
STAND_INS = ROOT / "tests/stand_ins"
SITE = "http://127.0.0.1:8000"
END = "\x1e"  # of what a block has printed
PATHS = re.compile(r"(?<![\w.$\"'}])/(opt|etc|var|backup)(?=/|\b)")
ENVIRONMENT = {"HOME": "/nonexistent", "LANG": "C.UTF-8", "TERM": "dumb"}


# What is run, and where


def is_run(block):
    if block.run_by:
        return is_a_test(block.run_by)
    return block.document in {QUICKSTART, *BY_PEOPLE, *BY_OPERATORS}


def test_each_command_is_run_by_somebody():
    found = [block for each in documents() for block in blocks(each) if block.language == "sh"]
    assert len(found) > 60
    assert [block for block in found if not is_run(block)] == []


def test_each_mark_is_understood():
    for document in documents():
        for block in blocks(document):
            assert not block.mark or block.run_by and is_a_test(block.run_by) or block.status


def test_what_nobody_runs_would_be_found():
    assert not is_run(Block("how-to/new.md", "sh", "true\n", ""))
    assert not is_run(Block("how-to/new.md", "sh", "true\n", "run by tests/test_no.py::test_no: x"))
    assert not is_run(Block("how-to/new.md", "sh", "true\n", "because I say so"))


def test_each_stand_in_has_its_reason():
    for path in STAND_INS.iterdir():
        assert re.match(r"#!.*\n# [A-Z].+", path.read_text()), path.name
        assert os.access(path, os.X_OK), path.name


# How


def script_of(names):
    """All of them as one script, which prints END after each block. Settings are written to
    /etc/microblog/env, as a person would do it."""
    lines = ["set -euo pipefail"]
    for document in names:
        for block in blocks(document):
            if block.language == "sh" and not block.run_by:
                lines += [ends_with(block.text, block.status), f"printf '{END}'"]
            elif block.language == "dotenv":
                lines += [f"set_in_env <<'END'\n{block.text}END"]
            elif block.language == "yaml":
                (path,) = re.findall(r"^# in (\S+)", block.text)
                lines += [f"cat >{path} <<'END'\n{block.text}END"]
    return "\n".join(lines) + "\n"


def ends_with(text, status):
    """`text`, which is to end with this status; the script ends where it does not."""
    if status:
        return f"set +e\n{text}ended=$?\nset -e\n[ $ended = {status} ]"
    return text


def run_in_terminal(script, answers, seconds, **options):
    """Run it by bash as if somebody sat there, who gives these (question, answer). Return what it
    printed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["bash", str(script)], preexec_fn=lambda: os.login_tty(theirs), **options
    )
    os.close(theirs)
    printed, answers, deadline = b"", list(answers), time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            if select.select([ours], [], [], 1)[0]:
                try:
                    printed += os.read(ours, 65536)
                except OSError:  # it is over
                    break
            if answers and printed.endswith(answers[0][0].encode()):
                os.write(ours, f"{answers.pop(0)[1]}\n".encode())
    finally:
        process.kill()
        os.close(ours)
    printed = printed.decode(errors="replace").replace("\r\n", "\n")
    assert process.wait() == 0, printed
    assert not answers, printed
    return printed


def run_here(script, folder, **environment):
    """Run it by bash in this folder; return what each block printed."""
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=ENVIRONMENT | {"PATH": "/usr/local/bin:/usr/bin:/bin"} | environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.split(END)[:-1]


def shape(value):
    """What kind of thing it is: with its names, if it has some."""
    if isinstance(value, dict):
        return {name: shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [shape(inner) for inner in value[:1]]
    return type(value)


def is_told(text, language, printed):
    """Whether the docs say what is printed, but for what is different each time."""
    if language == "json":
        return shape(json.loads(text)) == shape(json.loads(printed))
    if language == "http":
        (status, *headers), (answered, *given) = text.splitlines(), printed.splitlines()
        names = {line.partition(":")[0].lower() for line in given}
        return status == answered and {line.partition(":")[0].lower() for line in headers} <= names
    moment_or_number = re.compile(
        r"\d{4}-\d\d-\d\dT[\d:.]+Z|[A-Z][a-z]+\.? \d+, \d{4}, .+ UTC|(?<![\w.])\d{1,2}(?![\w.])"
    )
    return moment_or_number.sub("0", text.strip()) == moment_or_number.sub("0", printed.strip())


def test_what_is_not_told_would_be_found():
    assert is_told('{"a": [1], "b": null}', "json", '{"b": null, "a": [2, 3]}')
    assert not is_told('{"a": 1}', "json", '{"a": null}')
    assert not is_told('{"a": 1}', "json", '{"a": 1, "b": 2}')
    assert is_told(
        "HTTP/1.1 202 Accepted\nLocation: /x\n", "http", "HTTP/1.1 202 Accepted\nlocation: /y\n"
    )
    assert not is_told("HTTP/1.1 202 Accepted\nETag: x\n", "http", "HTTP/1.1 202 Accepted\n")
    assert not is_told("HTTP/1.1 202 Accepted\n", "http", "HTTP/1.1 200 OK\n")
    assert is_told("posts: 41\n", "text", "posts: 7")
    assert not is_told("posts: 41\n", "text", "posts: 41\nmessages: 2")
    assert not is_told("401\n", "text", "200")


def test_a_command_that_fails_would_be_found(tmp_path):
    def run(text, status):
        return run_here("set -euo pipefail\n" + ends_with(text, status), tmp_path)

    run("true\n", 0)
    run("(exit 3)\n", 3)
    for text, status in [("false\ntrue\n", 0), ("false | true\n", 0), ("true\n", 3)]:
        with pytest.raises(AssertionError):
            run(text, status)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """What `bin/run` starts."""
    if not (shutil.which("curl") and shutil.which("jq")):
        pytest.skip("curl or jq is not installed (apt install curl jq)")
    clone = Clone(tmp_path_factory.mktemp("site"))
    clone.start()
    clone.wait_for_site()
    yield clone
    clone.run.terminate()
    clone.run.wait(60)


# On the site of bin/run


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_quickstart(site):
    start, greeting = blocks(QUICKSTART)[:2]
    assert start.text == "bin/run\n"
    said = [line.strip() for line in site.said().splitlines()]
    for line in greeting.text.replace(SITE, site.url).splitlines():
        assert line in said

    with signed_in(site) as alice:
        for path in ("/", "/explore/", "/@alice/", "/accounts/tokens/", "/api/docs/"):
            assert see(alice, site, path)
        post(alice, f"{site.url}/exports/")
        wait_for(
            lambda: "Export is running" not in see(alice, site, "/exports/"), PATIENCE, site.said
        )
        newest = re.search(r'href="(/mail/[^"]+)"', see(alice, site, "/mail/"))[1]
        assert "posts.json" in see(alice, site, newest)
        post(alice, f"{site.url}/exports/", contents="archive")
        archive = wait_until_there(alice, site)
        form = alice.post(
            f"{site.url}/exports/verify/",
            {"csrfmiddlewaretoken": alice.cookies["csrftoken"]},
            files={"archive": ("alice.zip", archive)},
            timeout=30,
        )
        assert "The archive is whole." in form.text

        run_here(script_of([QUICKSTART]).replace(SITE, site.url), site.root)
        assert "make lemonade" in see(alice, site, "/")


def see(alice, site, path):
    page = alice.get(site.url + path, timeout=60)
    page.raise_for_status()
    return page.text


def wait_until_there(alice, site):
    """The file of the archive, once its page has it."""

    def look():
        page = see(alice, site, "/exports/")
        return re.findall(r'href="(/exports/[\w-]+/download/)"[^>]*>\s*Download \S+\.zip', page)

    found = wait_for(look, PATIENCE, site.said)
    return alice.get(site.url + found[0], timeout=30).content


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("document", BY_PEOPLE)
def test_recipes_of_people(site, document):
    printed = run_here(script_of([document]).replace(SITE, site.url), site.root)
    number = -1
    for block in blocks(document):
        if block.language == "sh":
            number += 1
        elif block.language in {"json", "http", "text"}:
            said = printed[number]
            assert is_told(block.text, block.language, said), f"{block.text}is not\n{said}"
    if document == TOUR:
        taken_out = json.loads((site.root / "posts.json").read_text())
        jsonschema.validate(taken_out, json.loads(SCHEMA.read_text()))
        (post,) = taken_out["posts"]
        assert post["body"] == "When life gives you lemons, make lemonade. #lemons"


# On a machine of one's own


ANSWERS = [
    ("Enter password for new role: ", "password"),
    ("Enter it again: ", "password"),
    ("User name: ", "alice"),
    ("E-mail address: ", "alice@example.org"),
    ("Password: ", "correct-horse-battery"),
    ("Password (again): ", "correct-horse-battery"),
]
SET_IN_ENV = """#!{python}
import re, sys
from pathlib import Path
file = Path("{machine}/etc/microblog/env")
text = file.read_text()
for line in sys.stdin.read().splitlines():
    name = line.partition("=")[0]
    text, found = re.subn(rf"^#?{{name}}=.*$", lambda _: line, text, count=1, flags=re.MULTILINE)
    assert found, name
file.write_text(text)
"""


class Machine:
    """A folder in place of `/`, with the code at an address from which it can be cloned."""

    def __init__(self, folder, database):
        self.root, self.database = folder / "machine", database
        for each in ("opt", "etc/nginx/conf.d", "etc/systemd/system", "var/lib", "var/log/nginx"):
            (self.root / each).mkdir(parents=True)
        for each in ("var/lib/microblog/archives", "var/lib/microblog/avatars", "backup"):
            (self.root / each).mkdir(parents=True)
        self.repository = folder / "repository"
        shutil.copytree(ROOT, self.repository, ignore=NOT_IN_A_CLONE)
        self._move_into_folder()
        self._commit()
        self._write_certificate()
        self.programs = folder / "programs"
        self.programs.mkdir()
        set_in_env = self.programs / "set_in_env"
        set_in_env.write_text(SET_IN_ENV.format(python=sys.executable, machine=self.root))
        set_in_env.chmod(0o755)

    def here(self, text):
        """With the paths of a machine in this folder."""
        text = text.replace("127.0.0.1:5432", f"127.0.0.1:{self.database.port}")
        return PATHS.sub(rf"{self.root}/\1", text)

    def _move_into_folder(self):
        files = [*(ROOT / "deploy/systemd").rglob("*.*"), ROOT / "deploy/nginx/microblog.conf"]
        for path in files:
            if path.is_file():
                copy = self.repository / path.relative_to(ROOT)
                text = re.sub(r"^ *listen \[::\].*\n", "", copy.read_text(), flags=re.MULTILINE)
                text = re.sub(r"listen (80|443)\b", r"listen 127.0.0.1:10\1", text)
                copy.write_text(self.here(text))
        mime_types = "/etc/nginx/mime.types"
        own = MAIN.replace("{folder}/microblog.conf", "{folder}/conf.d/*.conf")
        main = own.format(folder=self.root / "etc/nginx")
        assert mime_types in main
        (self.root / "etc/nginx/nginx.conf").write_text(main)

    def _commit(self):
        who = ["-c", "user.name=Nobody", "-c", "user.email=nobody@example.org"]
        for command in (
            ["init", "--quiet"],
            ["add", "--all"],
            [*who, "commit", "--quiet", "--message", "All of it"],
            ["tag", "v2"],
        ):
            subprocess.run(["git", *command], cwd=self.repository, check=True)

    def _write_certificate(self):
        folder = self.root / "etc/letsencrypt/live/your.site"
        folder.mkdir(parents=True)
        files = ["-keyout", "privkey.pem", "-out", "fullchain.pem", "-subj", "/CN=your.site"]
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"]
        command += ["ec_paramgen_curve:prime256v1", "-nodes", *files]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)

    def environment(self):
        venv = Path(sys.prefix)
        programs = [self.programs, STAND_INS, find_postgres()]
        return ENVIRONMENT | {
            "PATH": ":".join(map(str, [*programs, "/usr/local/bin", "/usr/bin", "/bin"])),
            "MACHINE": str(self.root),
            "VENV": str(venv),
            "NGINX": PROGRAM,
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.database.port),
            "PGUSER": "postgres",
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "GIT_CONFIG_COUNT": "1",  # root's folder may be another one's
            "GIT_CONFIG_KEY_0": "safe.directory",
            "GIT_CONFIG_VALUE_0": "*",
        }


@pytest.fixture
def machine(tmp_path):
    needed = {"nginx": PROGRAM, "postgresql": find_postgres(), "git": shutil.which("git")}
    needed["prometheus"] = shutil.which("promtool")
    if missing := [name for name, path in needed.items() if not path]:
        pytest.skip(f"These are not installed: {', '.join(missing)}")
    with Postgres() as database:
        with psycopg.connect(database.url, autocommit=True) as superuser:
            superuser.execute("CREATE ROLE postgres SUPERUSER LOGIN")
        other = database.url.replace("microblog@", "postgres@")
        with psycopg.connect(other, autocommit=True) as superuser:
            superuser.execute("ALTER ROLE microblog RENAME TO nobody")
        yield Machine(tmp_path, database)


@pytest.mark.slow
@pytest.mark.lasts(100)
@pytest.mark.timeout(900)
def test_recipes_of_operators(site, machine, tmp_path):
    script = script_of(BY_OPERATORS).replace(SITE, site.url)
    script = script.replace("https://example.org/microblog.git", str(machine.repository))
    (tmp_path / "script").write_text(machine.here(script))
    printed = run_in_terminal(
        tmp_path / "script", ANSWERS, 600, cwd=tmp_path, env=machine.environment()
    )
    assert printed.count("The archive is whole.") == 1
    assert "test is successful" in printed  # nginx

    env = (machine.root / "etc/microblog/env").read_text()
    keys = dict(re.findall(r"^(SECRET_KEY\w*|DATABASE_URL)=(.+)$", env, re.MULTILINE))
    assert len({keys["SECRET_KEY"], keys["SECRET_KEY_FALLBACKS"]}) == 2
    assert keys["DATABASE_URL"].endswith("/restored")
    restored = keys["DATABASE_URL"].replace("microblog:password", "postgres")
    with psycopg.connect(restored) as database:
        people = database.execute("SELECT username FROM accounts_user ORDER BY 1").fetchall()
    assert ("alice",) in people
