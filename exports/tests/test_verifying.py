import struct
import zlib
from datetime import UTC, datetime
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from exports import packing, verifying, zipping

from .samples import ITEMS, POSTS
from .test_packing import pack


@pytest.fixture(scope="module")
def packed():
    return pack(posts=POSTS[:20])


def refused(content, **limits):
    with pytest.raises(verifying.Refused) as error:
        verifying.verify(BytesIO(content), **limits)
    return error.value.reason, error.value.member


def rewritten(packed, change):
    """The archive with each member's (name, content) as `change` gives it; None leaves it out."""
    file = BytesIO()
    with ZipFile(BytesIO(packed)) as old, ZipFile(file, "w", ZIP_DEFLATED) as new:
        for name in old.namelist():
            if changed := change(name, old.read(name)):
                new.writestr(*changed)
    return file.getvalue()


def test_a_whole_one_says_whose_it_is_and_what_is_in_it(packed):
    verified = verifying.verify(BytesIO(packed))
    assert verified.about["username"] == "Ana_1"
    assert verified.about["site"] == "https://example.org"
    expected = {kind: len(items) for kind, items in ITEMS.items()} | {"posts": 20}
    assert verified.counts == verified.about["items"] == expected


@pytest.mark.parametrize(
    "content", [b"", b"no archive", b"PK\x05\x06" + 18 * b"\0", b"PK\x03\x04" * 99]
)
def test_what_is_no_archive_is_refused(content):
    assert refused(content)[0] in {"damaged", "no_manifest"}


def test_a_truncated_one_is_refused_wherever_it_was_cut(packed):
    for end in range(0, len(packed), max(1, len(packed) // 97)):
        assert refused(packed[:end])[0] == "damaged"


def test_a_flipped_byte_is_found_wherever_it_is(packed):
    for at in range(0, len(packed), max(1, len(packed) // 197)):
        flipped = bytearray(packed)
        flipped[at] ^= 0x20
        try:
            verifying.verify(BytesIO(flipped))
        except verifying.Refused:
            continue
        # Nothing that is said of a file or in it: attributes, times, or a version number
        with ZipFile(BytesIO(flipped)) as archive, ZipFile(BytesIO(packed)) as original:
            assert all(archive.read(name) == original.read(name) for name in original.namelist())


def test_a_member_that_is_not_as_listed_is_named(packed):
    def change(name, content):
        return name, content + b" " if name == "README.txt" else content

    assert refused(rewritten(packed, change)) == ("not_as_listed", "README.txt")


def test_a_member_that_is_missing_or_added_is_found(packed):
    def without_feed(name, content):
        return (name, content) if name != "feed.json" else None

    assert refused(rewritten(packed, without_feed))[0] == "not_as_listed"

    def without_manifest(name, content):
        return (name, content) if name != "manifest-sha256.txt" else None

    assert refused(rewritten(packed, without_manifest))[0] == "no_manifest"


@pytest.mark.parametrize("name", ["/etc/passwd", "../up", "a/../../b", "c:\\d", "\\\\host\\share"])
def test_names_that_lead_outside_are_refused(packed, name):
    def change(old, content):
        return (name if old == "feed.json" else old), content

    assert refused(rewritten(packed, change)) == ("name", name)


def test_what_unpacks_to_too_much_is_refused_at_once(monkeypatch):
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(200_000_000))
        archive.writestr("manifest-sha256.txt", b"")
    monkeypatch.setattr(verifying, "unpacked", None)  # nothing is
    assert refused(file.getvalue(), limit=100_000_000) == ("too_large", "")


def test_a_directory_of_too_many_members_is_not_even_read(packed, monkeypatch):
    monkeypatch.setattr(verifying, "ZipFile", None)
    monkeypatch.setattr(verifying, "DIRECTORY_MAX", 100)
    assert refused(packed, limit=100_000_000) == ("too_large", "")
    # In a ZIP64 the old fields may say anything.
    end = zipping.END_64.pack(b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, 101, 0)
    end += zipping.LOCATOR_64.pack(b"PK\6\7", 0, 0, 1)
    end += zipping.END.pack(b"PK\5\6", 0, 0, 1, 1, 1, 0, 0)
    assert refused(end, limit=100_000_000) == ("too_large", "")
    assert refused(end[:-1], limit=100_000_000) == ("damaged", "")


def test_a_bomb_that_lies_about_its_size_unpacks_to_no_more_than_it_says():
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(200_000_000))
        archive.writestr("manifest-sha256.txt", b"0" * 64 + b"  bomb\n")
    content = bytearray(file.getvalue())
    true, lie = struct.pack("<L", 200_000_000), struct.pack("<L", 1_000)
    content = content.replace(true, lie)
    assert zlib.crc32(bytes(1_000)) != zlib.crc32(bytes(200_000_000))
    assert refused(content, limit=100_000)[0] in {"damaged", "not_as_listed"}


def test_a_bomb_in_which_one_member_is_many_is_refused(monkeypatch):
    file = BytesIO()
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(1_000_000))
        archive.filelist *= 1_000
        archive.writestr("manifest-sha256.txt", b"")
    monkeypatch.setattr(verifying, "unpacked", None)
    assert refused(file.getvalue()) == ("damaged", "bomb")


def test_items_that_the_archive_does_not_own_up_to_are_found(packed):
    def change(name, content):
        return name, content.replace(b'"posts": 20', b'"posts": 19')

    file = BytesIO()
    with ZipFile(BytesIO(packed)) as old, packing.Zip(file) as new:
        for name in old.namelist()[:-1]:
            new.add(*change(name, old.read(name)))
    assert refused(file.getvalue())[0] == "count"


def test_an_archive_of_a_later_version_is_told_apart(packed):
    file = BytesIO()
    with ZipFile(BytesIO(packed)) as old, packing.Zip(file) as new:
        for name in old.namelist()[:-1]:
            new.add(name, old.read(name).replace(b'"version": 1', b'"version": 2'))
    assert refused(file.getvalue())[0] == "too_new"


@pytest.mark.parametrize("key", [b"username", b"site", b"updated", b"items", b"format"])
def test_one_that_does_not_say_whose_it_is_is_none_of_ours(packed, key):
    file = BytesIO()
    with ZipFile(BytesIO(packed)) as old, packing.Zip(file) as new:
        for name in old.namelist()[:-1]:
            content = old.read(name)
            new.add(name, content.replace(key, b"x") if name == verifying.ABOUT else content)
    assert refused(file.getvalue())[0] == "not_ours"


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05+08:00", datetime(2026, 1, 1, 19, 4, 5, tzinfo=UTC)),
        # Elsewhere it is another year, which there is not.
        ("9999-12-31T23:59:59Z", None),
        ("0001-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+08:00", None),
        ("yesterday", None),
    ],
)
def test_a_moment_may_be_any_that_anybody_wrote(said, moment):
    assert verifying.Verified({"updated": said}).updated == moment


@pytest.mark.parametrize(
    "posts",
    [
        b"3",
        b"{}",
        b'{"at_snapshot":20,"exported":20,"skipped":{"x":1},"failed":0,"added":0}',
        b'{"at_snapshot":20,"exported":20,"skipped":{"x":"1"},"failed":0,"added":0}',
        b'{"at_snapshot":19,"exported":19,"skipped":{},"failed":0,"added":0}',
    ],
)
def test_a_tally_that_is_not_right_is_found(packed, posts):
    assert refused(about_with(packed, b'"posts":' + posts))[0] == "tally"


def test_a_tally_that_is_right_is_fine(packed):
    posts = b'{"at_snapshot":21,"exported":20,"skipped":{"x":2},"failed":0,"added":1}'
    about = verifying.verify(BytesIO(about_with(packed, b'"posts":' + posts))).about
    assert about["posts"]["skipped"] == {"x": 2}


def test_changes_since_no_moment_are_none_of_ours(packed):
    assert refused(about_with(packed, b'"changes_since":{}'))[0] == "not_ours"


def about_with(packed, more):
    """The archive, saying this too of itself."""
    file = BytesIO()
    with ZipFile(BytesIO(packed)) as old, packing.Zip(file) as new:
        for name in old.namelist()[:-1]:
            content = old.read(name)
            if name == verifying.ABOUT:
                content = content.replace(b"{", b"{" + more + b",", 1)
            new.add(name, content)
    return file.getvalue()
