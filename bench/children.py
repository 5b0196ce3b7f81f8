"""Measurements in processes of their own, for benches of exports. A script gives its steps names:

    if sys.argv[1:2] == ["--child"]:
        children.run({"prepare": prepare, "job": job}, *sys.argv[2:])

and has them run, each in a new process with the settings of a production site. A step takes the
folder of the database and its other arguments, and returns a dict, of which JSON is made.

A bench itself imports nothing big: Linux counts the memory of a parent into its child's peak.
"""

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = "https://localhost"


def call(bench, step, folder, *arguments):
    """What the step of `bench`, the name of its module, returns, and its "peak_mib"."""
    environment = os.environ | {
        "ENV_FILE": "",
        "DEBUG": "0",  # as in production; with it Django keeps the text of each query
        "SECRET_KEY": "for-this-run-only",
        "ALLOWED_HOSTS": "localhost",
        "SITE_URL": SITE,
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody answers there: this process does the work
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        "EXPORT_POSTS_PER_SECOND": "0",
        "EXPORT_ALLOWANCE": "0",
        "LOG_LEVEL": "ERROR",
        "DJANGO_SETTINGS_MODULE": "microblog.settings",
    }
    command = [sys.executable, "-m", bench, "--child", step, folder, *arguments]
    done = subprocess.run(
        map(str, command), cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=True
    )
    return json.loads(done.stdout)


def run(steps, step, folder, *arguments):
    result = steps[step](Path(folder), *arguments)
    print(json.dumps(result | {"peak_mib": peak_mib()}))


def set_up():
    """For what needs Django: it takes memory."""
    import django

    django.setup()


def peak_mib() -> float:
    """The greatest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)


def write_posts(sizes, post):
    """The database: for each size a person without an address who wrote so many posts, which
    `post(author, number)` makes; and one who wrote none."""
    set_up()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from blog.models import Post

    call_command("migrate", verbosity=0)
    for size in (0, *sizes):
        author = get_user_model().objects.create_user(f"wrote_{size}")
        for start in range(0, size, 10_000):
            Post.objects.bulk_create(
                post(author, number) for number in range(start, min(size, start + 10_000))
            )


def person(size):
    """Who wrote so many posts."""
    from django.contrib.auth import get_user_model

    return get_user_model().objects.get(username=f"wrote_{size}")


def take_out(size, **choices):
    """(the published export of who wrote so many posts, the seconds that its job took). In a worker
    there was mostly one before: take out those of 0 posts, and what Django loads is loaded."""
    set_up()
    from exports.jobs import export_posts
    from exports.models import Export

    export, _ = Export.objects.start(person(size), **choices)
    began = time.perf_counter()
    export_posts(str(export.task_id))
    seconds = time.perf_counter() - began
    export.refresh_from_db()
    assert (export.task.state, export.count) == ("succeeded", size), export.task.state
    return export, seconds
