"""A ZIP (PKWARE APPNOTE 6.3.10), written from its beginning to its end, with the fields of ZIP64
(4.3.14, 4.3.15, 4.5.3) where a number is too large for the old ones; and what its members hold.

In place of the library's `zipfile`, which keeps an object for each member until the end, and for a
small one takes longer than to deflate or inflate it. Here no member that is written stays in
memory; those that grow side by side are deflated as they grow, so that what waits on the disk is as
small as in the ZIP; and sizes are known before a member begins, so that nothing has to be mended
behind it. Times and traces of the machine are left out: the same members give the same bytes.
"""

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from os import SEEK_END
from tempfile import TemporaryFile
from zipfile import BadZipFile, ZipInfo

LEVEL = 4  # of deflating: two thirds of the time that the usual 6 takes, for 3 % more bytes
BLOCK = 1 << 16  # bytes read at once; what is made of more leaves the cache of the processor
MAX_16, MAX_32 = (1 << 16) - 1, (1 << 32) - 1  # in an old field: look at that of ZIP64

MEMBER = struct.Struct("<4s5H3L2H")
ENTRY = struct.Struct("<4s6H3L5H2L")
END_64 = struct.Struct("<4sQ2H2L4Q")
LOCATOR_64 = struct.Struct("<4sLQL")
END = struct.Struct("<4s4H2LH")

PLAIN, ZIP64 = 20, 45  # the version of ZIP that a reader must know
UNIX = 3 << 8  # wherever it is written
A_PLAIN_FILE = 0o100644 << 16
UTF_8 = 1 << 11  # flag bit: in which the names are
DEFLATED = 8
THE_SAME_ALWAYS = 0, 1 << 5 | 1  # midnight of 1980-01-01, as early as ZIP can say


def deflation():
    """What deflates, as one stream without a head (RFC 1951)."""
    return zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)


class Part:
    """What a member is to hold: hashed and deflated as it comes, and kept in the empty `file`."""

    def __init__(self, file):
        self.file = file
        self.sha256 = hashlib.sha256()
        self.crc = self.size = 0
        self._deflate = deflation()

    def write(self, content: bytes):
        self.sha256.update(content)
        self.crc = zlib.crc32(content, self.crc)
        self.size += len(content)
        self.file.write(self._deflate.compress(content))

    def finish(self) -> int:
        """Take no more; how many bytes are kept."""
        self.file.write(self._deflate.flush())
        return self.file.tell()


class Zip:
    """Written to the writable `file`, which needs not be able to go back: that of an object store
    is not. Its directory waits in a nameless file in the folder `scratch`. `tick()` is called again
    and again while parts are copied, and may raise."""

    def __init__(self, file, scratch=None, tick: Callable[[], None] = lambda: None):
        self.file = file
        self.tick = tick
        self.offset = self.members = 0
        self.directory = TemporaryFile(dir=scratch)  # noqa: SIM115 (closed by __exit__)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        with self.directory:
            if error is None:
                self.end()

    def add(self, name: str, content: bytes):
        part = Part(BytesIO())
        part.write(content)
        self.append(name, part)

    def append(self, name: str, part: Part):
        """Add what was written to `part`, to which no more can be."""
        name, numbers = name.encode(), (part.size, part.finish(), self.offset)
        needed, here, more = PLAIN, b"", b""
        size, packed, begin = numbers
        if max(numbers) >= MAX_32:
            size, packed, begin = MAX_32, MAX_32, MAX_32
            needed, here, more = ZIP64, _field_64(*numbers[:2]), _field_64(*numbers)
        about = needed, UTF_8, DEFLATED, *THE_SAME_ALWAYS, part.crc, packed, size, len(name)
        entry = ENTRY.pack(
            b"PK\1\2", UNIX | needed, *about, len(more), 0, 0, 0, A_PLAIN_FILE, begin
        )
        self.directory.write(entry + name + more)
        self._write(MEMBER.pack(b"PK\3\4", *about, len(here)) + name + here)
        self._copy(part.file)
        self.members += 1

    def end(self):
        """Write the directory, and where it is."""
        begin, size = self.offset, self.directory.tell()
        self._copy(self.directory)
        members = self.members
        if members >= MAX_16 or max(begin, size) >= MAX_32:
            end = self.offset
            about = UNIX | ZIP64, ZIP64, 0, 0, members, members, size, begin
            self._write(END_64.pack(b"PK\6\6", END_64.size - 12, *about))
            self._write(LOCATOR_64.pack(b"PK\6\7", 0, end, 1))
        members, size, begin = min(members, MAX_16), min(size, MAX_32), min(begin, MAX_32)
        self._write(END.pack(b"PK\5\6", 0, 0, members, members, size, begin, 0))

    def _copy(self, file):
        file.seek(0)
        while block := file.read(BLOCK):
            self._write(block)
            self.tick()

    def _write(self, content):
        self.file.write(content)
        self.offset += len(content)


def directory_size(file) -> int:
    """How many bytes the directory of the ZIP in the seekable `file` has, as its end says.

    Raises BadZipFile where there is no end like that of ours, which has no comment behind it.
    """
    file.seek(0, SEEK_END)
    file.seek(-min(file.tell(), END_64.size + LOCATOR_64.size + END.size), SEEK_END)
    end_64, locator, end = _cut_from_end(file.read(), LOCATOR_64.size, END.size)
    if len(end) < END.size or end[:4] != b"PK\5\6":
        raise BadZipFile
    size = END.unpack(end)[5]
    if locator[:4] == b"PK\6\7" and end_64[:4] == b"PK\6\6":
        size = max(size, END_64.unpack(end_64)[8])
    return size


def _cut_from_end(content, *sizes):
    """What is before, and then so many bytes each, the last at the end."""
    pieces = []
    for size in reversed(sizes):
        content, piece = content[:-size], content[-size:]
        pieces.insert(0, piece)
    return content, *pieces


def unpacked(file, member: ZipInfo) -> Iterator[bytes]:
    """What the deflated `member` of the ZIP in the seekable `file` holds, in blocks; never more
    than the directory says. The file may be read elsewhere meanwhile.

    Raises BadZipFile, zlib.error, EOFError or ValueError when it is not what the directory says.
    """
    at = _behind_header(file, member)
    end, left, crc = at + member.compress_size, member.file_size, 0
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    while not inflate.eof:
        packed = inflate.unconsumed_tail
        if not packed and at < end:
            file.seek(at)
            packed = file.read(min(BLOCK, end - at))
            at += len(packed)
        block = inflate.decompress(packed, min(BLOCK, left + 1))
        if not packed and not block:
            raise EOFError
        left -= len(block)
        if left < 0:
            break
        crc = zlib.crc32(block, crc)
        yield block
    if left or at != end or inflate.unused_data or crc != member.CRC:
        raise BadZipFile(member.filename)


def _behind_header(file, member):
    name = member.orig_filename.encode()
    file.seek(member.header_offset)
    header = file.read(MEMBER.size + len(name))
    if len(header) != MEMBER.size + len(name):
        raise EOFError
    signature, *_, size, more = MEMBER.unpack_from(header)
    if (signature, size, header[MEMBER.size :]) != (b"PK\3\4", len(name), name):
        raise BadZipFile(member.filename)
    return member.header_offset + len(header) + more


def _field_64(*numbers):
    return struct.pack(f"<2H{len(numbers)}Q", 1, len(numbers) * 8, *numbers)
