"""How quick the engine in tasks/ is, beside plain Django-Q2, RQ and Celery.

    .venv/bin/python bench/queue.py [--rounds 3]

A job that does nothing but note when it began goes through four engines. Each is started as its
documentation says, with two workers and a Valkey of its own that keeps nothing on disk:

engine     ours: `launch()` in a transaction, as a page does it. Every task is a row and every
           attempt another. `manage.py qcluster` with the settings of the site.
django_q2  plain Django-Q2: `async_task()`, its own Redis broker, and save_limit=0, so that every
           result is a row; the task itself is none. The same Django, database and logs as ours.
rq         RQ's usual worker, which forks for every job, two of them. Results in Redis.
celery     Celery's usual pool (prefork) with a concurrency of 2. Results in Redis.

The first two run on SQLite and on PostgreSQL. The others use no database, and their workers load
neither Django nor the site, which flatters them; they have an environment of their own (the pins of
bench/peers.txt, installed in var/bench-peers at the first use). PostgreSQL does not wait for its
disk, for ours as for Django-Q2: engines are measured, not disks.

latency     one task at a time, ten a second, into idle workers: milliseconds to the first line of
            the job, from the click (before the call that launches it) and from the commit.
end to end  tasks a second: one process launches all, as fast as it can, until the last is done and
            its result is kept.
drain       all are queued before the workers are started. Tasks a second from the first start until
            the result of the last is kept; and starts a second, from the first to the last. The
            starts of plain Django-Q2 run ahead of its results, which one process saves: what they
            are ahead is in memory, and lost when the cluster is. Ours begins nothing that is not
            written down.

In each round all ways take turns, so that noise hits all alike. Latencies are those of all rounds
together, rates are medians of the rounds. Client, server and workers share this machine: where it
has two cores and other work, the numbers jump, and only their ratios say something.

Then two things of ours on PostgreSQL: what an idle cluster asks of Redis and of the database, every
command and every statement counted by the servers; and what 100,000 waiting tasks do to Redis, to
the sweeper and to a claim.

The last line is for machines. It is about PostgreSQL where it does not say sqlite. end_to_end_to_x,
drain_to_x, drain_starts_to_x: our rate by that of x; latency_to_x: our median from the click by
that of x; backlog_claim: a claim beside 100,000 waiting tasks by one beside none. Required:
end_to_end_to_django_q2 0.25, drain_to_django_q2 0.5 and end_to_end_to_rq 2 at least;
latency_to_django_q2 below 3; idle_redis 6, idle_sql 1 and backlog_messages 1000 at most.
"""
# ruff: noqa: E402 (what follows needs sys.path as it should be)

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # in place of bench/, whose queue.py would hide that of the library

import argparse
import json
import os
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from statistics import median, quantiles

import psycopg
from redis import Redis

from bench import peers
from microblog.valkey import Valkey
from tests.servers import postgres

CLICKS = 40
TASKS = {"engine": 800, "django_q2": 800, "rq": 200, "celery": 800}
IDLE_SECONDS = 20
BACKLOG = 100_000


@dataclass
class Way:
    """One engine on one database. `python`: that of its client; `workers`: commands to start."""

    engine: str
    database: str
    python: str
    workers: list[list[str]]
    environment: dict
    latency: dict = field(default_factory=lambda: {"click": [], "commit": []})
    rates: dict = field(default_factory=lambda: {"end_to_end": [], "starts": [], "drain": []})

    def client(self, step, number):
        return subprocess.Popen(
            [self.python, "-m", "bench.noop.client", self.engine, step, str(number)],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=self.log("client"),
            text=True,
        )

    def log(self, name):
        return open(f"{self.environment['NOOP_FILE']}.{name}.log", "a")

    @contextmanager
    def running(self):
        """Start the workers. They get a while to stop, then what is left of them is killed."""
        with self.log("workers") as log:
            processes = [
                subprocess.Popen(
                    command,
                    cwd=ROOT,
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
                for command in self.workers
            ]
        try:
            yield
        finally:
            for process in processes:
                process.send_signal(signal.SIGTERM)
            for process in processes:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(20)
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    theirs = peers.install()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="queue-bench-")))
        server = stack.enter_context(postgres())
        ways = list(make_ways(folder, server, theirs, stack))
        for number in range(rounds):
            for way in ways:
                say(f"Round {number + 1} of {rounds}: {way.engine} {way.database} ...")
                measure(way)
        ours = next(way for way in ways if (way.engine, way.database) == ("engine", "postgres"))
        say("The idle cluster ...")
        idle = measure_idle(ours, server)
        say(f"A backlog of {BACKLOG:,} tasks ...")
        backlog = measure_backlog(ours)
    report(ways, idle, backlog)


def say(line):
    print(line, file=sys.stderr, flush=True)


def make_ways(folder, server, theirs, stack):
    ours = sys.executable
    qcluster = [ours, "manage.py", "qcluster"]
    rq = [theirs, "-m", "rq.cli", "worker", "noop", "--url"]
    celery = [theirs, "-m", "celery", "-A", "bench.noop.ways.celery", "worker"]

    def way(engine, database, python, *workers, **environment):
        valkey = stack.enter_context(Valkey(directory=folder))
        common = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "NOOP_FILE": f"{folder}/{engine}-{database}",
            "REDIS_URL": valkey.url,
        }
        return Way(engine, database, python, list(workers), common | environment)

    for database in ("sqlite", "postgres"):
        for engine, settings in (("engine", "settings"), ("django_q2", "plain_settings")):
            if database == "sqlite":
                url = f"sqlite:///{folder}/{engine}.sqlite3"
            else:
                url = create_database(server, engine)
            site = {
                "ENV_FILE": "",
                "DEBUG": "0",
                "SECRET_KEY": "for-this-run-only",
                "ALLOWED_HOSTS": "localhost",
                "VAR_DIR": str(folder),
                "QCLUSTER_WORKERS": "2",
                "TIDY_SECONDS": "0",
                "DATABASE_URL": url,
                "DJANGO_SETTINGS_MODULE": f"bench.noop.{settings}",
            }
            made = way(engine, database, ours, qcluster, **site)
            migrate = [ours, "manage.py", "migrate", "--verbosity", "0"]
            subprocess.run(migrate, cwd=ROOT, env=made.environment, check=True)
            yield made
    rqs = way("rq", "", theirs)
    rqs.workers = 2 * [[*rq, rqs.environment["REDIS_URL"]]]
    yield rqs
    yield way("celery", "", theirs, [*celery, "--concurrency", "2"])


def create_database(server, name):
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.removesuffix("postgres") + name


def measure(way):
    number = TASKS[way.engine]
    with way.running():
        for kind, milliseconds in result(way, way.client("latency", CLICKS)).items():
            way.latency[kind] += milliseconds
        way.rates["end_to_end"].append(result(way, way.client("end_to_end", number))["rate"])
    client = way.client("drain", number)
    client.stdout.readline()  # all are queued, or it has failed
    with way.running():
        drained = result(way, client)
    way.rates["starts"].append(drained["starts"])
    way.rates["drain"].append(drained["rate"])


def result(way, client):
    """What the client says in the end. When it fails, this is the end, with all logs."""
    with client:
        said = client.stdout.read()
    if client.returncode:
        for log in Path(way.environment["NOOP_FILE"]).parent.glob("*.log"):
            say(f"{log.name}:\n" + "".join(log.read_text().splitlines(True)[-30:]))
        sys.exit(f"{way.engine} {way.database} could not be measured; see above.")
    return json.loads(said)


def measure_idle(way, server):
    """Redis commands and SQL statements a second of a cluster that has nothing to do."""
    redis = Redis.from_url(way.environment["REDIS_URL"])
    with psycopg.connect(server, autocommit=True) as connection:
        log = Path(connection.execute("SHOW data_directory").fetchone()[0]).parent / "log"
        connection.execute("ALTER DATABASE engine SET log_statement = 'all'")
    with way.running():
        time.sleep(5)  # for its start
        began, commands, statements = time.monotonic(), count_commands(redis), log.stat().st_size
        time.sleep(IDLE_SECONDS)
        seconds = time.monotonic() - began
        commands = count_commands(redis) - commands - 1  # the question itself
        with log.open() as lines:
            lines.seek(statements)
            statements = sum("LOG:  statement: " in x or "LOG:  execute " in x for x in lines)
    return {"redis": commands / seconds, "sql": statements / seconds}


def count_commands(redis):
    return sum(each["calls"] for each in redis.info("commandstats").values())


def measure_backlog(way):
    command = [way.python, "-m", "bench.noop.backlog", str(BACKLOG)]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=way.environment | {"LOG_LEVEL": "ERROR"},
        stdout=subprocess.PIPE,
        stderr=way.log("backlog"),
        check=True,
    )
    return json.loads(done.stdout)


def report(ways, idle, backlog):
    print(
        f"{'':<20} {'latency, ms':>25} {'end to end':>11} {'drain':>18}\n"
        f"{'engine':<11}{'database':<9} {'click':>8} {'p99':>8} {'commit':>7} {'tasks/s':>11}"
        f" {'tasks/s':>8} {'starts/s':>9}"
    )
    rates, clicks = {}, {}
    for way in ways:
        name = way.engine, way.database
        rates[name] = {kind: median(values) for kind, values in way.rates.items()}
        clicks[name] = median(way.latency["click"])
        p99 = quantiles(way.latency["click"], n=100)[98]
        print(
            f"{way.engine:<11}{way.database:<9} {clicks[name]:>8.1f} {p99:>8.1f}"
            f" {median(way.latency['commit']):>7.1f} {rates[name]['end_to_end']:>11,.0f}"
            f" {rates[name]['drain']:>8,.0f} {rates[name]['starts']:>9,.0f}"
        )
    before, after = backlog["claim_ms"]
    print(
        f"\nidle: {idle['redis']:.1f} Redis commands and {idle['sql']:.1f} SQL statements a second"
        f"\nbacklog of {BACKLOG:,}: {backlog['messages']:,} messages in Redis; a claim takes"
        f" {after:.2f} ms, beside none {before:.2f} ms; a sweep {backlog['sweep_ms']:.0f} ms\n"
    )

    def ratios(to, database, prefix=""):
        ours = "engine", database or "postgres"
        peer = to, database
        return {
            f"{prefix}end_to_end_to_{to}": rates[ours]["end_to_end"] / rates[peer]["end_to_end"],
            f"{prefix}drain_to_{to}": rates[ours]["drain"] / rates[peer]["drain"],
            f"{prefix}drain_starts_to_{to}": rates[ours]["starts"] / rates[peer]["starts"],
            f"{prefix}latency_to_{to}": clicks[ours] / clicks[peer],
        }

    line = ratios("django_q2", "postgres")
    line |= ratios("rq", "") | ratios("celery", "")
    line |= ratios("django_q2", "sqlite", prefix="sqlite_")
    line |= {
        "idle_redis": idle["redis"],
        "idle_sql": idle["sql"],
        "backlog_messages": backlog["messages"],
        "backlog_claim": after / before,
    }
    print(*(f"{key}={round(value, 2):g}" for key, value in line.items()))


if __name__ == "__main__":
    main()
