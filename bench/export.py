"""How fast an export is, and how little memory it takes, beside the fastest and the slowest way.

    .venv/bin/python bench/export.py [--posts 1000,10000,100000,1000000]

One SQLite file, made by the real migrations, holds one person for each size. Three ways take the
same posts out of it, and the same values into the file; each measurement is a fresh process:

limit     a raw `sqlite3` cursor, each row through orjson, to a file. There is not much less that a
          Python program can do for this file. It checks nothing; a crash would leave half of it.
job       what the site does, `exports.jobs.export_posts` on a real Task and Export: claim the task,
          fix the snapshot, read in keyset chunks, save progress, fsync, open the file again to
          count and hash it, publish. Only the mail is left out: its owner has no address.
ancestor  as a well-known tutorial does it: all rows in a list, another of all posts, after each
          post its progress in a transaction of its own, `json.dumps` in the end. This flatters it:
          the original writes more after each post, and at 100,000 never arrives.

Seconds are the median of the rounds, without the start of the process; the job has been done in it
before, of no posts. In a round the ways take turns, so that noise hits all alike. The peak is the
greatest resident memory of the whole process.

The last line is for machines. ratio_to_limit: posts a second of the job by those of the limit, at
the largest size. peak_growth_mib: the job's peak at the largest size less that at the smallest.
checkpoints_percent: of the job's time at the largest size, what saving its progress took; 2 at most
is required.
"""

import argparse
import json
import os
import random
import sqlite3
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # in place of bench/, whose queue.py would hide that of the library

from bench import children  # noqa: E402
from bench.children import SITE  # noqa: E402

SIZES = [1_000, 10_000, 100_000, 1_000_000]
ANCESTOR_MAX = 10_000  # posts; it has had enough there
ROUNDS = 5
ONE_POST_FOR = timedelta(minutes=7)  # between two of the same person
TEXTS = [
    "The ferry was late and nobody minded, because the light was on the water.",
    "Hoy la panadera me regaló el pan que se le había quemado: sabe a leña.",
    "今天的雲很低，低到晾衣服的阿姨都得側身。",
    "Η γάτα κοιμάται πάνω στο βιβλίο, άρα σήμερα δεν διαβάζει κανείς.",
    "القطة نائمة على كتاب الشعر، ولن يقرأ أحدٌ منّا اليوم.",
    "बारिश हुई, और पूरी गली में पकौड़ों की खुशबू फैल गई।",
    'He said "soon", \\ as in: never.\nShe laughed anyway. 👩🏽‍🚀',
]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--posts", default=",".join(map(str, SIZES)), help="sizes, by commas")
    sizes = sorted({int(size) for size in arguments.parse_args().posts.split(",")})
    with tempfile.TemporaryDirectory(prefix="export-bench-") as folder:
        print(f"Writing {sum(sizes):,} posts ...", file=sys.stderr)
        children.call("bench.export", "prepare", folder, *sizes)
        check_equal(folder, sizes[0])
        measured = {}
        for size in sizes:
            for number in range(ROUNDS):
                print(f"{size:,} posts, round {number + 1} of {ROUNDS} ...", file=sys.stderr)
                for way in ways(size):
                    result = children.call("bench.export", way, folder, size)
                    os.remove(result["file"])
                    measured.setdefault((size, way), []).append(result)
    report(sizes, measured)


def ways(size):
    return ["limit", "job", "ancestor"] if size <= ANCESTOR_MAX else ["limit", "job"]


def check_equal(folder, size):
    """All ways write the same posts, value by value."""
    written = {}
    for way in ways(size):
        file = children.call("bench.export", way, folder, size)["file"]
        written[way] = json.loads(Path(file).read_bytes())
        os.remove(file)
    assert len(written["job"]["posts"]) == size
    assert all(content == written["job"] for content in written.values()), "The ways differ."


def report(sizes, measured):
    seconds = {case: median(run["seconds"] for run in runs) for case, runs in measured.items()}
    peak = {case: median(run["peak_mib"] for run in runs) for case, runs in measured.items()}
    print(f"{'posts':>10}  {'way':<8} {'seconds':>9} {'posts/s':>10} {'peak MiB':>9}")
    for size, way in measured:
        case = size, way
        print(
            f"{size:>10,}  {way:<8} {seconds[case]:>9.3f} {size / seconds[case]:>10,.0f}"
            f" {peak[case]:>9.1f}"
        )
    ratio = seconds[sizes[-1], "limit"] / seconds[sizes[-1], "job"]
    checkpoints = median(run["checkpoints"] / run["seconds"] for run in measured[sizes[-1], "job"])
    growth = peak[sizes[-1], "job"] - peak[sizes[0], "job"]
    print(
        f"ratio_to_limit={ratio:.2f} peak_growth_mib={growth:.1f}"
        f" checkpoints_percent={checkpoints * 100:.2f}"
    )


# Children


def prepare(folder, *sizes):
    dice = random.Random(2026)
    children.write_posts(map(int, sizes), lambda author, number: post(author, number, dice))
    return {}


def post(author, number, dice):
    """About 150 characters in several scripts; one in ten has a title, one in two microseconds."""
    from blog.models import Post

    text = " ".join(dice.choices(TEXTS, k=5))
    return Post(
        author=author,
        title=f"Day {number}" if dice.random() < 0.1 else "",
        body=text[: max(1, min(500, round(dice.gauss(150, 60))))],
        timestamp=datetime(2010, 1, 1, tzinfo=UTC)
        + number * ONE_POST_FOR
        + timedelta(microseconds=dice.choice([0, dice.randrange(1_000_000)])),
    )


def limit(folder, size):
    import orjson

    database = sqlite3.connect(folder / "db.sqlite3")
    name = folder / "limit.json"
    began = time.perf_counter()
    rows = database.execute(
        "SELECT body, replace(timestamp, ' ', 'T') || 'Z', id, title FROM blog_post"
        " WHERE author_id = (SELECT id FROM accounts_user WHERE username = ?)"
        " ORDER BY timestamp, id",
        [f"wrote_{size}"],
    )
    with open(name, "wb", buffering=1 << 20) as file:
        lead = b'{"posts": [\n'
        for body, timestamp, pk, title in rows:
            item = {"body": body, "timestamp": timestamp}
            item |= {"id": pk, "url": f"{SITE}/posts/{pk}/"}
            if title:
                item["title"] = title
            file.write(lead + orjson.dumps(item))
            lead = b",\n"
        file.write(b"\n]}\n")
    return {"seconds": time.perf_counter() - began, "file": str(name)}


def job(folder, size):
    children.take_out(0)
    from tasks import lifecycle

    checkpoint, taken = lifecycle.checkpoint, []

    def timed(*arguments, **progress):
        began = time.perf_counter()
        checkpoint(*arguments, **progress)
        taken.append(time.perf_counter() - began)

    lifecycle.checkpoint = timed
    export, seconds = children.take_out(int(size))
    return {"seconds": seconds, "checkpoints": sum(taken), "file": export.file.path}


def ancestor(folder, size):
    children.set_up()
    from tasks.models import Task

    author = children.person(int(size))
    task = Task.objects.create(job="ancestor", key=str(time.time_ns()), max_attempts=1)
    name = folder / "ancestor.json"
    began = time.perf_counter()
    data = []
    posts = list(author.posts.order_by("timestamp", "id"))
    for number, post in enumerate(posts, 1):
        item = {"body": post.body, "timestamp": post.timestamp.isoformat().replace("+00:00", "Z")}
        item |= {"id": post.pk, "url": f"{SITE}/posts/{post.pk}/"}
        if post.title:
            item["title"] = post.title
        data.append(item)
        Task.objects.filter(pk=task.pk).update(done=100 * number // len(posts))
    name.write_text(json.dumps({"posts": data}, indent=4))
    return {"seconds": time.perf_counter() - began, "file": str(name)}


STEPS = {"prepare": prepare, "limit": limit, "job": job, "ancestor": ancestor}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        children.run(STEPS, *sys.argv[2:])
    else:
        main()
