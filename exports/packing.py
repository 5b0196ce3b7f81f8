"""The archive: a ZIP (PKWARE APPNOTE 6.3.10, with ZIP64 where it is needed) of all formats. One
pass over each kind of items is fanned out to all that take it; order and times are fixed, so that
the same things give the same bytes.

Its last member, `manifest-sha256.txt` (as in BagIt, RFC 8493), names all others in their order.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from tempfile import TemporaryFile
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from .formats import DOCUMENTS, FORMATS, About, Item

MANIFEST = "manifest-sha256.txt"
BLOCK = 1 << 18  # bytes copied at once
THE_SAME_ALWAYS = (1980, 1, 1, 0, 0, 0)  # as early as ZIP can say
A_PLAIN_FILE = 0o100644 << 16


@dataclass
class Source:
    """What an archive is made of.

    items: for each kind that formats take, a function that gives all of them in chunks; files:
    (name, content) of what is added as it is, like pictures; last: (name, content) of texts about
    the archive, asked for with its formats when they have written all; tick: is called again and
    again while files are copied, and may raise.
    """

    about: About
    items: Mapping[str, Callable[[], Iterable[list[Item]]]]
    files: Iterable[tuple[str, bytes]] = ()
    last: Callable[[list], Iterable[tuple[str, bytes]]] = lambda formats: ()
    tick: Callable[[], None] = lambda: None


def pack(file, source: Source, formats=FORMATS, documents=DOCUMENTS, *, scratch=None) -> list:
    """Write the archive of `source` to the writable `file`; return the formats, which know what
    they have written and lost. Until then each has its part in a nameless file in the folder
    `scratch`, which is gone with the process."""
    written = []
    with Zip(file, scratch, source.tick) as archive:
        for name, document in documents.items():
            archive.add(name, document(source.about))
        for kind, chunks in source.items.items():
            takers = [each(source.about) for each in formats if each.of == kind]
            if takers:
                _fan_out(archive, takers, chunks(), scratch)
                written += takers
        for name, content in source.files:
            archive.add(name, content)
        for name, content in source.last(written):
            archive.add(name, content)
    return written


def _fan_out(archive, formats, chunks, scratch):
    """A folder's files go into the archive at once; the others grow side by side."""
    files = [each for each in formats if not each.name.endswith("/")]
    folders = [each for each in formats if each.name.endswith("/")]
    for folder in folders:
        for name, content in folder.site():
            archive.add(name, content)
    with ExitStack() as stack:
        parts = [stack.enter_context(TemporaryFile(dir=scratch)) for _ in files]
        for format, part in zip(files, parts, strict=True):
            part.write(format.head())
        for chunk in chunks:
            for format, part in zip(files, parts, strict=True):
                part.write(format.write(chunk))
            for folder in folders:
                for name, content in folder.files(chunk):
                    archive.add(name, content)
        for format, part in zip(files, parts, strict=True):
            part.write(format.tail())
            archive.copy(format.name, part)


class Zip:
    """A ZIP that is written from its beginning to its end, and its manifest with it."""

    def __init__(self, file, scratch=None, tick=lambda: None):
        self.tick = tick
        self.zip = ZipFile(_Forward(file), "w", ZIP_DEFLATED)
        # A line for each of perhaps a million files.
        self.manifest = TemporaryFile(dir=scratch)  # noqa: SIM115 (closed by __exit__)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        with self.manifest, self.zip:
            if error is None:
                self.copy(MANIFEST, self.manifest)

    def add(self, name: str, content: bytes):
        self.zip.writestr(_info(name), content)
        self._note(name, hashlib.sha256(content))

    def copy(self, name: str, part):
        """Add what is in the open file `part`."""
        info, digest = _info(name), hashlib.sha256()
        info.file_size = part.tell()  # from it follows whether ZIP64 is needed
        part.seek(0)
        with self.zip.open(info, "w") as member:
            for block in iter(partial(part.read, BLOCK), b""):
                digest.update(block)
                member.write(block)
                self.tick()
        if name != MANIFEST:
            self._note(name, digest)

    def _note(self, name, digest):
        self.manifest.write(f"{digest.hexdigest()}  {name}\n".encode())


class _Forward:
    """A file that only goes forward, as that of an object store does: so the bytes are the same on
    all of them."""

    def __init__(self, file):
        self.write, self.flush = file.write, file.flush


def _info(name):
    info = ZipInfo(name, THE_SAME_ALWAYS)
    info.compress_type = ZIP_DEFLATED
    info.external_attr = A_PLAIN_FILE
    info.create_system = 3  # Unix, wherever it is written
    return info


def lines(manifest: Iterator[bytes]) -> Iterator[tuple[str, str]]:
    """(name, SHA-256 in hexadecimal) of each line of a manifest. Raises ValueError."""
    for line in manifest:
        digest, name = line.decode().removesuffix("\n").split("  ", 1)
        yield name, digest
