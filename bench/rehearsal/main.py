"""The rehearsal: what is missing for it, what it prints, and what it says in the end."""

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.servers import find_postgres

PROGRAMS = {
    "ip": "iproute2",
    "unshare": "util-linux",
    "nginx": "nginx",
    "openssl": "openssl",
    "prometheus": "prometheus",
}
STOP_SIGNALS = signal.SIGINT, signal.SIGTERM, signal.SIGHUP
FETCHERS = 4


def main(words):
    parser = argparse.ArgumentParser(prog="bin/rehearse", description=words.split("\n", 1)[0])
    parser.add_argument("--exports", type=int, default=300)
    parser.add_argument("--posts", type=int, default=200, help="of each person")
    parser.add_argument("--pace", type=int, default=100, help="posts an export takes a second")
    parser.add_argument("--brief", action="store_true", help="do not wait until alerts of a minute")
    arguments = parser.parse_args()
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    if missing := list(find_missing()):
        print("\n".join(missing), file=sys.stderr)
        sys.exit(2)
    for number in STOP_SIGNALS:
        signal.signal(number, signal.default_int_handler)
    folder = Path(tempfile.mkdtemp(prefix="microblog-rehearsal-"))
    folder.chmod(0o755)
    keep = True
    try:
        keep = failed = rehearse(arguments, folder)
        sys.exit(failed)
    except KeyboardInterrupt:
        keep = False
        sys.exit(130)
    finally:
        if keep:
            print(f"The logs are in {folder}", file=sys.stderr)
        else:
            shutil.rmtree(folder, ignore_errors=True)


def find_missing():
    if sys.platform != "linux" or os.geteuid() != 0:
        yield "Only root on Linux can make hosts of network namespaces. Try: sudo bin/rehearse"
    for program, package in PROGRAMS.items():
        if not shutil.which(program):
            yield f"{program} is not here. On Debian and Ubuntu: apt install {package}"
    if not find_postgres():
        yield "PostgreSQL's server is not here. On Debian and Ubuntu: apt install postgresql"


def rehearse(arguments, folder) -> bool:
    """Whether something does not hold."""
    from .network import Network

    with Network() as network:
        from .hosts import Site  # it needs no Django

        with Site(network, folder, arguments.pace) as site, site.hosts["people"].inside():
            set_up(site)
            names, posts = make_people(arguments)
            site.make_bucket()
            site.start_programs()
            return act(site, names, posts, arguments)


def set_up(site):
    """This process is of the same site, and sees its rows."""
    os.environ.clear()
    os.environ |= site.environment | {"LOG_LEVEL": "ERROR"}
    import django

    django.setup()


def make_people(arguments):
    """Their names, and the ids of some posts."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.hashers import make_password
    from django.core.management import call_command

    from bench.export import post
    from blog.models import Post

    from .people import PASSWORD

    call_command("migrate", verbosity=0)
    dice, password = random.Random(1), make_password(PASSWORD)
    people = get_user_model().objects.bulk_create(
        get_user_model()(username=name, email=f"{name}@example.com", password=password)
        for name in (f"person_{number}" for number in range(arguments.exports))
    )
    for person in people:
        Post.objects.bulk_create(post(person, each, dice) for each in range(arguments.posts))
    some = Post.objects.order_by("pk").values_list("pk", flat=True)[:5]
    return [person.username for person in people], list(some)


def act(site, names, posts, arguments) -> bool:
    from .alerts import Alerts
    from .people import People
    from .story import Story

    with Alerts(site.prometheus) as alerts, People(site, names, posts) as people:
        story = Story(site, people, alerts, brief=arguments.brief)
        story.play(names)
        retried = story.all_have_ended()
        people.end()
        with ThreadPoolExecutor(FETCHERS) as pool:
            files = dict(zip(names, pool.map(people.fetch, names), strict=True))
    return judge(site, story, people, alerts, files, retried)


def judge(site, story, people, alerts, files, retried) -> bool:
    """Print what came of it; whether something does not hold."""
    from bench import verdict

    from .people import sort

    def download(export):
        return files[export.owner.username]

    faults, resent = verdict.judge(site.mail, download)
    print()
    bad = verdict.tell(faults)
    answers = sort(people.answers, story.outages)
    for answer in answers["unrelated"][:20]:
        at = answer.began - story.began
        print(f"failed: {at:.1f} s + {answer.seconds:.1f} s {answer.method} {answer.path}", end="")
        print(f" {answer.status} {answer.words}")
    wrong = alerts.unexpected(story.allowed)
    for name, label, began in wrong:
        print(f"alert: {name} {label} fired at {began - story.began:.0f} s, and had no reason to")
    print_table(story, people, alerts)
    figures = {"exports": len(files)}
    figures |= {what: len(exports) for what, exports in bad.items()}
    figures |= {"resent": resent, "retried": retried}
    figures |= {
        "requests": len(people.answers),
        "errors_unrelated": len(answers["unrelated"]),
        "errors_honest": len(answers["honest"]),
        "errors_cut_off": len(answers["cut off"]),
        "alerts_right": story.seen_alerts,
        "alerts_wrong": len(wrong),
        "seconds": round(time.time() - story.began),
    }
    print(" ".join(f"{name}={value}" for name, value in figures.items()))
    return bool(faults or answers["unrelated"] or wrong)


def print_table(story, people, alerts):
    from tasks.models import Attempt, Tally

    print("\noutage     seconds  requests  errors  slowest")
    for outage in story.outages:
        during = [
            each
            for each in people.answers
            if each.ended > outage.began and each.began < outage.ended
        ]
        print(
            f"{outage.what:10}{outage.ended - outage.began:8.1f}{len(during):10}"
            f"{sum(each.failed for each in during):8}"
            f"{max((each.seconds for each in during), default=0):7.1f} s"
        )
    outcomes = Counter(Attempt.objects.values_list("outcome", flat=True))
    workers = Counter(
        worker.partition(":")[0] for worker in Attempt.objects.values_list("worker", flat=True)
    )
    tally = Tally.objects.first()
    print(f"\nattempts: {dict(outcomes)}, on {dict(workers)}")
    print(f"rung again: {tally.rerung}, fenced: {tally.fenced}")
    for alert, spans in alerts.spans.items():
        times = ", ".join(
            f"{began - story.began:.0f}-{f'{until - story.began:.0f}' if until else ''} s"
            for began, until in spans
        )
        print(f"fired: {' '.join(alert).strip()}: {times}")
