"""How quick the pages are on a site of some size, beside the tutorial's way of making them.

    .venv/bin/python bench/pages.py [--people 10000] [--posts 2000000] [--seconds 4]

PostgreSQL, as it is by default, holds so many people and posts; everybody is mentioned and written
to now and then. One person follows a tenth of the people (1,000), has 5,000 mentions, notifications
and messages, most of them read, and asks for all pages, signed in; the permalink is of a post with
300 answers. gunicorn runs two workers, and four clients, each
a process of its own that keeps its connection, ask as fast as they are answered, for so many
seconds a page. Each page is asked for in two rounds, so that noise hits all alike.

ours        blog/ as it is: keyset pages; `/alerts/` with the ETag of its last answer
tutorial    bench/tutorial/, on two workers of its own that rest meanwhile: OFFSET and COUNT, the
            timeline joined at read time, and a poll of four statements of which one writes; drawn
            with the same templates, by the same connections, and with the index that its poll needs

statements  that the database was asked for one answer, by the answer itself
p50, p99    milliseconds until the answer was read, with four clients at once
a second    answers of both workers together

The last line is for machines. queries_max: the most statements of a page of ours; home_p99_deep:
the p99 of home at page 1,000 by that at page 1; alerts_statements and alerts_writes;
alerts_not_changed: the status when nothing has changed; alerts_to_tutorial: answers a second by
those of its poll. Required: 8 at most; 1.5 at most; 4 at most; 0; 304; 1.5 at least.
"""

import argparse
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from statistics import quantiles
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # in place of bench/, whose queue.py would hide that of the library

from microblog.valkey import free_port  # noqa: E402
from tests.servers import postgres  # noqa: E402

CLIENTS = 4
ROUNDS = 2
MANY, UNREAD, ANSWERS = 5_000, 10, 300
DEEP = 1_000  # pages
WORDS = [
    *("ferry", "late", "light", "water", "bread", "harbour", "umbrella", "letter", "kitchen"),
    *("canción", "puerto", "panadera", "leña", "lluvia", "abuela", "barco", "viento", "mañana"),
    *("今天", "的雲", "很低", "天氣", "貓", "書", "咖啡"),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--posts", type=int, default=2_000_000)
    parser.add_argument("--seconds", type=float, default=4)
    arguments = parser.parse_args()
    with (
        postgres(durable=True) as url,
        tempfile.TemporaryDirectory(prefix="pages-bench-") as folder,
    ):
        os.environ |= {
            "ENV_FILE": "",
            "DEBUG": "0",
            "SECRET_KEY": "for-this-run-only",
            "ALLOWED_HOSTS": "localhost",
            "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody is there: no page needs it
            "VAR_DIR": folder,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "bench.settings",
            "SECURE_SSL_REDIRECT": "0",
            "SECURE_COOKIES": "0",
            "LIMIT_SEARCH": "0/60",
            "LOG_LEVEL": "ERROR",
        }
        say(f"Writing {arguments.people:,} people and {arguments.posts:,} posts ...")
        session, pages = prepare(arguments.people, arguments.posts)
        with gunicorn("bench.settings") as ours, gunicorn("bench.tutorial.settings") as tutorial:
            ports = {"ours": ours, "tutorial": tutorial}
            report(measure(pages, ports, session, arguments.seconds))


def say(line):
    print(line, file=sys.stderr, flush=True)


# The site

# The people have the ids from the reader's on.
TALK = (
    """INSERT INTO blog_post_mentions (post_id, user_id)
        SELECT id, %(reader)s + (id / 20) %% %(people)s FROM blog_post WHERE id %% 20 = 0""",
    """INSERT INTO blog_post_mentions (post_id, user_id)
        SELECT id, %(reader)s FROM blog_post ORDER BY id DESC LIMIT %(many)s
        ON CONFLICT DO NOTHING""",
    """INSERT INTO blog_notification
            (recipient_id, kind, actor_id, post_id, url, created_at, read_at)
        SELECT user_id, 'mentioned', author_id, post_id, '', timestamp, timestamp
        FROM blog_post_mentions JOIN blog_post ON blog_post.id = post_id ORDER BY post_id""",
    """UPDATE blog_notification SET read_at = NULL WHERE id IN (
        SELECT id FROM blog_notification WHERE recipient_id = %(reader)s
        ORDER BY id DESC LIMIT %(unread)s)""",
    """INSERT INTO blog_message (sender_id, recipient_id, body, sent_at, read_at)
        SELECT %(reader)s + n %% %(people)s, %(reader)s + (n + 1) %% %(people)s, 'Hello', now(),
            now()
        FROM generate_series(1, %(people)s * 5) AS n""",
    """INSERT INTO blog_message (sender_id, recipient_id, body, sent_at, read_at)
        SELECT CASE WHEN n %% 2 = 0 THEN other ELSE %(reader)s END,
            CASE WHEN n %% 2 = 0 THEN %(reader)s ELSE other END, 'Hello', now(),
            CASE WHEN n %% 2 = 1 OR n <= %(many)s - 2 * %(unread)s THEN now() END
        FROM generate_series(1, %(many)s) AS n, LATERAL (SELECT %(reader)s + 1 + n %% 100) AS
            others (other)""",
    # Each second answer is one to the first, the others to the answer before them.
    """WITH root AS (SELECT max(id) AS id FROM blog_post)
        INSERT INTO blog_post (author_id, title, body, timestamp, language, thread, reply_to_id)
        SELECT author_id, '', body, timestamp, 'en', root.id, root.id
        FROM blog_post, root WHERE blog_post.id < root.id ORDER BY blog_post.id DESC
        LIMIT %(answers)s""",
    """UPDATE blog_post SET reply_to_id = id - 1 WHERE thread < id - 1 AND id %% 2 = 0""",
    "CREATE INDEX tutorial_poll ON blog_notification (recipient_id, created_at)",
)


def prepare(people, posts):
    """(the key of the reader's session, the pages: {(way, name): path})."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.contrib.staticfiles.management.commands import collectstatic
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from blog import search, timelines
    from blog.models import Post
    from blog.search import words

    call_command("migrate", verbosity=0)
    call_command(collectstatic.Command(), interactive=False, verbosity=0)
    user = get_user_model()
    now = timezone.now()
    users = user.objects.bulk_create(
        user(username=f"person_{n}", email=f"p{n}@example.com", last_seen=now)
        for n in range(people)
    )
    reader = users[0]
    reader.follows.add(*users[1 : people // 10 + 1])
    dice = random.Random(2026)
    texts = [" ".join(dice.choices(WORDS, k=dice.randint(5, 30))) for _ in range(1_000)]
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE texts (id int, body text, terms text)")
        cursor.executemany(
            "INSERT INTO texts VALUES (%s, %s, %s)",
            [(n, text, search.postgres._vector(words.terms(text))) for n, text in enumerate(texts)],
        )
        cursor.execute("SELECT setseed(0.5)")
        cursor.execute(
            "INSERT INTO blog_post (author_id, title, body, timestamp, language)"
            " SELECT %s + floor(random() * %s)::int, '', texts.body,"
            " now() - (%s - n) * interval '1 minute', 'en'"
            " FROM generate_series(1, %s) AS n JOIN texts ON texts.id = n %% 1000 ORDER BY n",
            [reader.pk, people, posts, posts],
        )
        talk(cursor, reader.pk, people)
        cursor.execute(f"DROP INDEX {search.POSTS}_terms")
        cursor.execute(
            f"INSERT INTO {search.POSTS} SELECT blog_post.id, texts.terms::tsvector"
            " FROM blog_post JOIN texts ON texts.body = blog_post.body"
        )
        cursor.execute(f"CREATE INDEX {search.POSTS}_terms ON {search.POSTS} USING gin (terms)")
        cursor.execute("VACUUM ANALYZE")
    last_before = timelines.home(reader).newest_first()[(DEEP - 1) * timelines.PAGE_SIZE - 1]
    before = quote(timelines.Page([last_before]).newest)
    client = Client()
    client.force_login(reader)
    connection.close()
    busy = users[1].username
    root = Post.objects.filter(thread__isnull=False).values_list("thread", flat=True)[0]
    midst = Post.objects.filter(thread=root).order_by("pk")[10].pk
    return client.cookies["sessionid"].value, {
        ("ours", "home"): "/",
        ("tutorial", "home"): "/tutorial/",
        ("ours", f"home, page {DEEP:,}"): f"/?before={before}",
        ("tutorial", f"home, page {DEEP:,}"): f"/tutorial/?page={DEEP}",
        ("ours", "explore"): "/explore/",
        ("tutorial", "explore"): "/tutorial/explore/",
        ("ours", "profile"): f"/@{busy}/",
        ("tutorial", "profile"): f"/tutorial/profile/{busy}/",
        ("ours", "search"): "/search/?q=harbour+bread",
        ("ours", "permalink"): f"/posts/{root}/",
        ("ours", "permalink, midst"): f"/posts/{midst}/",
        ("ours", "messages"): "/messages/",
        ("ours", "notifications"): "/notifications/",
        ("ours", "alerts"): "/alerts/",
        ("tutorial", "poll"): "/tutorial/poll/",
    }


def talk(cursor, reader, people):
    """Mentions, notifications and messages, of all a few and of the reader many; and a thread."""
    given = {"reader": reader, "people": people, "many": MANY, "unread": UNREAD, "answers": ANSWERS}
    for statement in TALK:
        cursor.execute(statement, given)


@contextmanager
def gunicorn(settings):
    """Yield the port of a running site with these settings."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket"]
    command += ["--workers", "2", "--threads", "4"]  # as in the Procfile
    command += ["--bind", f"127.0.0.1:{port}", "--log-level", "warning", "microblog.wsgi"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": settings}
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    try:
        deadline = time.monotonic() + 30
        while not is_open(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("gunicorn did not start.")
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def is_open(port):
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


# The clients


def measure(pages, ports, session, seconds):
    """{page: {"times": [seconds], "rates": [answers a second], "statements", "writes", "again"}}"""
    measured = {page: {"times": [], "rates": []} for page in pages}
    with ProcessPoolExecutor(CLIENTS) as clients:
        for number in range(ROUNDS):
            for page, path in pages.items():
                say(f"Round {number + 1} of {ROUNDS}: {page[0]} {page[1]} ...")
                port = ports[page[0]]
                measured[page] |= ask_once(port, path, session)
                asked = [clients.submit(ask, port, path, session, seconds) for _ in range(CLIENTS)]
                times = [each for client in asked for each in client.result()]
                measured[page]["times"] += times
                measured[page]["rates"].append(len(times) / seconds)
    return measured


def get(connection, path, session, **headers):
    headers = {"Host": "localhost", "Cookie": f"sessionid={session}"} | headers
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    response.read()
    return response


def ask_once(port, path, session):
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    first = get(connection, path, session)
    assert first.status == 200, (path, first.status)
    again = get(connection, path, session, **{"If-None-Match": first.headers.get("ETag", "")})
    connection.close()
    return {
        "statements": int(first.headers["X-Statements"]),
        "writes": int(first.headers["X-Writes"]),
        "again": again.status,
    }


def ask(port, path, session, seconds):
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    etag = get(connection, path, session).headers.get("ETag", "")  # as browsers remember it
    times, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.perf_counter()
        get(connection, path, session, **{"If-None-Match": etag})
        times.append(time.perf_counter() - began)
    connection.close()
    return times


def report(measured):
    rate, p99 = {}, {}
    print(
        f"{'page':<18} {'way':<9} {'statements':>10} {'p50, ms':>9} {'p99, ms':>9} {'a second':>9}"
    )
    for (way, name), found in measured.items():
        cuts = quantiles(found["times"], n=100)
        p99[way, name] = cuts[98]
        rate[way, name] = sum(found["rates"]) / ROUNDS
        print(
            f"{name:<18} {way:<9} {found['statements']:>10} {cuts[49] * 1e3:>9.1f}"
            f" {cuts[98] * 1e3:>9.1f} {rate[way, name]:>9.1f}"
        )
    ours = [found["statements"] for (way, _), found in measured.items() if way == "ours"]
    alerts = measured["ours", "alerts"]
    deep = p99["ours", f"home, page {DEEP:,}"] / p99["ours", "home"]
    print(
        "The tutorial has no page of the others: it leaves searching to another server, its posts"
        " have no\nanswers and so no page of their own, and its messages no conversations."
    )
    print(
        f"queries_max={max(ours)} home_p99_deep={deep:.2f}"
        f" alerts_statements={alerts['statements']} alerts_writes={alerts['writes']}"
        f" alerts_not_changed={alerts['again']}"
        f" alerts_to_tutorial={rate['ours', 'alerts'] / rate['tutorial', 'poll']:.2f}"
    )


if __name__ == "__main__":
    main()
