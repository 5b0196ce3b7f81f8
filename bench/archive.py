"""How fast a whole archive is and how little memory it takes, beside what there is no way around.

    .venv/bin/python bench/archive.py [--posts 10000,100000,1000000]

One SQLite file, made by the real migrations, holds one person for each size, whose posts are real
texts, cut to the length that posts may have. Each measurement is a fresh process:

whole    what the site does for the archive of everything, `exports.jobs.export_posts` on a real
         Task and Export: read the posts once, write all formats, pack, open the file again, compare
         each member with the manifest, count its items, hash it all, publish. Without a mail.
compact  the same, but without `markdown/`, which is a file for each post.
parts    the bytes of all formats made of the same posts, and these deflated, and no more: nothing
         read, written, packed, hashed or checked.
limit    the bytes that are in the archive put into a ZIP by the standard library, from memory.
NAME     an export of this format alone (at 100,000 posts, or the largest size below).

All deflate as the archive does. Seconds are the median of the rounds, in which the ways take turns,
so that noise hits all alike: three, but one where there are more than 100,000 posts. The process
has done such an export before, of no posts. Growth is its greatest resident memory less that then.

The last line is for machines. whole_to_parts, whole_to_limit: posts a second of the archive by
those of the other way, at the largest size. growth_mib: of compact, at the largest size less that
at the smallest. markdown_bytes_a_post: by how much that of whole is more, for each of the posts
between. linear: the time at the largest size by that of the next smaller one, as if it were ten
times as large. Required: whole_to_parts 0.5 at least; growth_mib 40, markdown_bytes_a_post 1024 and
linear 12 at most. The exit status is 1 when one of these does not hold.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from zipfile import ZIP_DEFLATED, ZipFile

ROOT = Path(__file__).resolve().parent.parent
sys.path[0] = str(ROOT)  # in place of bench/, whose queue.py would hide that of the library

from bench import children  # noqa: E402
from exports import zipping  # noqa: E402

SIZES = [10_000, 100_000, 1_000_000]
ROUNDS = 3
OFTEN = 100_000  # posts; what takes longer is measured once, and no format alone
ONE_POST_FOR = timedelta(minutes=7)  # between two of the same person
MIB = 2**20


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    arguments.add_argument("--posts", default=",".join(map(str, SIZES)), help="sizes, by commas")
    sizes = sorted({int(size) for size in arguments.parse_args().posts.split(",")})
    if len(sizes) < 2:
        arguments.error("It takes two sizes to see how time and memory grow.")
    measured = {}
    with tempfile.TemporaryDirectory(prefix="archive-bench-") as folder:
        say(f"Writing {sum(sizes):,} posts ...")
        formats = children.call("bench.archive", "prepare", folder, *sizes)["formats"]
        alone_at = max([size for size in sizes if size <= OFTEN], default=sizes[0])
        for number in range(ROUNDS):
            for size in sizes:
                if number == 0 or size <= OFTEN:
                    take_turns(folder, size, measured)
            for name in formats:
                result = measure(folder, alone_at, name, measured, name)
                os.remove(result["file"])
    sys.exit(report(sizes, measured))


def say(line):
    print(line, file=sys.stderr, flush=True)


def take_turns(folder, size, measured):
    archive = measure(folder, size, "whole", measured)["file"]
    os.remove(measure(folder, size, "compact", measured)["file"])
    measure(folder, size, "parts", measured)
    os.remove(measure(folder, size, "limit", measured, archive)["file"])
    os.remove(archive)


def measure(folder, size, way, measured, argument=""):
    step = way if way in STEPS else "alone"
    result = children.call("bench.archive", step, folder, size, *filter(None, [argument]))
    measured.setdefault((size, way), []).append(result)
    say(f"{size:,} posts, {way}: {result['seconds']:.2f} seconds")
    return result


def report(sizes, measured) -> bool:
    """Whether something that is required does not hold."""

    def middle(key, size, way):
        return median(run[key] for run in measured[size, way])

    print(f"{'posts':>10}  {'way':<13} {'seconds':>8} {'posts/s':>9} {'growth MiB':>11} {'MB':>8}")
    for size, way in measured:
        seconds = middle("seconds", size, way)
        growth = f"{middle('growth', size, way):.1f}" if "growth" in measured[size, way][0] else ""
        line = f"{size:>10,}  {way:<13} {seconds:>8.2f} {size / seconds:>9,.0f} {growth:>11}"
        line += f" {middle('bytes', size, way) / 1e6:>8.1f}"
        if way not in STEPS:
            line += f"  {seconds / middle('seconds', size, 'posts.json'):.1f} of posts.json"
        print(line)
    smallest, before, largest = sizes[0], sizes[-2:][0], sizes[-1]

    def grown(way):
        return middle("growth", largest, way) - middle("growth", smallest, way)

    seconds = middle("seconds", largest, "whole")
    figures = {
        "whole_to_parts": middle("seconds", largest, "parts") / seconds,
        "whole_to_limit": middle("seconds", largest, "limit") / seconds,
        "growth_mib": grown("compact"),
        "markdown_bytes_a_post": (grown("whole") - grown("compact")) * MIB / (largest - smallest),
        "linear": seconds / middle("seconds", before, "whole") * 10 * before / largest,
        "archive_posts_per_s": largest / seconds,
    }
    print(" ".join(f"{name}={figure:.2f}" for name, figure in figures.items()))
    return (
        figures["whole_to_parts"] < 0.5
        or figures["growth_mib"] > 40
        or figures["markdown_bytes_a_post"] > 1024
        or figures["linear"] > 12
    )


# Children


def prepare(folder, *sizes):
    from exports.formats import FORMATS
    from exports.tests.samples import REAL

    dice = random.Random(2026)
    children.write_posts(map(int, sizes), lambda author, number: post(author, number, dice, REAL))
    return {"formats": [each.name for each in FORMATS if each.of == "posts"]}


def post(author, number, dice, texts):
    """One in ten has a title, one in two microseconds, one in five was edited."""
    from blog.models import Post
    from blog.models.posts import BODY_MAX_LENGTH

    at = datetime(2010, 1, 1, tzinfo=UTC) + number * ONE_POST_FOR
    at += timedelta(microseconds=dice.choice([0, dice.randrange(1_000_000)]))
    return Post(
        author=author,
        title=f"Day {number}" if dice.random() < 0.1 else "",
        body=dice.choice(texts)[:BODY_MAX_LENGTH],
        timestamp=at,
        edited_at=at + ONE_POST_FOR if dice.random() < 0.2 else None,
        language=dice.choice(["", "en", "es", "zh"]),
    )


def whole(folder, size):
    return alone(folder, size, "archive")


def compact(folder, size):
    children.set_up()
    from exports import contents

    contents.FORMATS = [each for each in contents.FORMATS if not each.name.endswith("/")]
    return alone(folder, size, "archive")


def alone(folder, size, contents):
    children.take_out(0, contents=contents)
    before = children.peak_mib()
    export, seconds = children.take_out(int(size), contents=contents)
    growth = children.peak_mib() - before
    return {"seconds": seconds, "growth": growth, "bytes": export.size, "file": export.file.path}


def parts(folder, size):
    children.set_up()
    from exports import reading
    from exports.formats import FORMATS, About

    author = children.person(int(size))
    about = About(children.SITE, author.username, "", "", "en", "", "")
    writers = [each(about) for each in FORMATS if each.of == "posts"]
    files = [(each, zipping.deflation()) for each in writers if not each.name.endswith("/")]
    folders = [each for each in writers if each.name.endswith("/")]
    chunks = Awaited(reading.posts(author.posts.all()))
    began = time.perf_counter()
    total = sum(len(deflate.compress(each.head())) for each, deflate in files)
    for chunk in chunks:
        total += sum(len(deflate.compress(each.write(chunk))) for each, deflate in files)
        for each in folders:
            for _name, content in each.files(chunk):
                deflate = zipping.deflation()
                total += len(deflate.compress(content)) + len(deflate.flush())
    total += sum(len(deflate.compress(each.tail()) + deflate.flush()) for each, deflate in files)
    return {"seconds": time.perf_counter() - began - chunks.seconds, "bytes": total}


def limit(folder, size, archive):
    name = folder / "limit.zip"
    target = ZipFile(name, "w", ZIP_DEFLATED, compresslevel=zipping.LEVEL)
    seconds = 0
    with ZipFile(archive) as source:
        for member in source.infolist():
            with source.open(member) as content:
                blocks = Awaited(iter(partial(content.read, MIB), b""))
                began = time.perf_counter()
                with target.open(member.filename, "w", force_zip64=True) as packed:
                    for block in blocks:
                        packed.write(block)
                seconds += time.perf_counter() - began - blocks.seconds
    began = time.perf_counter()
    target.close()
    seconds += time.perf_counter() - began
    return {"seconds": seconds, "bytes": name.stat().st_size, "file": str(name)}


class Awaited:
    """Gives `items`; `seconds`: how long they took to come."""

    def __init__(self, items):
        self.items = iter(items)
        self.seconds = 0

    def __iter__(self):
        return self

    def __next__(self):
        began = time.perf_counter()
        try:
            return next(self.items)
        finally:
            self.seconds += time.perf_counter() - began


STEPS = {each.__name__: each for each in (prepare, whole, compact, alone, parts, limit)}

if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        children.run(STEPS, *sys.argv[2:])
    else:
        main()
