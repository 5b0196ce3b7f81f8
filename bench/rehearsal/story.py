"""What happens to the site, one after the other, each step waited for by what is seen of it."""

import re
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import DatabaseError, connections

from exports.models import Export
from tasks.models import Attempt, State, Task
from tests.waiting import wait_for

from . import hosts
from .people import NEEDS_NOTHING

PATIENCE = 150  # seconds, on a machine that is busy with other things
OF_EACH = 3  # seconds, of the exports that are under way in the end
READY, LOST, FAIL = "MicroblogNotReady", "MicroblogClusterLost", "MicroblogPagesFail"
WEB_LOST = "MicroblogWebServerLost"


@dataclass
class Outage:
    """`what` was away from `began` to `ended` (seconds)."""

    what: str
    began: float
    ended: float = float("inf")


class Story:
    """`outages`: what was away when. `allowed`: the [from, until] in which an alert may begin to
    fire, by alert. `seen_alerts`: how many fired and were resolved as they had to."""

    def __init__(self, site, people, alerts, *, brief):
        self.site = site
        self.people = people
        self.alerts = alerts
        self.brief = brief
        self.began = time.time()
        self.waiting = []
        self.outages = []
        self.allowed = {}
        self.seen_alerts = 0

    def play(self, names):
        """A share of those of these names ask for their exports in each fault; some wait, so that
        there is new work when it has been mended."""
        faults = (
            self.worker_host_is_unplugged,
            self.valkey_is_restarted_empty,
            self.postgres_is_restarted,
            self.web_host_is_unplugged,
        )
        shares = [names[number :: len(faults) + 1] for number in range(len(faults) + 1)]
        self.waiting = shares.pop()
        for share, fault in zip(shares, faults, strict=True):
            self.people.let_ask(share)
            fault()
        self.people.let_ask(self.waiting)

    def worker_host_is_unplugged(self):
        held = self._wait(lambda: _running_on("worker1"), "worker1 to work")
        outage = self._away("worker1", [(LOST, "worker1")])
        self.site.hosts["worker1"].unplug()
        self._tell("worker1 unplugged", f"while it ran {len(held)}")
        self._wait(lambda: not _running(held), "others to take over what worker1 ran")
        self._tell("", f"all of that taken over after {self._since(outage.began)}")
        if not self.brief:  # it is a minute until anybody misses it
            self._fires(LOST, "worker1")
        self.site.hosts["worker1"].plug_in()
        plugged_in = self._back(outage)
        self._wait(lambda: self._begun_on("worker1", plugged_in), "worker1 to take new work")
        self._tell("worker1 plugged in", f"takes new work after {self._since(plugged_in)}")
        if not self.brief:
            self._is_resolved(LOST, "worker1")

    def valkey_is_restarted_empty(self):
        self._wait(_running_anywhere, "work")
        outage = self._away("valkey", [(READY, "redis")])
        self.site.valkey.stop()
        self._tell("Valkey stopped", f"{_count_active()} tasks under way")
        self._fires(READY, "redis")
        with self.site.at(self.site.valkey):
            self.site.valkey.start()  # it keeps nothing
        self._goes_on(outage, "Valkey started, empty")
        self._is_resolved(READY, "redis")
        self._reload_nginx()

    def postgres_is_restarted(self):
        self._wait(_running_anywhere, "work")
        parts = [(READY, part) for part in ("database", "migrations", "cluster")]
        outage = self._away("postgres", parts)
        self.allowed[FAIL, ""] = [(outage.began, None)]  # of the last five minutes
        self.site.postgres.stop()
        self._tell("PostgreSQL stopped", "by its fast shutdown")
        self._fires(READY, "database")
        self._wait(lambda: self._seen_503(outage.began), "the page that says so")
        with self.site.at(self.site.postgres):
            self.site.postgres.start()
        self._goes_on(outage, "PostgreSQL started")
        self._is_resolved(READY, "database")
        self._reload_nginx()

    def web_host_is_unplugged(self):
        access = self.site.nginx.log
        web1, web2 = (self.site.hosts[name].address for name in ("web1", "web2"))
        alert = WEB_LOST, f"{web1}:8000"
        outage = self._away("web1", [alert])
        self.site.hosts["web1"].unplug()
        size = access.stat().st_size
        passed_on = re.compile(f'"host":"{web1}:8000, {web2}:8000"')
        self._wait(lambda: _lines_since(access, size, passed_on), "nginx to pass requests on")
        self._wait(lambda: self._answered_since(outage.began) >= 100, "people to be answered")
        self._tell("web1 unplugged", "nginx passes on to web2 what it would have answered")
        self._fires(*alert)
        self.site.hosts["web1"].plug_in()
        plugged_in, size = self._back(outage), access.stat().st_size
        answered = re.compile(f'"status":"200".*"host":"{web1}:8000"')
        self._wait(lambda: _lines_since(access, size, answered), "web1 to answer again")
        self._tell("web1 plugged in", f"answers again after {self._since(plugged_in)}")
        self._is_resolved(*alert)

    def all_have_ended(self) -> int:
        """How many exports their owners had to retry, for nobody knew whether the mail arrived."""
        retried = 0

        def over():
            nonlocal retried
            unknown = Export.objects.filter(task__state="failed", task__reason="mail_unknown")
            for export in unknown:
                retried += export.retry()
            return self.people.have_all_asked() and not Task.objects.active().exists()

        patience = PATIENCE + OF_EACH * self.people.count
        self._wait(over, "the last export to end", patience)
        self._tell("all have asked", "and no task is under way")
        if retried:
            self.allowed["MicroblogMailUndecided", ""] = [(self.began, None)]
            self.allowed["MicroblogTaskFailed", "exports.jobs.export_posts"] = [(self.began, None)]
        return retried

    # Steps

    def _reload_nginx(self):
        before = time.time()
        hosts.reload(self.site.nginx)
        self._wait(lambda: self._answered_since(before) >= 10, "people to be answered")
        self._tell("nginx reloaded", "people are answered by its new processes")

    def _away(self, what, alerts):
        outage = Outage(what, time.time())
        self.outages.append(outage)
        self.allowed |= {alert: [[outage.began, None]] for alert in alerts}
        return outage

    def _back(self, outage):
        outage.ended = time.time()
        return outage.ended

    def _goes_on(self, outage, done):
        back = self._back(outage)
        self._wait(lambda: self._begun_on("", back), "work to go on")
        self._tell(done, f"tasks begin after {self._since(back)}")

    def _fires(self, *alert):
        began = time.time()
        self._wait(lambda: self.alerts.fires(*alert), f"{alert} to fire")
        self.seen_alerts += 1
        self._tell("", f"{' '.join(alert)} fires after {self._since(began)} more")

    def _is_resolved(self, *alert):
        began = time.time()
        self._wait(lambda: not self.alerts.fires(*alert), f"{alert} to be resolved")
        self.seen_alerts += 1
        self.allowed[alert][0][1] = time.time()
        self._tell("", f"{' '.join(alert)} is resolved after {self._since(began)} more")

    def _wait(self, look, why, seconds=PATIENCE):
        def seen():
            if self.people.problems:
                raise self.people.problems[0]
            try:
                return look()
            except DatabaseError:
                return None
            finally:
                connections.close_all()

        return wait_for(seen, seconds, why)

    def _tell(self, done, seen):
        print(f"{time.time() - self.began:5.0f} s  {done:24} {seen}", flush=True)

    def _since(self, moment):
        return f"{time.time() - moment:.1f} s"

    def _begun_on(self, host, since):
        """Whether a worker there has begun a task. Where there is none, somebody asks for one."""
        if self.waiting and not self.people.are_asking and not Task.objects.active().exists():
            self.people.let_ask([self.waiting.pop()])
        since = datetime.fromtimestamp(since, UTC)
        return Attempt.objects.filter(worker__startswith=host, started_at__gt=since).exists()

    def _answered_since(self, moment):
        return sum(each.began > moment and not each.failed for each in list(self.people.answers))

    def _seen_503(self, moment):
        return any(
            each.began > moment and each.status == 503 and each.path not in NEEDS_NOTHING
            for each in list(self.people.answers)
        )


def _running_on(host):
    running = Attempt.objects.filter(
        worker__startswith=f"{host}:", outcome="running", task__phase="writing", task__done__gt=0
    )
    return list(running.values_list("pk", flat=True))


def _running(attempts):
    return Attempt.objects.filter(pk__in=attempts, outcome="running").exists()


def _running_anywhere():
    return Task.objects.filter(state=State.RUNNING).exists()


def _count_active():
    return Task.objects.active().count()


def _lines_since(log, size, pattern):
    with log.open() as lines:
        lines.seek(size)
        return pattern.search(lines.read())
