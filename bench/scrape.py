"""What a look at /metrics costs where much has ended and much waits.

    .venv/bin/python bench/scrape.py [--ended 1000000] [--waiting 100000]

A database of the site, SQLite and then PostgreSQL, gets so many tasks that ended within the last 30
days, each with an attempt, and a thousand of each within the last minutes, which the first scrape
after a pause has to count; then so many that wait. The milliseconds of /metrics and /readyz are
those of a whole request, by Django's test client, with no Redis (its question costs nothing then):
the quickest of 15, for what else goes on here only adds to it.

The last line is for machines: first_x, the scrape that counts; ended_x and waiting_x, those after
it without and with what waits; ready_x; queries_x, of a scrape, without those of what is ready.
Required: ended_x below 100, queries_x 10 at most.
"""
# ruff: noqa: E402 (what follows needs sys.path as it should be)

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)

import argparse
import json
import os
import subprocess
import tempfile
import time
from datetime import timedelta

from tests.servers import postgres

ENDED = {
    "sqlite": """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
INSERT INTO tasks_task (id, job, key, args, background, state, reason, phase, done, created_at,
    claimed_at, ended_at, delivering, attempt, failures, max_attempts, request_id)
SELECT printf('%032x', i), 'exports.jobs.export_posts', i, '{{}}', false, 'succeeded', '', '', 0,
    {before}, {before}, {before}, false, 1, 0, 5, '' FROM n""",
    "postgresql": """
INSERT INTO tasks_task (id, job, key, args, background, state, reason, phase, done, created_at,
    claimed_at, ended_at, delivering, attempt, failures, max_attempts, request_id)
SELECT gen_random_uuid(), 'exports.jobs.export_posts', i, '{{}}', false, 'succeeded', '', '', 0,
    {before}, {before}, {before}, false, 1, 0, 5, '' FROM generate_series(1, {count}) AS n(i)""",
}
BEFORE = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ({ago}) || ' seconds')",
    "postgresql": "now() - ({ago}) * interval '1 second'",
}
ATTEMPTS = """
INSERT INTO tasks_attempt (task_id, number, worker, started_at, ended_at, outcome, cluster, resends,
    traceback)
SELECT id, 1, 'here:1', claimed_at, ended_at, 'succeeded', '', 0, '' FROM tasks_task
WHERE state = 'succeeded'"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--ended", type=int, default=1_000_000)
    arguments.add_argument("--waiting", type=int, default=100_000)
    options = arguments.parse_args()
    line = {}
    with tempfile.TemporaryDirectory(prefix="scrape-bench-") as folder, postgres() as server:
        for name, url in [("sqlite", f"sqlite:///{folder}/db.sqlite3"), ("postgresql", server)]:
            environment = os.environ | {
                "ENV_FILE": "",
                "DEBUG": "0",
                "SECRET_KEY": "for-this-run-only",
                "ALLOWED_HOSTS": "localhost",
                "REDIS_URL": "redis://127.0.0.1:1/0",
                "METRICS_TOKEN": "for-this-run-only",
                "DATABASE_URL": url,
                "VAR_DIR": folder,
                "LOG_LEVEL": "CRITICAL",
                "DJANGO_SETTINGS_MODULE": "microblog.settings",
            }
            command = [
                sys.executable,
                __file__,
                "--child",
                str(options.ended),
                str(options.waiting),
            ]
            told = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE)
            found = json.loads(told.stdout.splitlines()[-1])
            print(name, *(f"{what}: {value:.1f}" for what, value in found.items()), flush=True)
            line |= {f"{what}_{name}": value for what, value in found.items()}
    print(*(f"{what}={round(value, 1):g}" for what, value in line.items()))


def child(ended, waiting):
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from tasks.models import Tally, Task

    call_command("migrate", verbosity=0)
    sql, before = ENDED[connection.vendor], BEFORE[connection.vendor]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # what is made here needs no check of its keys
            cursor.execute("SET session_replication_role = replica")
        ago = f"CASE WHEN i <= 1000 THEN 60 ELSE 86400 + i * 30.0 * 86400 / {ended} END"
        cursor.execute(sql.format(count=ended, before=before.format(ago=ago)))
        cursor.execute(ATTEMPTS)
        cursor.execute("ANALYZE")
    Tally.objects.create(pk=1, until=timezone.now() - timedelta(minutes=5))
    found = {"first": measure("/metrics")}
    found["ended"] = min(measure("/metrics") for _ in range(15))
    found["ready"] = min(measure("/readyz/", 503) for _ in range(15))
    for number in range(0, waiting, 10_000):
        Task.objects.bulk_create(
            Task(job="exports.jobs.export_posts", key=f"w{number + each}", max_attempts=5)
            for each in range(10_000)
        )
    found["waiting"] = min(measure("/metrics") for _ in range(15))
    with CaptureQueriesContext(connection) as queries:
        measure("/metrics")
    found["queries"] = len(queries)
    print(json.dumps(found))


def measure(path, status=200):
    from django.test import Client

    client = Client(headers={"Authorization": "Bearer for-this-run-only"})
    began = time.perf_counter()
    answer = client.get(path)
    took = time.perf_counter() - began
    assert answer.status_code == status, answer.content
    assert path != "/metrics" or b"tasks_active" in answer.content
    return 1000 * took


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(*map(int, sys.argv[2:]))
    else:
        main()
