"""How long what the engine writes holds up others, where very much waits.

    .venv/bin/python bench/locks.py [--waiting 100000] [--rounds 5] [--database sqlite]

On SQLite and on PostgreSQL as it is by default so many tasks wait. Beside them everything is done
that the engine does, by its own functions, so many times (bench/lock_steps.py):

hold    milliseconds from the moment in which a transaction that writes has what it locks to its end
        (a statement outside of a transaction is one of its own). On SQLite nobody else can write
        in that time; on PostgreSQL others wait only if they want the same row. Each step is done in
        rounds: `median` and `worst` are of all of them, `longest` is the longest hold of that round
        in which that was the shortest, for what else this machine does only adds to it. `own` is
        what this process computed in the longest: on SQLite all but the waits for the disk.
waits   the same again, while another process launches, claims and ends tasks of its own, one after
        the other, with a pause of 5 ms: its writes' 99th percentile and longest, in milliseconds,
        over all rounds. The step `nothing` shows what the machine adds to that.

On PostgreSQL another connection looks at pg_locks every 2 ms in all that time, for locks of whole
tables that keep others from writing (SHARE and above), and the server notes who waits for a lock
for longer than 50 ms.

The last line is for machines. hold_ms_x: the longest hold of all steps, of the quietest round of
each, and longest_x, in which step; own_ms_x: the most that was computed in one; table_lock_ms: the
longest such lock of a whole table; lock_waits: how often somebody waited longer than 50 ms for
another one's lock. Required: hold_ms_x 50 at most, table_lock_ms 0. The exit status is 1 where that
does not hold.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # in place of bench/, whose queue.py would hide that of the library

import psycopg  # noqa: E402

from bench.board import WORDS  # noqa: E402
from microblog.valkey import Valkey  # noqa: E402
from tests.servers import postgres  # noqa: E402

LIMIT = 50  # milliseconds
LOOK_EVERY = 0.002  # seconds
PROBE_EVERY = 0.005
LOCKS = """
SELECT pid, virtualtransaction, relation::regclass::text, mode
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'relation' AND granted AND backend_type = 'client backend'
AND mode IN ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')"""


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--waiting", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=5)
    arguments.add_argument("--database", choices=["sqlite", "postgresql"], help="only one")
    asked = arguments.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="locks-bench-"))
        valkey = stack.enter_context(Valkey(directory=folder))
        server = stack.enter_context(postgres(durable=True))
        found, looked = {}, Look(server)
        urls = {"sqlite": f"sqlite:///{folder}/db.sqlite3", "postgresql": server}
        for database, url in urls.items():
            if asked.database not in (None, database):
                continue
            say(f"{database}: {asked.waiting:,} tasks ...")
            site = site_of(folder, url, valkey.url)
            call(site, "fill", asked.waiting)
            with looked.at_locks() if url == server else nullcontext():
                found[database] = call(site, "measure", asked.rounds)
        sys.exit(report(found, looked))


def site_of(folder, url, redis):
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "bench.noop.settings",
        "NOOP_FILE": f"{folder}/noop",
        "VAR_DIR": folder,
        "DATABASE_URL": url,
        "REDIS_URL": redis,
        "ENV_FILE": "",
        "DEBUG": "0",
        "SECRET_KEY": "for-this-run-only",
        "ALLOWED_HOSTS": "testserver",
        "LOG_LEVEL": "CRITICAL",
    }


def command(step, *arguments):
    return [sys.executable, "-m", "bench.locks", "--child", step, *map(str, arguments)]


def call(site, *arguments):
    done = subprocess.run(
        command(*arguments), cwd=ROOT, env=site, stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


class Look:
    """Looks at the locks of whole tables, and into the log."""

    def __init__(self, server):
        self.server = server
        self.longest, self.looks, self.waits = {}, 0, 0

    @contextmanager
    def at_locks(self):
        with psycopg.connect(self.server, autocommit=True) as connection:
            log = Path(connection.execute("SHOW data_directory").fetchone()[0]).parent / "log"
            for setting in ("log_lock_waits = on", f"deadlock_timeout = '{LIMIT}ms'"):
                connection.execute(f"ALTER DATABASE postgres SET {setting}")
        with tempfile.NamedTemporaryFile("r") as told:
            looking = subprocess.Popen(command("look", self.server), cwd=ROOT, stdout=told.file)
            try:
                yield
            finally:
                looking.terminate()
                looking.wait()
                told.seek(0)  # it is one file, with one place in it
                lines = [json.loads(line) for line in told]
        self.looks = lines[-1]["looks"]
        self.longest = lines[-1]["longest"]
        self.waits = log.read_text(errors="replace").count(" still waiting for ")


def report(found, looked) -> bool:
    """Whether something that is required does not hold."""
    names = "", "step", "writes", "median", "longest", "worst", "own", "p99", "longest"
    print(f"{'':<25}{'hold, ms':>43}{'waits of others, ms':>20}")
    print("{:<11} {:<12} {:>8} {:>8} {:>8} {:>8} {:>7} {:>10} {:>9}".format(*names))
    line = {}
    for database, steps in found.items():
        for step, numbers in steps.items():
            rounds = [list(zip(*each, strict=True)) for each in numbers["holds"] if each]
            holds = [hold for hold, _ in rounds for hold in hold] or [0]
            quiet = min((max(hold) for hold, _ in rounds), default=0)
            own = min((max(own) for _, own in rounds), default=0)
            waits = numbers["waits"] or [0]
            print(
                f"{database:<11} {step:<12} {len(holds):>8,} {median(holds):>8.1f} {quiet:>8.1f}"
                f" {max(holds):>8.1f} {own:>7.1f}"
                f" {quantiles([*waits, waits[0]], n=100)[98]:>10.1f} {max(waits):>9.1f}"
            )
            if quiet > line.get(f"hold_ms_{database}", 0):
                line |= {f"hold_ms_{database}": quiet, f"longest_{database}": step}
            line[f"own_ms_{database}"] = max(own, line.get(f"own_ms_{database}", 0))
    for which, milliseconds in looked.longest.items():
        print(f"{which}: locked for {milliseconds:.0f} ms")
    if looked.looks:
        print(f"{looked.looks:,} looks at pg_locks")
        line["table_lock_ms"] = max(looked.longest.values(), default=0)
        line["lock_waits"] = looked.waits
    told = {key: f"{x:.1f}" if isinstance(x, float) else x for key, x in line.items()}
    print(*(f"{key}={value}" for key, value in told.items()))
    return line.get("table_lock_ms", 0) > 0 or any(
        line[f"hold_ms_{each}"] > LIMIT for each in found
    )


# Children


def look(server):
    """Print, at the end and every second, for how long each lock was seen."""
    began, longest, looks, told = {}, {}, 0, 0.0
    with psycopg.connect(server, autocommit=True) as connection:
        while True:
            now, seen = time.monotonic(), connection.execute(LOCKS, prepare=True).fetchall()
            looks += 1
            began = {lock: began.get(lock, now) for lock in seen}
            for lock, since in began.items():
                which = f"{lock[2]} in {lock[3]}"
                # At least from the look before it to the one after it
                longest[which] = max(longest.get(which, 0), (now - since + LOOK_EVERY) * 1e3)
            if now - told > 1:
                print(json.dumps({"looks": looks, "longest": longest}), flush=True)
                told = now
            time.sleep(LOOK_EVERY)


def fill(waiting):
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection

    from bench.lock_steps import JOB

    call_command("migrate", verbosity=0)
    get_user_model().objects.create_user("operator", is_staff=True)
    numbers, name, before = WORDS[connection.vendor]
    waits = f"""
{numbers.format(waiting)}
INSERT INTO tasks_task (id, job, key, args, background, state, reason, phase, done, created_at,
    delivering, attempt, failures, max_attempts, request_id)
SELECT {name}, '{JOB}', 'waiting-' || n, '{{}}', n % 2 = 1, 'queued', '', '', 0,
    {before.format(0)}, false, 0, 0, 5, '' FROM numbers"""
    with connection.cursor() as cursor:
        cursor.execute(waits)
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE")
    return {}


def measure(rounds):
    from django.conf import settings
    from django.db import connection

    from bench.lock_steps import STEPS
    from tasks import acting

    settings.TASKS_RING_AGAIN_SECONDS = 0  # the worst that can be: all may be rung at each round
    acting.SECONDS = 3  # it has so many transactions more in 15
    holds = Holds(connection)
    alone, beside = {}, {}
    for step in STEPS:
        say(f"{connection.vendor}: {step.__name__} ...")
        alone[step.__name__] = [holds.of(step) for _ in range(int(rounds))]
    with tempfile.TemporaryDirectory() as folder, probing(f"{folder}/waits") as waits:
        for step in STEPS:
            say(f"{connection.vendor}: {step.__name__}, beside another process ...")
            beside[step.__name__] = [times_of(step) for _ in range(int(rounds))]

    def while_it_was(name):
        return [wait for at, wait in waits if any(a <= at <= b for a, b in beside[name])]

    return {name: {"holds": alone[name], "waits": while_it_was(name)} for name in alone}


def times_of(step) -> tuple[float, float]:
    """When it begins and ends."""
    doing = step()
    next(doing)
    began = time.monotonic()
    list(doing)
    return began, time.monotonic()


def say(line):
    print(line, file=sys.stderr, flush=True)


@contextmanager
def probing(file):
    """Yield a list, in which there is in the end, of each write of another process, when it was
    done, and how long it took."""
    waits = []
    process = subprocess.Popen(command("probe", file), cwd=ROOT)
    try:
        while not os.path.exists(file):
            time.sleep(0.01)
        yield waits
        time.sleep(0.05)
    finally:
        process.terminate()
        process.wait()
    waits += [json.loads(line) for line in Path(file).read_text().splitlines()]


def probe(file):
    list(life_of_one())  # what comes first is slower
    with open(file, "w", buffering=1) as noted:
        while True:
            for began, ended in life_of_one():
                noted.write(json.dumps([ended, (ended - began) * 1e3]) + "\n")
            time.sleep(PROBE_EVERY)


def life_of_one():
    """When each write for a task of its own began and ended."""
    from bench.lock_steps import JOB
    from tasks import lifecycle

    began = time.monotonic()
    task, _ = lifecycle.launch(JOB, key=str(uuid.uuid4()), background=True)
    yield began, time.monotonic()
    began = time.monotonic()
    claimed = lifecycle.claim(JOB, task.pk)
    yield began, time.monotonic()
    if claimed:  # nothing is, while all is paused
        began = time.monotonic()
        lifecycle.succeed(claimed)
        yield began, time.monotonic()


class Holds:
    """How long the transactions of a connection that write last, from the first lock on."""

    def __init__(self, connection):
        self.connection = connection
        self.noted, self.since = [], None
        connection.ensure_connection()
        connection.execute_wrappers.append(self._execute)
        for name in ("_commit", "_rollback"):
            setattr(connection, name, self._ending(getattr(connection, name)))

    def of(self, step) -> list[tuple[float, float]]:
        """(milliseconds, of which it computed)"""
        doing = step()
        next(doing)
        self.noted = noted = []
        list(doing)
        self.noted = []  # for the preparation of the next
        return noted

    def _execute(self, execute, sql, params, many, context):
        began = clocks()
        try:
            return execute(sql, params, many, context)
        finally:
            writes = not sql.startswith("SELECT") or "FOR UPDATE" in sql
            if sql.startswith("BEGIN"):
                self.since = clocks()
            elif writes and not self.connection.in_atomic_block:
                self._note(began)
            elif writes and self.since is None:
                self.since = began

    def _ending(self, end):
        def ending():
            end()
            if self.since is not None:
                self._note(self.since)
                self.since = None

        return ending

    def _note(self, since):
        wall, own = clocks()
        self.noted.append(((wall - since[0]) * 1e3, (own - since[1]) * 1e3))


def clocks():
    """That on the wall, and what this thread has computed."""
    return time.perf_counter(), time.thread_time()


CHILDREN = {"fill": fill, "measure": measure, "probe": probe, "look": look}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        name, *given = sys.argv[2:]
        if name != "look":
            import django

            django.setup()
        print(json.dumps(CHILDREN[name](*given)))
    else:
        main()
