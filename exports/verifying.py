"""Whether an archive is whole, whose it is, and of when: of our own right after it was written, and
of whatever somebody hands in. Nothing is unpacked to the disk, and memory is bounded but for the
ZIP's own directory."""

import hashlib
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, UTC, datetime
from zipfile import ZIP_DEFLATED, BadZipFile, ZipFile

import orjson
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from .formats import BY_NAME, Damaged
from .packing import MANIFEST, lines
from .tally import adds_up
from .zipping import directory_size, unpacked

ABOUT = "archive.json"
ABOUT_MAX = 1 << 20  # bytes
DIRECTORY_MAX = 8 << 20  # bytes; so many as 70,000 posts have
VERSION = 1
ENCRYPTED = 0x1  # flag bit


WORDS = {
    "damaged": _("It is no ZIP archive, or it is cut off or damaged."),
    "no_manifest": _("It is not an archive of Microblog: it has no manifest at its end."),
    "not_as_listed": _("A file in it is not what the manifest says: it was changed or damaged."),
    "missing": _("A file is missing that the manifest names."),
    "name": _("A file in it has a name that leads outside of the archive. Do not unpack it."),
    "too_large": _("It unpacks to more than is looked at here. Ask who runs this site."),
    "not_ours": _("It is not an archive of Microblog."),
    "too_new": _("It is an archive of a newer version of Microblog."),
    "count": _("A file in it has not as many entries as the archive says."),
    "tally": _("The numbers of posts in it do not add up."),
}


class Refused(Exception):
    """It is no whole archive of ours. `reason`: one of WORDS; `member`: where, if about one."""

    def __init__(self, reason: str, member: str = ""):
        super().__init__(f"{reason}: {member}" if member else reason)
        self.reason = reason
        self.member = member

    @property
    def words(self) -> str:
        """What is wrong, in the reader's language."""
        return f"{WORDS[self.reason]} ({self.member})" if self.member else str(WORDS[self.reason])


@dataclass
class Verified:
    """about: what `archive.json` says; counts: the items that were found, by their kind."""

    about: dict
    counts: dict = field(default_factory=dict)

    @property
    def updated(self) -> datetime | None:
        """When the newest thing in it was made."""
        return _moment(self.about["updated"])

    @property
    def changes_since(self) -> datetime | None:
        """Since when what has changed is in it, if that is all."""
        return _moment(self.about.get("changes_since", ""))


def _moment(text):
    """In UTC. None of what is none, or in a year that another zone may not have: anybody may have
    written it."""
    with suppress(ValueError, OverflowError, AttributeError):
        moment = parse_datetime(text).astimezone(UTC)
        return moment if MINYEAR < moment.year < MAXYEAR else None
    return None


def about_json(about, formats, **more) -> tuple[str, bytes]:
    """(name, content) of what an archive says of itself; `formats`: those that have written all."""
    document = {
        "format": "microblog-archive",
        "version": VERSION,
        "site": about.site,
        "username": about.username,
        "updated": about.updated,
        "items": {each.of: each.written for each in formats},
        "losses": {each.name: dict(each.losses) for each in formats if each.losses},
        **more,
    }
    return ABOUT, orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def verify(file, limit: int | None = None) -> Verified:
    """Read the whole archive in the seekable binary `file`: each member's bytes against the
    manifest, and its items against what the archive says of itself. `limit`: how many bytes it may
    unpack to.

    Raises Refused.
    """
    try:
        if limit is not None and directory_size(file) > DIRECTORY_MAX:
            raise Refused("too_large")  # before there is an object for each of its members
        with ZipFile(file) as archive:
            return _Verification(file, archive, limit).run()
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, Damaged) as error:
        raise Refused("damaged") from error


class _Verification:
    def __init__(self, file, archive, limit):
        self.file = file
        self.archive = archive
        self.limit = limit
        self.about = None
        self.found = Counter()  # by the name of the format

    def run(self):
        *members, manifest = self.archive.infolist() or [None]
        if manifest is None or manifest.filename != MANIFEST:
            raise Refused("no_manifest")
        self._check(self.archive.infolist())
        told = lines(unpacked(self.file, manifest))
        for member in members:
            if next(told, None) != (member.filename, self._read(member)):
                raise Refused("not_as_listed", member.filename)
        if next(told, None):
            raise Refused("missing")
        return self._compare()

    def _check(self, members):
        """What can be said of them before any is read."""
        end = size = 0
        for member in members:
            name = member.filename
            if name[:1] == "/" or ".." in name.split("/") or "\\" in name or ":" in name:
                raise Refused("name", name)
            if member.flag_bits & ENCRYPTED or member.compress_type != ZIP_DEFLATED:
                raise Refused("damaged", name)
            if member.header_offset < end:  # as in bombs, where one is many
                raise Refused("damaged", name)
            end = member.header_offset + member.compress_size
            size += member.file_size
        if end > self.archive.start_dir:
            raise Refused("damaged")
        if self.limit is not None and size > self.limit:
            raise Refused("too_large")

    def _read(self, member) -> str:
        """Its SHA-256; and count its items."""
        digest = hashlib.sha256()

        def blocks() -> Iterator[bytes]:
            for block in unpacked(self.file, member):
                digest.update(block)
                yield block

        name = member.filename
        format = BY_NAME.get("markdown/" if name.startswith("markdown/content/") else name)
        try:
            if format:
                self.found[format.name] += format.count(blocks())
            elif name == ABOUT and member.file_size <= ABOUT_MAX:
                self.about = orjson.loads(b"".join(blocks()))
            else:
                for _block in blocks():
                    pass
        except (Damaged, orjson.JSONDecodeError) as error:
            raise Refused("damaged", name) from error
        return digest.hexdigest()

    def _compare(self):
        """What was found with what the archive says of itself."""
        match self.about:
            case {"format": "microblog-archive", "version": int(version)} if version > VERSION:
                raise Refused("too_new")
            case {
                "format": "microblog-archive",
                "site": str(),
                "username": str(),
                "updated": str(),
                "items": dict(items),
            } if isinstance(self.about.get("changes_since", ""), str):
                pass
            case _other:
                raise Refused("not_ours")
        posts = self.about.get("posts")  # older archives do not have it
        if posts is not None and not (adds_up(posts) and posts["exported"] == items.get("posts")):
            raise Refused("tally")
        for name, count in self.found.items():
            if items.get(BY_NAME[name].of) != count:
                raise Refused("count", name)
        return Verified(self.about, {BY_NAME[name].of: n for name, n in self.found.items()})
