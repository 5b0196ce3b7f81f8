"""How quick the API is, beside one of the same routes in plain Flask.

    .venv/bin/python bench/api.py [--rounds 7] [--seconds 1.5]

Three sites answer, each by gunicorn as in the Procfile: two workers of the class gthread with four
threads each. They take turns; who is not asked, rests.

v1, v2      the two versions of the API, as a production site has them: with everything that stands
            before a page, and each request counted against limits that nobody reaches here
flask       bench/flask_api/: Flask, Flask-SQLAlchemy, PyJWT and Celery, with the routes of v1 and
            the same fields. It has no limits, no search, no tags and no languages to keep up. Its
            environment is its own (bench/peers.txt, in var/bench-peers)
nothing     a WSGI application that answers "{}": what this bench could measure at most

All are on one PostgreSQL, with the same driver, people and posts, and a Valkey each. PostgreSQL
does not wait for its disk: sites are measured, not disks.

list        the latest 20 of 100,000 posts, asked for by a visitor
one         one post of the 1,000 latest ones, asked for by a visitor
create      a post with a title, by somebody with a token whose follower wants a mail about it. Ours
            writes a task in the transaction of the post (v2 another one, for the post log) and then
            rings for a worker; Flask commits and then calls `delay()`. No worker runs: what is
            measured is how long the answer takes
poll        an export under way, with its task, by its owner with a token; then the same with the
            ETag of the answer before, which is answered with 304. Flask has nothing like it

Four clients, threads of one process, ask as fast as they are answered, each by a connection that it
keeps for 50 requests: so no worker has all of them for long. They read no more of an answer than
its status and its length. In each round all ways of a route take turns, so that noise hits all
alike. Clients and servers share this machine: where it has two cores and other work, the numbers
jump, and only their ratios say something.

statements  that PostgreSQL was asked for one answer, by its own log: BEGIN, COMMIT and what else
            the driver sends included
redis       commands that Valkey was asked for one answer, by its own count
CPU         milliseconds of the two workers for one answer, the median of the rounds
p99         milliseconds until the answer was read, of all rounds together
a second    answers of both workers together, the median of the rounds
to flask    of that, by that of Flask: the median of the ratios of each round

The last line is for machines. list, one: v1 by flask, answers a second; list_v2, one_v2: v2 by
flask; create, create_v2: how many times as long as Flask's it takes; not_changed: the CPU of a 304
by that of a full answer; statements_read, statements_create: the most of ours. Required: 0.8 at
least; 2 at most; 1 at most; 5 and 12 at most. If one of these does not hold, the exit status is 1.
"""

import argparse
import json
import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # in place of bench/, whose queue.py would hide that of the library

import jwt  # noqa: E402 (what follows needs sys.path as it should be)
import psutil  # noqa: E402
import psycopg  # noqa: E402
from redis import Redis  # noqa: E402

from bench import peers  # noqa: E402
from microblog.valkey import Valkey, free_port  # noqa: E402
from tests.servers import Postgres  # noqa: E402

PEOPLE, POSTS, LATEST = 1_000, 100_000, 1_000
CLIENTS = 4
KEPT_FOR = 50  # requests
WARM_UP, COUNTED = 100, 20  # requests
SECRET = "for-this-run-only-and-32-bytes-long"
WORDS = [
    *("ferry", "late", "light", "water", "bread", "harbour", "umbrella", "letter", "kitchen"),
    *("canción", "puerto", "panadera", "leña", "lluvia", "abuela", "barco", "viento", "mañana"),
]
SAID = " ".join(WORDS)
UNLIMITED = "1000000000/min"


@dataclass
class Site:
    """A running one. `database` and `valkey`: where what it asks for is counted."""

    port: int
    master: int  # the id of the process whose children are the workers
    valkey: str = ""

    def cpu(self):
        """Seconds that the workers have taken."""
        times = [each.cpu_times() for each in psutil.Process(self.master).children()]
        return sum(each.user + each.system for each in times)


@dataclass
class Way:
    """How one thing is asked for. `requests`: what is sent, one after the other and again."""

    route: str
    name: str
    site: Site
    requests: list[bytes]
    status: int
    statements: int = 0
    commands: int = 0
    times: list = field(default_factory=list)
    rates: list = field(default_factory=list)
    costs: list = field(default_factory=list)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.5)
    arguments = parser.parse_args()
    theirs = peers.install()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="api-bench-")))
        server = stack.enter_context(Postgres())
        valkeys = [stack.enter_context(Valkey(directory=folder)) for _ in range(2)]
        urls = [create_database(server.url, name) for name in ("microblog", "flask")]
        os.environ |= environment(folder, urls[0], valkeys[0].url)
        say(f"Writing {POSTS:,} posts, twice ...")
        prepared = prepare()
        in_flask = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "SECRET_KEY": SECRET,
            "SQLALCHEMY_DATABASE_URI": urls[1].replace("postgres://", "postgresql+psycopg://"),
            "REDIS_URL": valkeys[1].url,
        }
        subprocess.run([theirs, "-m", "bench.flask_api"], cwd=ROOT, env=in_flask, check=True)
        copy_posts(*urls)
        ours = stack.enter_context(gunicorn(sys.executable, "microblog.wsgi", os.environ))
        flask = stack.enter_context(gunicorn(theirs, "bench.flask_api:app", in_flask))
        nothing = stack.enter_context(gunicorn(sys.executable, "bench.nothing", os.environ))
        ours.valkey, flask.valkey = (each.url for each in valkeys)
        ways = make_ways(prepared, ours, flask, nothing)
        compare_answers(ways)
        for way in ways:
            count(way, server)
        share = measure(ways, arguments.rounds, arguments.seconds)
        check_tasks(urls[0], prepared["author"])
    sys.exit(report(ways, share))


def say(line):
    print(line, file=sys.stderr, flush=True)


# The sites


def create_database(server, name):
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.removesuffix("postgres") + name


def environment(folder, database, redis):
    """Of a production site, whose limits nobody reaches."""
    rates = ("VISITOR", "PERSON", "REGISTER", "WRITE", "SEARCH", "EXPORT", "WEBHOOK")
    return {
        "ENV_FILE": "",
        "DEBUG": "0",
        "SECRET_KEY": SECRET,
        "ALLOWED_HOSTS": "localhost",
        "VAR_DIR": str(folder),
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "DJANGO_SETTINGS_MODULE": "microblog.settings",
        "SECURE_SSL_REDIRECT": "0",
        "LOG_LEVEL": "ERROR",
        **{f"API_RATE_{name}": UNLIMITED for name in rates},
    }


def prepare():
    """Who asks, and for what: {"author": id, "v1": token, "v2": token, "export": id}."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection
    from django.utils import timezone

    from accounts.api import jwts
    from accounts.models import Token
    from blog import search
    from blog.search import words
    from exports.models import Export
    from tasks.models import State

    call_command("migrate", verbosity=0)
    users = get_user_model().objects.bulk_create(
        get_user_model()(username=f"person_{n}", email=f"p{n}@example.com") for n in range(PEOPLE)
    )
    author, follower = users[:2]
    follower.mail_new_posts = True
    follower.save()
    follower.follow(author)
    export, _ = Export.objects.start(author)
    now = timezone.now()
    running = {"state": State.RUNNING, "phase": "writing", "attempt": 1, "done": 1200}
    moments = {"claimed_at": now, "checkpointed_at": now + timedelta(seconds=2)}
    lease = {"lease_until": now + timedelta(days=1)}
    author.tasks.filter(pk=export.task_id).update(total=4800, **running, **moments, **lease)
    dice = random.Random(2026)
    texts = [" ".join(dice.choices(WORDS, k=dice.randint(5, 30))) for _ in range(1_000)]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE texts (id int, body text, terms text)")
        cursor.executemany(
            "INSERT INTO texts VALUES (%s, %s, %s)",
            [(n, text, search.postgres._vector(words.terms(text))) for n, text in enumerate(texts)],
        )
        cursor.execute(
            "INSERT INTO blog_post (author_id, title, body, timestamp, language)"
            " SELECT %s + (n * 7919) %% %s, 'Number ' || n, texts.body,"
            " now() - (%s - n) * interval '1 minute', 'en'"
            " FROM generate_series(1, %s) AS n JOIN texts ON texts.id = n %% 1000 ORDER BY n",
            [author.pk, PEOPLE, POSTS, POSTS],
        )
        cursor.execute(
            f"INSERT INTO {search.POSTS} SELECT blog_post.id, texts.terms::tsvector"
            " FROM blog_post JOIN texts ON texts.body = blog_post.body"
        )
        cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT max(id) FROM blog_post")
        (latest,) = cursor.fetchone()
    secret = Token.objects.issue(author)[1]
    connection.close()
    Redis.from_url(os.environ["REDIS_URL"]).flushdb()
    return {
        "author": author.pk,
        "v1": jwts.issue(author),
        "v2": secret,
        "export": export.pk,
        "latest": latest,
    }


def copy_posts(ours, flask):
    """Let Flask have the same people and posts, under the same ids."""
    columns = {
        '"user" (id, username, email, password_hash, is_admin)': "SELECT id, username, email,"
        " password, is_staff FROM accounts_user",
        "post (id, title, content, created_at, updated_at, user_id)": "SELECT id, title, body,"
        " timestamp, timestamp, author_id FROM blog_post",
    }
    with psycopg.connect(ours) as source, psycopg.connect(flask, autocommit=True) as target:
        for there, here in columns.items():
            with (
                source.cursor().copy(f"COPY ({here}) TO STDOUT") as rows,
                target.cursor().copy(f"COPY {there} FROM STDIN") as written,
            ):
                for some in rows:
                    written.write(some)
        target.execute("SELECT setval('post_id_seq', (SELECT max(id) FROM post))")
        target.execute("VACUUM ANALYZE")


@contextmanager
def gunicorn(python, application, environment):
    """Yield a running Site."""
    port = free_port()
    command = [python, "-m", "gunicorn", application, "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", "2", "--threads", "4", "--no-control-socket"]  # as in the Procfile
    command += ["--log-level", "warning"]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        deadline = time.monotonic() + 60
        while not is_open(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"gunicorn {application} did not start.")
            time.sleep(0.1)
        yield Site(port, process.pid)
    finally:
        process.terminate()
        process.wait(20)


def is_open(port):
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


# What is asked


def make_ways(prepared, ours, flask, nothing):
    in_an_hour = datetime.now(UTC) + timedelta(hours=1)
    claims = {"user_id": prepared["author"], "exp": in_an_hour}
    tokens = {"flask": jwt.encode(claims, SECRET, "HS256")} | prepared
    bearer = {name: {"Authorization": f"Bearer {tokens[name]}"} for name in ("flask", "v1", "v2")}
    latest = range(prepared["latest"] - LATEST, prepared["latest"])
    v1, v2 = "/api/v1/posts", "/api/v2/posts"
    words = {"title": "Ferry"}
    content, body = words | {"content": SAID}, words | {"body": SAID}
    poll = f"/api/v2/exports/{prepared['export']}"
    etag = {"If-None-Match": etag_of(ours, request(poll, bearer["v2"]))}

    def ways(route, requests, status):
        for name, asked in requests.items():
            yield Way(route, name, flask if name == "flask" else ours, asked, status)

    twenty = {"flask": v1, "v1": v1, "v2": "/api/v2/timelines/explore"}
    one = {"flask": v1, "v1": v1, "v2": v2}
    create = {"flask": (v1, content), "v1": (v1, content), "v2": (v2, body)}
    return [
        *ways("list", {k: [request(f"{path}?limit=20")] for k, path in twenty.items()}, 200),
        *ways("one", {k: [request(f"{path}/{n}") for n in latest] for k, path in one.items()}, 200),
        *ways("create", {k: [request(p, bearer[k], s)] for k, (p, s) in create.items()}, 201),
        Way("poll", "v2", ours, [request(poll, bearer["v2"])], 200),
        Way("poll, 304", "v2", ours, [request(poll, bearer["v2"] | etag)], 304),
        Way("nothing", "", nothing, [request("/")], 200),
    ]


def request(path, headers=None, said=None) -> bytes:
    """The bytes of a GET, or of a POST that says something."""
    body = b"" if said is None else json.dumps(said).encode()
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Client:
    """HTTP/1.1 with next to nothing done in Python: http.client takes as long for an answer as
    Flask does."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, request) -> tuple[int, bytes, bytes]:
        """(status, headers, body)"""
        self.socket.sendall(request)
        answer = b""
        while True:
            head, end, body = answer.partition(b"\r\n\r\n")
            if end and len(body) >= length_of(head):
                return int(head[9:12]), head, body
            some = self.socket.recv(65_536)
            assert some, f"The connection was closed after {answer!r}."
            answer += some

    def close(self):
        self.socket.close()


def length_of(head):
    name = head.lower().find(b"\r\ncontent-length:")
    return int(head[name + 17 :].partition(b"\r\n")[0]) if name > 0 else 0


def ask_once(site, asked):
    client = Client(site.port)
    try:
        return client.ask(asked)
    finally:
        client.close()


def etag_of(site, asked):
    status, head, _body = ask_once(site, asked)
    assert status == 200, head
    (etag,) = [line for line in head.split(b"\r\n") if line.lower().startswith(b"etag:")]
    return etag.partition(b":")[2].strip().decode()


def compare_answers(ways):
    """Flask and v1 have to say the same of the same posts."""
    said = {(w.route, w.name): json.loads(ask_once(w.site, w.requests[0])[2]) for w in ways[:6]}
    for route in ("list", "one"):
        theirs, ours = (normal(said[route, name]) for name in ("flask", "v1"))
        assert theirs == ours, f"{route}: {theirs} is not {ours}"


def normal(said):
    """With moments as Python has them."""
    if isinstance(said, list):
        return [normal(each) for each in said]
    if isinstance(said, dict):
        return {
            k: datetime.fromisoformat(v) if k[-3:] == "_at" else normal(v) for k, v in said.items()
        }
    return said


def count(way, server):
    """What its site asks of its servers for one answer, once it is warm."""
    for number in range(WARM_UP):
        status, head, body = ask_once(way.site, way.requests[number % len(way.requests)])
        assert status == way.status, (way.route, way.name, head, body)
    if not way.site.valkey:
        return
    redis, log = Redis.from_url(way.site.valkey), Path(server.folder) / "log"
    with psycopg.connect(server.url, autocommit=True) as connection:
        log_statements(connection, "all")
        before, commands = log.stat().st_size, count_commands(redis)
        for _ in range(COUNTED):
            ask_once(way.site, way.requests[0])
        way.commands = round((count_commands(redis) - commands - 1) / COUNTED)
        with log.open() as lines:
            lines.seek(before)
            statements = sum("LOG:  statement: " in x or "LOG:  execute " in x for x in lines)
        way.statements = round(statements / COUNTED)
        log_statements(connection, "none")


def log_statements(connection, which):
    """All that are connected already heed it at their next statement."""
    connection.execute(f"ALTER SYSTEM SET log_statement = '{which}'")
    connection.execute("SELECT pg_reload_conf()")
    time.sleep(0.5)


def count_commands(redis):
    return sum(each["calls"] for each in redis.info("commandstats").values())


# The measurement


def measure(ways, rounds, seconds):
    """The share of one core that the clients took, at most."""
    shares = []
    with ThreadPoolExecutor(CLIENTS) as clients:
        for number in range(rounds):
            for way in ways:
                say(f"Round {number + 1} of {rounds}: {way.route} {way.name} ...")
                if way.route == "create":
                    Redis.from_url(way.site.valkey).flushdb()  # as if workers had been quick
                shares.append(measure_once(way, clients, seconds))
    return max(shares)


def measure_once(way, clients, seconds):
    began, cpu, own = time.monotonic(), way.site.cpu(), own_cpu()
    asked = [clients.submit(ask, way, seconds) for _ in range(CLIENTS)]
    times = [each for client in asked for each in client.result()]
    elapsed = time.monotonic() - began
    way.costs.append((way.site.cpu() - cpu) / len(times))
    way.rates.append(len(times) / elapsed)
    way.times += times
    return (own_cpu() - own) / elapsed


def own_cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def ask(way, seconds):
    """Seconds that each answer took."""
    times, end, number = [], time.monotonic() + seconds, random.randrange(len(way.requests))
    while time.monotonic() < end:
        client = Client(way.site.port)
        for _ in range(KEPT_FOR):
            number = (number + 1) % len(way.requests)
            began = time.perf_counter()
            status, head, body = client.ask(way.requests[number])
            times.append(time.perf_counter() - began)
            assert status == way.status, (way.route, way.name, head, body)
            if time.monotonic() > end:
                break
        client.close()
    return times


def check_tasks(database, author):
    """Each post that was created has its task: what was answered is not lost."""
    with psycopg.connect(database) as connection:
        (lost,) = connection.execute(
            "SELECT count(*) FROM blog_post WHERE author_id = %s AND title = 'Ferry' AND NOT EXISTS"
            " (SELECT 1 FROM tasks_task WHERE job = 'blog.jobs.announce_post'"
            " AND key = blog_post.id::text)",
            [author],
        ).fetchone()
    assert lost == 0, f"{lost} posts have no task."


def report(ways, share):
    """The exit status."""
    by = {(way.route, way.name): way for way in ways}
    print(
        f"{'route':<10} {'way':<6} {'statements':>10} {'redis':>6} {'CPU, ms':>8} {'p99, ms':>8}"
        f" {'a second':>9} {'to flask':>9}"
    )
    for way in ways:
        beside = by.get((way.route, "flask"))
        ratio = f"{ratio_of(way, beside):.2f}" if beside and beside is not way else ""
        print(
            f"{way.route:<10} {way.name:<6} {way.statements:>10} {way.commands:>6}"
            f" {median(way.costs) * 1e3:>8.2f} {quantiles(way.times, n=100)[98] * 1e3:>8.1f}"
            f" {median(way.rates):>9,.0f} {ratio:>9}"
        )
    print(f"The clients took {share:.0%} of one core at most.")
    ours = [way for way in ways if way.name in {"v1", "v2"}]
    found = {
        "list": ratio_of(by["list", "v1"], by["list", "flask"]),
        "one": ratio_of(by["one", "v1"], by["one", "flask"]),
        "list_v2": ratio_of(by["list", "v2"], by["list", "flask"]),
        "one_v2": ratio_of(by["one", "v2"], by["one", "flask"]),
        "create": ratio_of(by["create", "flask"], by["create", "v1"]),
        "create_v2": ratio_of(by["create", "flask"], by["create", "v2"]),
        "not_changed": median(
            new / old
            for new, old in zip(by["poll, 304", "v2"].costs, by["poll", "v2"].costs, strict=True)
        ),
        "statements_read": max(way.statements for way in ours if way.route != "create"),
        "statements_create": max(way.statements for way in ours if way.route == "create"),
    }
    least = {"list": 0.8, "one": 0.8, "list_v2": 0.8, "one_v2": 0.8}
    most = {"create": 2, "create_v2": 2, "not_changed": 1}
    most |= {"statements_read": 5, "statements_create": 12}
    print(*(f"{name}={round(value, 2):g}" for name, value in found.items()))
    return int(
        any(found[name] < bound for name, bound in least.items())
        or any(found[name] > bound for name, bound in most.items())
    )


def ratio_of(way, other):
    return median(a / b for a, b in zip(way.rates, other.rates, strict=True))


if __name__ == "__main__":
    main()
