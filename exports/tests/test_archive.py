import hashlib

import pytest

from exports import archive
from exports.formats import Damaged
from exports.formats.posts_json import PostsJson

POSTS = [{"body": "b", "timestamp": "2026-01-02T03:04:05Z"}] * 3


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    storages = dict(settings.STORAGES)
    storages["archives"] = storages["archives"] | {"OPTIONS": {"location": tmp_path}}
    settings.STORAGES = storages
    return tmp_path


def write(name, pieces):
    with archive.new_file(name, lambda file: file.writelines(pieces)) as name:
        return name


def check(name):
    return archive.check(name, lambda file: PostsJson.count([file.read()]))


def test_what_was_written_is_counted_and_hashed_again(folder):
    name = write("e/1.json", PostsJson(about=None).pieces([POSTS]))
    written = (folder / name).read_bytes()
    digest = hashlib.sha256(written).hexdigest()
    assert check(name) == archive.Checked(count=3, size=len(written), sha256=digest)


def test_what_is_broken_off_leaves_no_file(folder):
    def pieces():
        yield b"half of it"
        raise SystemExit

    with pytest.raises(SystemExit):
        write("e/1.json", pieces())
    assert not list((folder / "e").iterdir())


def test_what_is_broken_off_after_the_writing_leaves_no_file(folder):
    with (
        pytest.raises(ZeroDivisionError),
        archive.new_file("e/1.json", lambda file: file.write(b"all")),
    ):
        1 / 0  # noqa: B018
    assert not list((folder / "e").iterdir())


def test_a_file_is_never_written_over(folder):
    first = write("e/1.json", [b"first"])
    second = write("e/1.json", [b"second"])
    assert first != second
    assert (folder / first).read_bytes() == b"first"


def test_a_damaged_file_is_not_checked(folder):
    name = write("e/1.json", [b'{"posts": [\n{"body"'])
    with pytest.raises(Damaged):
        check(name)


def test_only_the_kept_file_stays(folder):
    names = [write(f"e/{number}.json", [b""]) for number in range(3)]
    archive.remove("e", lambda name: name == names[1])
    assert [file.name for file in (folder / "e").iterdir()] == ["1.json"]
    archive.remove("e")
    archive.remove("never-there")
    assert not (folder / "e").exists()
