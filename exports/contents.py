"""What an export can hold: the posts in one format, or the archive of all there is."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache, partial

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from . import packing, reading, verifying
from .formats import BY_NAME, DOCUMENTS, FORMATS, About, DeletedJson
from .tally import DELETED, tally
from .zipping import BLOCK

ARCHIVE = "archive"
ARCHIVE_WEIGHT = 8_500, 400, 4  # as those of formats: see formats.base.Format
WORDS = {  # what people read in some of the formats, which know no language
    "Search": _("Search"),
    "No posts.": _("No posts."),
    "edited": _("edited"),
    "in reply to": _("in reply to"),
}


def choices() -> list[tuple[str, str]]:
    """(what the row of an export keeps, what people read)."""
    of_posts = [(each.name, each.name) for each in FORMATS if each.of == "posts"]
    return [of_posts[0], (ARCHIVE, _("Everything, as a ZIP archive")), *of_posts[1:]]


def is_packed(export) -> bool:
    """Whether it is more than one file, and so a ZIP."""
    return export.contents == ARCHIVE or export.contents.endswith("/") or export.is_of_changes


def weigh(contents: str, posts: int, mean: float) -> int:
    """About how many bytes so many posts take, whose texts have `mean` bytes each."""
    once, each, times = ARCHIVE_WEIGHT if contents == ARCHIVE else BY_NAME[contents].weight
    return round(once + posts * (each + times * mean))


def weigh_parts(export, posts: int, mean: float) -> int:
    """As `weigh()`, of what lies in EXPORT_SCRATCH_DIR meanwhile: at most what is to be packed."""
    return weigh(export.contents, posts, mean) if is_packed(export) else 0


def file_name(export) -> str:
    """What its file is called when it is attached or downloaded."""
    if not is_packed(export):
        return export.contents
    what = "" if export.contents == ARCHIVE else f"-{export.contents.strip('/')}"
    what += "-changes" if export.is_of_changes else ""
    return f"microblog-{export.owner.username}{what}.zip"


def content_type(export) -> str:
    if is_packed(export):
        return "application/zip"
    return BY_NAME[export.contents].content_type


def write(export, posts: Iterable[list], tick, file):
    """Write what the export holds to `file`; `posts`: its posts in chunks; `tick()` is called again
    and again, and may raise.

    Raises pictures.Away when the person's picture is to be in it, and can't be read now.
    """
    person = export.owner
    picture = person.read_picture() if export.contents == ARCHIVE else None
    with translation.override(person.language):
        about = _about(export, picture)
        if not is_packed(export):
            return file.writelines(BY_NAME[export.contents](about).pieces(posts))
        source = packing.Source(about, {"posts": lambda: posts}, tick=tick)
        source.last = partial(_last, export, about)
        if export.contents == ARCHIVE:
            formats, documents = FORMATS, DOCUMENTS
            others = reading.messages, reading.following, reading.followers, reading.revisions
            source.items |= {read.__name__: partial(read, person) for read in others}
            source.files = [(about.avatar, picture)] if picture else []
        else:
            formats, documents = [BY_NAME[export.contents], DeletedJson], {}
        if export.is_of_changes:
            source.items["deletions"] = partial(reading.deletions, export)
        scratch = settings.EXPORT_SCRATCH_DIR
        scratch.mkdir(parents=True, exist_ok=True)
        packing.pack(file, source, formats, documents, scratch=scratch)


def count(export, file) -> int:
    """Read the whole written `file` again, and return how many posts there are in it.

    Raises Damaged or verifying.Refused when it is not whole.
    """
    if is_packed(export):
        return verifying.verify(file).about["items"]["posts"]
    return BY_NAME[export.contents].count(iter(partial(file.read, BLOCK), b""))


def _about(export, picture):
    person = export.owner
    return About(
        site=settings.SITE_URL,
        username=person.username,
        name=person.name,
        bio=person.about,
        language=person.language,
        joined=text_of(person.date_joined),
        updated=text_of(export.updated_at),
        avatar=f"media/{person.avatar.name}" if picture else "",
        account=reading.account(person) if export.contents == ARCHIVE else {},
        words={phrase: str(said) for phrase, said in WORDS.items()},
        day=cache(lambda day: date_format(date.fromisoformat(day))),
    )


def text_of(moment) -> str:
    """A moment in UTC as RFC 3339 has it; nothing of none."""
    return moment.isoformat().replace("+00:00", "Z") if moment else ""


def words_of(moment: datetime | None) -> str:
    """A moment in UTC as the reader's language has it; nothing of none."""
    return f"{date_format(moment, 'DATETIME_FORMAT')} UTC" if moment else ""


def _last(export, about, formats):
    """What the archive says of itself, for programs and for people."""
    written = {each.of: each.written for each in formats}
    posts = tally(export.total, written["posts"])
    more = {"contents": export.contents, "posts": posts}
    if export.since or export.until:
        more |= {"since": text_of(export.since), "until": text_of(export.until)}
    if changes_since := text_of(export.changed_since):
        more["changes_since"] = changes_since
    yield verifying.about_json(about, formats, **more)
    context = {"export": export, "about": about, "formats": formats, "written": written}
    context |= {"posts": posts, "skipped": posts["skipped"][DELETED]}
    context |= {"updated": words_of(export.updated_at), "since": words_of(export.changed_since)}
    context |= {"first": words_of(export.since), "last": words_of(export.until)}
    context["losses"] = [(each.name, sum(each.losses.values())) for each in formats if each.losses]
    yield "README.txt", render_to_string("exports/archive/README.txt", context).encode()
