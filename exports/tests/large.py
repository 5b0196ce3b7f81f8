"""An archive beyond what ZIP's old fields can say: `python -m exports.tests.large FORMAT FILE`
packs one of 70,000 posts to FILE, verifies it, and prints by how many MiB its memory grew."""

import sys
from pathlib import Path

from exports import packing, verifying
from exports.formats import BY_NAME, Format

from .samples import ABOUT, post

POSTS = 70_000  # more than 16 bits can count
CHUNK = 1_000


class Zeros(Format):
    """A file of more bytes than 32 bits can count, of which deflating leaves little."""

    name = "zeros"
    content = bytes(CHUNK << 16)

    def chunk(self, items):
        return self.content


def chunks():
    for start in range(0, POSTS, CHUNK):
        yield [post(f"Post {number}", number) for number in range(start, start + CHUNK)]


def last(formats):
    return [verifying.about_json(ABOUT, formats), ("README.txt", b"Behind all others.\n")]


def peak_mib():
    """Of this process alone; in that of `resource` its parent's counts."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main(name, path):
    before = peak_mib()
    format = (BY_NAME | {Zeros.name: Zeros})[name]
    with open(path, "wb+") as file:
        source = packing.Source(ABOUT, {"posts": chunks}, last=last)
        packing.pack(file, source, [format], {}, scratch=Path(path).parent)
        assert verifying.verify(file).about["items"]["posts"] == POSTS
    print(peak_mib() - before)


if __name__ == "__main__":
    main(*sys.argv[1:])
