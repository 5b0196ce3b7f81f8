"""The archive: a ZIP of all formats. One pass over each kind of items is fanned out to all that
take it; their order is fixed, so that the same things give the same bytes.

Its last member, `manifest-sha256.txt` (as in BagIt, RFC 8493), names all others in their order.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from tempfile import TemporaryFile

from . import zipping
from .formats import DOCUMENTS, FORMATS, About, Item
from .formats.base import recut
from .zipping import Part

MANIFEST = "manifest-sha256.txt"


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
        parts = [Part(stack.enter_context(TemporaryFile(dir=scratch))) for _ in files]
        for format, part in zip(files, parts, strict=True):
            part.write(format.head())
        for chunk in chunks:
            for format, part in zip(files, parts, strict=True):
                part.write(format.write(chunk))
            for folder in folders:
                # All made, then all packed: in turns they drive each other out of the cache.
                for name, content in list(folder.files(chunk)):
                    archive.add(name, content)
        for format, part in zip(files, parts, strict=True):
            part.write(format.tail())
            archive.append(format.name, part)


class Zip(zipping.Zip):
    """A ZIP, and as its last member its manifest: a line for each of perhaps a million."""

    def __init__(self, file, scratch=None, tick=lambda: None):
        super().__init__(file, scratch, tick)
        self.manifest = Part(TemporaryFile(dir=scratch))  # noqa: SIM115 (as above)

    def __exit__(self, *error):
        with self.manifest.file:
            super().__exit__(*error)

    def append(self, name, part):
        super().append(name, part)
        self.manifest.write(f"{part.sha256.hexdigest()}  {name}\n".encode())

    def end(self):
        super().append(MANIFEST, self.manifest)
        super().end()


def lines(blocks: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """(name, SHA-256 in hexadecimal) of each line of a manifest. Raises ValueError or Damaged."""
    for piece in recut(blocks, b"\n"):
        for line in piece.decode().split("\n")[:-1]:
            digest, name = line.split("  ", 1)
            yield name, digest
