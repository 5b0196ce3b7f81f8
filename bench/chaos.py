"""Whether every export arrives, once and whole, while all that works on it is killed at random.

    .venv/bin/python bench/chaos.py [--exports 200] [--seed 1] [--postgres]

Real parts: two `manage.py qcluster` of two workers each, Valkey, an SMTP server, and SQLite or a
PostgreSQL of its own. People with 0 to 600 posts each ask for an export, a few in two seconds. Each
start of a cluster draws whether it slows exports, so that many kills hit them in the middle:

busy worker      killed (always by signal 9) at a moment that was drawn and is waited for: just
                 claimed, writing, checking, mailing, before or after the mail server's answer to
                 DATA, or whenever
frozen worker    a busy one is stopped by a signal, and woken when its lease has run out
idle worker, monitor, pusher, sentinel, leader, sweeper, supervisor
                 killed, at such a moment of a task of its cluster. A supervisor that has ended is
                 started again after half a second, as systemd would
whole cluster    all processes of one supervisor at once, as by a power cut
valkey           killed, and started again a moment later, empty

The seed fixes the people, the order of kills, their moments and the pauses between them; the rest
is the machine's. Leases and intervals are shortened, and 50 attempts allowed, so that only real
faults count. When the killing's time is over, what is still under way has a while to end. An
export that failed because its resend met a crash too, so that nobody knows whether the mail
arrived, has ended as designed: its owner presses Retry, while the killing goes on. Then each export
is looked at:

lost      it has not succeeded, or nothing was mailed
doubled   more mails than tasks (one, and one for each Retry) and the resends counted on their
          attempts, or not all under one Message-ID
resent    resends, each counted on an attempt: a crash hid whether the mail had been taken
wrong     the file, or what is attached, is not byte by byte what an undisturbed export of the same
          person is, or not the person's posts; or the row's count, size or SHA-256 are not the
          file's; or its folder holds another file too

recover_median_s, recover_worst_s: from a kill (or freeze) that hit a running task until the task is
claimed anew. It includes the waiting for a free worker behind other tasks, and all further kills
meanwhile; and a kill that reaches the worker by and by, like that of a sentinel, counts from its
beginning. With the settings of a site, leases are longer: see .env.example.

The last line is for machines. The exit status is 1 when anything is lost, doubled or wrong; then
the logs are kept.
"""
# ruff: noqa: E402 (what follows needs sys.path as it should be)

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # in place of bench/, whose queue.py would hide that of the library

import argparse
import asyncio
import os
import queue
import random
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter, defaultdict
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from statistics import median
from threading import Timer

import psutil

from bench import verdict
from bench.export import post
from microblog.valkey import Valkey
from tests.servers import postgres
from tests.smtp import Sink

CLUSTERS = 2
LEASE = 2  # seconds
POSTS = [0, 1, 3, 30, 100, 250, 600]  # a person has one of these numbers
PACES = [0, 60, 200]  # EXPORT_POSTS_PER_SECOND of a cluster's start; 0: as fast as can be
TICK = 0.03  # seconds between two looks at what goes on
LAUNCH_EVERY = 0.6  # seconds, on average
KILL_EVERY = 0.5  # seconds, on average, beside the waiting for the drawn moment
PATIENCE = 1.5  # seconds to wait for a drawn moment; then it is whenever
CALM = 90  # seconds to end in, after the last kill
SYSTEMD = 0.5  # seconds until what has ended is started again
HOLD = 0.5  # seconds for which the mail server waits to be the moment of a kill

# So many of each in every round of kills, in an order of the dice
DECK = {
    "busy worker": 10,
    "frozen worker": 3,
    "idle worker": 2,
    "monitor": 2,
    "pusher": 2,
    "sentinel": 2,
    "leader": 2,
    "sweeper": 1,
    "supervisor": 2,
    "whole cluster": 1,
    "valkey": 1,
}
STOP_SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
MARK = {"CHAOS_BENCH": str(os.getpid())}  # in the environment of all processes of the clusters
WHENEVER = "whenever"
DATA, QUIT = "before the answer to DATA", "after the answer to DATA"
PHASES = {"just claimed": "", "writing": "writing", "checking": "checking", "mailing": "mailing"}
LABELS = {phase: moment for moment, phase in PHASES.items()}
MOMENTS = [WHENEVER, "just claimed", "writing", "writing", "checking", "mailing", DATA, QUIT]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--exports", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--postgres", action="store_true", help="not on SQLite")
    arguments = parser.parse_args()
    for number in STOP_SIGNALS:
        signal.signal(number, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="chaos-bench-"))
    keep = True
    try:
        keep = failed = run(arguments, folder)
        sys.exit(failed)
    except KeyboardInterrupt:
        keep = False
        sys.exit(130)
    finally:
        kill_left_behind()
        if keep:
            say(f"The logs are in {folder}")
        else:
            shutil.rmtree(folder)


def run(arguments, folder) -> bool:
    """Whether anything was lost, doubled or wrong."""
    with ExitStack() as stack:
        set_environment(folder)
        valkey = stack.enter_context(Valkey(directory=folder))
        sink = stack.enter_context(SlowSink())
        os.environ |= {"REDIS_URL": valkey.url, "EMAIL_URL": sink.url}
        if arguments.postgres:
            os.environ["DATABASE_URL"] = stack.enter_context(postgres())
        say("Preparing ...")
        people = prepare(arguments)
        clusters = [
            stack.enter_context(Cluster(number, arguments.seed, folder))
            for number in range(1, CLUSTERS + 1)
        ]
        stack.callback(ignore_signals)  # first of all, when it comes to stopping
        killer = Killer(arguments.seed, clusters, valkey, sink)
        seconds, retried = storm(people, killer, sink, arguments.seed)
        for cluster in clusters:
            cluster.stop()
        kinds = {pid: kind for cluster in clusters for pid, kind in cluster.kinds.items()}
        left_behind = [kinds.get(pid, "another") for pid in kill_left_behind()]
        times = tell_storm(killer, seconds, retried, left_behind)
        say("Looking at each export ...")
        return tell_faults(arguments.exports, *verdict.judge(sink, export_in_calm), times)


def say(line):
    print(line, file=sys.stderr, flush=True)


def ignore_signals():
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def set_environment(folder):
    """A production site's, and nothing of what the caller's or `.env` says."""
    path = os.environ["PATH"]
    os.environ.clear()
    os.environ |= {
        "PATH": path,
        "DJANGO_SETTINGS_MODULE": "microblog.settings",
        "ENV_FILE": "",
        "DEBUG": "0",
        "SECRET_KEY": "for-this-run-only",
        "ALLOWED_HOSTS": "localhost",
        "VAR_DIR": str(folder),
        "LOG_LEVEL": "ERROR",
        "QCLUSTER_WORKERS": "2",
        "TASKS_LEASE_SECONDS": str(LEASE),
        "TASKS_SWEEP_SECONDS": "0.2",
        "TASKS_RING_AGAIN_SECONDS": "0.5",
        "TASKS_RETRY_SECONDS": "0.1",
        "TASKS_STOP_SECONDS": "3",
        "TASKS_MAX_ATTEMPTS": "50",
        "TIDY_SECONDS": "0",  # no tasks but the exports
        "EXPORT_ALLOWANCE": "0",
    }


def kill_left_behind() -> list[int]:
    """Kill what this run has started and does not end by itself, whoever its parent is now; its
    process ids."""
    found = [find_own(pid) for pid in psutil.pids()]
    _, alive = psutil.wait_procs(filter(None, found), timeout=3)
    for process in alive:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return [process.pid for process in alive]


def prepare(arguments):
    """The database, and the people with their posts."""
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from blog.models import Post

    call_command("migrate", verbosity=0)
    dice = random.Random(arguments.seed)
    people = []
    for number in range(arguments.exports):
        name = f"person_{number}"
        person = get_user_model().objects.create_user(name, f"{name}@example.com")
        Post.objects.bulk_create(post(person, each, dice) for each in range(dice.choice(POSTS)))
        people.append(person)
    return people


class SlowSink(Sink):
    """An SMTP server slow enough to be hit in the middle. While `wanted` is DATA or QUIT, it puts
    the mail whose conversation is at that moment into `held`, and waits there for a while."""

    def __init__(self):
        super().__init__()
        self.delay = 0.1
        self.wanted = None
        self.held = queue.Queue()

    async def handle_DATA(self, server, session, envelope):
        answer = await super().handle_DATA(server, session, envelope)
        session.mail = self.taken
        await self._hold(DATA, session.mail)
        return answer

    async def handle_QUIT(self, server, session, envelope):
        if mail := getattr(session, "mail", None):
            await self._hold(QUIT, mail)
        return "221 bye"

    async def _hold(self, moment, mail):
        if self.wanted == moment:
            self.wanted = None
            self.held.put(mail)
            await asyncio.sleep(HOLD)


class Cluster:
    """A `manage.py qcluster` that is started again when it has ended, as systemd would. As a
    context manager it is started and stopped."""

    SAID = {"ready for work": "worker", "monitoring": "monitor", "pushing tasks": "pusher"}

    def __init__(self, number, seed, folder):
        self.log = folder / f"cluster-{number}.log"
        self.log.touch()
        self.said = self.log.open()
        self.kinds = {}  # by process id
        self.dice = random.Random(f"{seed} {number}")
        self.starts = 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()

    def start(self):
        self.starts += 1
        self.start_at = None
        pace = self.dice.choice(PACES)
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "qcluster"],
                cwd=ROOT,
                env=os.environ | MARK | {"LOG_LEVEL": "INFO", "EXPORT_POSTS_PER_SECOND": str(pace)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def keep_up(self):
        if self.process.poll() is None:
            return
        if self.start_at is None:
            self.start_at = time.monotonic() + SYSTEMD
        elif time.monotonic() > self.start_at:
            self.start()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def find(self) -> dict[str, list[psutil.Process]]:
        """Its living processes by kind. What is born or dies meanwhile may be missing."""
        found, family = defaultdict(list), []
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            supervisor = psutil.Process(self.process.pid)
            family = supervisor.children(recursive=True)
            found["supervisor"] = [supervisor]
            for each in family:
                if each.ppid() == supervisor.pid:
                    leads = os.getsid(each.pid) == each.pid
                    found["leader" if leads else "sweeper"].append(each)
            leaders = {each.pid for each in found["leader"]}
            found["sentinel"] = [each for each in family if each.ppid() in leaders]
        # The others tell their kind in the log. Some outlive their parents.
        said = re.findall(rf"({'|'.join(self.SAID)}) at (\d+)", self.said.read())
        self.kinds |= {int(pid): self.SAID[words] for words, pid in said}
        for pid in list(self.kinds):
            if process := find_own(pid):
                found[self.kinds[pid]].append(process)
            else:
                del self.kinds[pid]
        found["whole cluster"] = list({*family, *sum(found.values(), [])})
        return found


def find_own(pid) -> psutil.Process | None:
    """The process, if it is one that this run has started and still lives."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if MARK.items() <= process.environ().items():
            return process
    return None


@dataclass
class AtWork:
    """A worker and what it works on."""

    cluster: Cluster
    process: psutil.Process
    task: object
    attempt: int


class Killer:
    """`tick()` is its turn. `kills`: how many, by kind. `hits`: the (kind, moment, time) of the
    first kill that hit an attempt, by (id of the task, number of the attempt)."""

    def __init__(self, seed, clusters, valkey, sink):
        self.clusters = clusters
        self.valkey = valkey
        self.valkey_at = None
        self.sink = sink
        self.dice = random.Random(f"{seed} plans")
        self.aim = random.Random(f"{seed} aim")  # how often it is asked is the machine's
        self.deck = []
        self.plan = None
        self.next_at = 0
        self.kills = Counter()
        self.hits = {}
        self.alarms = []

    def tick(self, held):
        """`held`: the mail at whose moment a kill was wanted, or None."""
        now = time.monotonic()
        if self.plan is None and now > self.next_at:
            self.draw()
        if self.plan:
            overdue = now > self.give_up_at
            kind, moment = self.plan
            if self.strike(kind, WHENEVER if overdue else moment, held) or overdue:
                self.plan = self.sink.wanted = None
                self.next_at = now + self.pause

    def draw(self):
        if not self.deck:
            self.deck = list(Counter(DECK).elements())
            self.dice.shuffle(self.deck)
        kind, moment = self.deck.pop(), self.dice.choice(MOMENTS)
        self.pause = self.dice.expovariate(1 / KILL_EVERY)
        if kind in {"idle worker", "valkey"}:
            moment = WHENEVER
        self.plan = kind, moment
        self.give_up_at = time.monotonic() + PATIENCE
        self.sink.wanted = moment if moment in {DATA, QUIT} else None

    def strike(self, kind, moment, held) -> bool:
        """Whether the moment was there."""
        if kind == "valkey":
            return self.strike_valkey()
        found = {cluster: cluster.find() for cluster in self.clusters}
        at_work = find_at_work(found)
        there = [each for each in at_work if is_at(each, moment, held)]
        if kind in {"busy worker", "frozen worker"}:
            hit = there and [self.aim.choice(there)]
            targets = [each.process for each in hit]
        else:
            clusters = self.clusters if moment == WHENEVER else [each.cluster for each in there]
            cluster = self.aim.choice(clusters) if clusters else None
            hit = [each for each in at_work if each.cluster is cluster and kind != "sweeper"]
            targets = cluster and self.aim_at(kind, found[cluster], at_work)
        if not targets:
            return False
        now = time.time()
        for target in targets:
            with suppress(psutil.NoSuchProcess):
                self.freeze(target) if kind == "frozen worker" else target.kill()
        self.kills[kind] += 1
        for each in hit:
            at = moment if moment in {DATA, QUIT} else LABELS[each.task.phase]
            self.hits.setdefault((each.task.pk, each.attempt), (kind, at, now))
        return True

    def aim_at(self, kind, found, at_work):
        if kind == "whole cluster":
            return found[kind]
        busy = {each.process for each in at_work}
        candidates = set(found["worker"]) - busy if kind == "idle worker" else found[kind]
        return candidates and [self.aim.choice(list(candidates))]

    def strike_valkey(self):
        if self.valkey_at:
            return False
        self.valkey.kill()
        self.valkey_at = time.monotonic() + self.aim.uniform(0.1, 1)
        self.kills["valkey"] += 1
        return True

    def keep_up(self):
        """What has ended is started again."""
        for cluster in self.clusters:
            cluster.keep_up()
        if self.valkey_at and time.monotonic() > self.valkey_at:
            with suppress(RuntimeError):  # its port is taken for a moment; at the next turn then
                self.valkey.start()
                self.valkey_at = None

    def freeze(self, process):
        # An alarm and no turn wakes it: frozen with SQLite's lock, it holds up our turns too.
        def wake():
            with suppress(psutil.NoSuchProcess):
                process.resume()

        alarm = Timer(self.aim.uniform(1.2, 2.5) * LEASE, wake)
        alarm.daemon = True
        alarm.start()
        self.alarms.append(alarm)
        process.suspend()


def find_at_work(found) -> list[AtWork]:
    """`found`: what each cluster's `find()` returned."""
    from tasks.models import Attempt, State

    workers = {
        process.pid: (cluster, process)
        for cluster, processes in found.items()
        for process in processes["worker"]
    }
    running = Attempt.objects.filter(outcome=Attempt.Outcome.RUNNING, task__state=State.RUNNING)
    return [
        AtWork(*workers[pid], attempt.task, attempt.number)
        for attempt in running.select_related("task")
        if (pid := int(attempt.worker.rpartition(":")[2])) in workers
    ]


def is_at(work, moment, held):
    if moment == WHENEVER:
        return True
    if moment in PHASES:
        task = work.task
        return task.phase == PHASES[moment] and (task.phase != "writing" or task.done > 0)
    return held is not None and work.task.args["export"] in held["Message-ID"]


def storm(people, killer, sink, seed):
    """(Seconds until all exports had ended or their time was over, how often an owner retried.)"""
    from exports.models import Export
    from tasks.models import Task

    dice = random.Random(f"{seed} launches")
    began = time.monotonic()
    launches, at = [], began
    for person in people:
        at += dice.expovariate(1 / LAUNCH_EVERY)
        launches.append((at, person))
    launches.reverse()
    unknown = Export.objects.filter(task__state="failed", task__reason="mail_unknown")
    retried = 0
    killing_ends = at + 60
    told = 0
    while (now := time.monotonic()) < killing_ends + CALM:
        held = None
        with suppress(queue.Empty):
            held = sink.held.get(timeout=TICK)
        killer.keep_up()
        while launches and now > launches[-1][0]:
            Export.objects.start(launches.pop()[1])
        if now < killing_ends:
            killer.tick(held)
        for export in unknown.all():  # asked anew each time
            retried += export.retry()
        if now > told + 10:
            told = now
            states = Counter(Task.objects.values_list("state", flat=True))
            say(f"{now - began:4.0f} s: {killer.kills.total()} kills; {dict(states)}")
        if not launches and not Task.objects.active().exists() and not unknown.exists():
            break
    seconds = time.monotonic() - began
    for alarm in killer.alarms:
        alarm.join()
    while killer.valkey_at and time.monotonic() < now + 10:
        time.sleep(TICK)
        killer.keep_up()
    assert not launches
    return seconds, retried


def export_in_calm(export) -> bytes:
    """An undisturbed one of the same person."""
    from exports.jobs import export_posts
    from exports.models import Export

    export, created = Export.objects.start(export.owner)
    export_posts(str(export.task_id))
    export.refresh_from_db()
    assert created and export.task.state == "succeeded", export.task.reason
    with export.file.open() as file:
        return file.read()


def tell_storm(killer, seconds, retried, left_behind):
    """Print what happened; the seconds in which killed tasks were claimed again."""
    from tasks.models import Attempt, Task

    recovered, moments = defaultdict(list), Counter()
    for (task, number), (kind, moment, when) in killer.hits.items():
        # None where it had ended before the kill could reach it
        if again := Attempt.objects.filter(task=task, number=number + 1).first():
            moments[moment] += 1
            recovered[kind].append(again.started_at.timestamp() - when)
    print(f"{'killed':<15}{'times':>6}{'hit tasks':>11}{'claimed anew after':>20}{'worst':>9}")
    for kind in DECK:
        times = recovered[kind]
        line = f"{kind:<15}{killer.kills[kind]:>6}{len(times):>11}"
        print(line + (f"{median(times):>18.1f} s{max(times):>7.1f} s" if times else ""))
    tries = Counter(Task.objects.values_list("attempt", flat=True))
    print(
        f"\n{killer.kills.total()} kills in {seconds:.0f} s;"
        f" supervisors started {sum(each.starts for each in killer.clusters)} times;"
        f" processes left behind: {listed(Counter(left_behind)) or 'none'}\n"
        f"tasks hit: {listed(moments)}\n"
        f"tasks:     {listed(Counter(Task.objects.values_list('state', flat=True)))};"
        f" mail unknown, so retried by its owner: {retried}\n"
        f"attempts:  {listed(Counter(Attempt.objects.values_list('outcome', flat=True)))}\n"
        f"of a task: {', '.join(f'{tries[each]} took {each}' for each in sorted(tries))}\n"
    )
    return sum(recovered.values(), [])


def tell_faults(exports, faults, resent, times) -> bool:
    """Print the verdict; whether anything was lost, doubled or wrong."""
    bad = verdict.tell(faults)
    print(
        f"exports={exports} lost={len(bad['lost'])} doubled={len(bad['doubled'])} resent={resent}"
        f" wrong={len(bad['wrong'])} recover_median_s={median(times or [0]):.1f}"
        f" recover_worst_s={max(times, default=0):.1f}"
    )
    return bool(faults)


def listed(counter):
    return ", ".join(f"{number} {name}" for name, number in counter.most_common())


if __name__ == "__main__":
    main()
