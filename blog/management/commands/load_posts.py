"""Posts from JSON Lines (https://jsonlines.org): UTF-8, one object a line. In constant memory."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import orjson
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, reset_queries
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from accounts.models import User
from blog.models import Post

LINE_MAX = 65_536  # bytes with the line's end; the longest post takes about 8,000
BATCH = 2_000  # posts saved at once


class Refused(Exception):
    """Why a line can't be a post, for a person to read."""


class Command(BaseCommand):
    @property
    def help(self):
        return _(
            'Loads posts from JSON Lines: objects of "body" (or "text"), "timestamp" and "title"'
            " (if they have any). A line that can't be taken is named, and the rest goes on."
        )

    def add_arguments(self, parser):
        parser.add_argument("file", help=_("The file; - is the standard input."))
        parser.add_argument("--author", required=True, help=_("The user name of who wrote them."))

    def handle(self, *, file, author, **options):
        self.author = User.objects.named(author).first()
        if self.author is None:
            raise CommandError(_("Nobody is named %(author)s.") % {"author": author})
        self.loaded = self.refused = self.last_line = 0
        try:
            with opened(file) as source:
                self.load(source)
        except KeyboardInterrupt:
            raise CommandError(self.stopped(), returncode=130) from None  # as shells do for SIGINT
        except (OSError, DatabaseError) as error:
            raise CommandError(f"{error}\n{self.stopped()}") from error
        if self.refused:
            raise CommandError(self.summary())
        self.stdout.write(self.summary())

    def load(self, source):
        """Save the posts of the binary stream `source`; name bad lines on standard error."""
        times, posts, number = increasing_times(), [], 0
        size = os.fstat(source.fileno()).st_size or None  # a pipe has none
        # disable=None: a bar only on a terminal
        with tqdm(total=size, unit="B", unit_scale=True, disable=None, file=sys.stderr) as bar:
            for number, line in enumerate(read_lines(source, bar), 1):
                try:
                    posts += parse(line, self.author, times)
                except Refused as reason:
                    self.refused += 1
                    bar.clear()
                    self.stderr.write(
                        _("Line %(number)d: %(reason)s") % {"number": number, "reason": reason}
                    )
                if len(posts) >= BATCH:
                    self.save(posts, number)
                    posts = []
            self.save(posts, number)

    def save(self, posts, number):
        """Save `posts`: now all up to line `number` are."""
        with uninterrupted():
            Post.objects.add(posts)
            self.loaded += len(posts)
            self.last_line = number
        reset_queries()  # with DEBUG, Django keeps the texts of the last 9,000

    def summary(self):
        loaded = ngettext("%(count)d post loaded.", "%(count)d posts loaded.", self.loaded)
        refused = ngettext("%(count)d line refused.", "%(count)d lines refused.", self.refused)
        said = loaded % {"count": self.loaded}
        return f"{said} {refused % {'count': self.refused}}" if self.refused else said

    def stopped(self):
        return ngettext(
            "Stopped. %(count)d post is loaded, from the lines up to %(number)d.",
            "Stopped. %(count)d posts are loaded, from the lines up to %(number)d.",
            self.loaded,
        ) % {"count": self.loaded, "number": self.last_line}


@contextmanager
def opened(file: str):
    """The binary stream of this name. Raises CommandError when there is none."""
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = open(file, "rb")  # noqa: SIM115 (closed below; errors while reading are others)
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
    with stream:
        yield stream


@contextmanager
def uninterrupted():
    """Ctrl-C waits for the end of the block. Between a commit and the note of it, it would make a
    lie of that note."""
    waiting = []
    handler = signal.signal(signal.SIGINT, lambda *signalled: waiting.append(signalled))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
    if waiting and callable(handler):
        handler(*waiting[0])


def increasing_times() -> Iterator[datetime]:
    """The time it is, each time later than before: posts without a time keep their order."""
    last = timezone.now()
    while True:
        yield last
        last = max(timezone.now(), last + timedelta.resolution)


def read_lines(source, bar) -> Iterator[bytes]:
    """The lines of `source` with their ends. Of a line longer than LINE_MAX there is only as much
    as shows that it is. Tells `bar` how many bytes were read."""
    while line := source.readline(LINE_MAX + 1):
        bar.update(len(line))
        yield line
        while len(line) > LINE_MAX and not line.endswith(b"\n"):
            line = source.readline(LINE_MAX + 1)
            bar.update(len(line))


def parse(line: bytes, author, times) -> list[Post]:
    """The unsaved post of this line; none of a blank line. Raises Refused.

    times: an iterator of datetimes for posts that have none.
    """
    if len(line) > LINE_MAX:
        raise Refused(_("longer than %(limit)d bytes") % {"limit": LINE_MAX})
    if line.isspace():
        return []
    try:
        item = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise Refused(_("not JSON: %(reason)s") % {"reason": error.msg}) from error
    if not isinstance(item, dict):
        raise Refused(_("not an object"))
    post = Post(
        author=author,
        title=text(item, "title"),
        body=text(item, "body") or text(item, "text"),
        timestamp=text(item, "timestamp") or next(times),
    )
    try:
        post.clean_fields(exclude={"author"})  # whom it would look up for each post
        post.timestamp = in_utc(post.timestamp)
    except ValidationError as error:
        reasons = [f"{name}: {' '.join(why)}" for name, why in error.message_dict.items()]
        raise Refused(" ".join(reasons)) from error
    return [post]


def text(item: dict, name: str) -> str:
    """`item[name]`, or "" where it is missing or null. Raises Refused when it is anything else."""
    value = item.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused(_("%(name)s is not a string") % {"name": name})
    return value or ""


def in_utc(moment: datetime) -> datetime:
    """A naive time is taken as UTC. Raises ValidationError outside of the years 1 to 9999."""
    if timezone.is_naive(moment):
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValidationError({"timestamp": _("There is no such year.")}) from error
