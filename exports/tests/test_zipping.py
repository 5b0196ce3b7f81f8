import os
import subprocess
import sys
import zlib
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import pytest

from exports.zipping import Zip, unpacked

from .large import POSTS, Zeros

BASE = Path(__file__).parents[2]
FAR = 5 << 30  # bytes; beyond what ZIP's old fields can say
MEMBERS = {"a.txt": b"Hello", "b/雲.txt": "雲".encode() * 1000, "empty": b""}


def written(file, members=MEMBERS, at=0):
    file.seek(at)
    with Zip(file) as archive:
        archive.offset = at
        for name, content in members.items():
            archive.add(name, content)
    return file


def read_all(file):
    with ZipFile(file) as archive:
        return {each.filename: b"".join(unpacked(file, each)) for each in archive.infolist()}


def test_what_was_written_is_read():
    assert read_all(written(BytesIO())) == MEMBERS
    assert read_all(written(BytesIO(), {})) == {}


def test_it_is_the_same_for_the_library():
    with ZipFile(written(BytesIO())) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == MEMBERS
        assert {each.date_time for each in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {each.external_attr >> 16 for each in archive.infolist()} == {0o100644}


def test_members_that_lie_beyond_4_gib_are_found(tmp_path):
    path = tmp_path / "a.zip"
    with path.open("wb+") as file:  # with a hole at its beginning, which takes no room
        assert read_all(written(file, at=FAR)) == MEMBERS
    with ZipFile(path) as archive:
        assert archive.testzip() is None
        assert all(each.header_offset >= FAR for each in archive.infolist())
    subprocess.run(["unzip", "-q", "-t", path], check=True)


@pytest.mark.parametrize("change", [-1, 1])
@pytest.mark.parametrize("field", ["file_size", "compress_size", "CRC", "header_offset"])
def test_a_member_that_is_not_what_the_directory_says_is_refused(field, change):
    file = written(BytesIO())
    with ZipFile(file) as archive:
        member = archive.getinfo("b/雲.txt")
    setattr(member, field, getattr(member, field) + change)
    with pytest.raises((BadZipFile, zlib.error, EOFError)):
        for block in unpacked(file, member):
            assert len(block) <= member.file_size


def test_a_member_that_is_cut_off_is_refused():
    file = written(BytesIO())
    with ZipFile(file) as archive:
        member = archive.getinfo("b/雲.txt")
    for end in range(member.header_offset, member.header_offset + member.compress_size):
        with pytest.raises((BadZipFile, zlib.error, EOFError)):
            list(unpacked(BytesIO(file.getvalue()[:end]), member))


@pytest.mark.slow
def test_more_members_than_16_bits_can_count(tmp_path):
    grown = pack_and_verify("markdown/", tmp_path)
    assert grown < POSTS / 1024 + 16  # 1 KiB for each in the directory, while it is verified
    with ZipFile(tmp_path / "a.zip") as archive:
        assert len(archive.namelist()) > POSTS > 1 << 16
        assert archive.read("README.txt") == b"Behind all others.\n"


@pytest.mark.slow
@pytest.mark.lasts(100)
@pytest.mark.timeout(900)
def test_a_member_of_more_bytes_than_32_bits_can_count(tmp_path):
    grown = pack_and_verify("zeros", tmp_path)
    assert grown < 2 * len(Zeros.content) / (1 << 20) + 16
    with ZipFile(tmp_path / "a.zip") as archive:
        assert archive.getinfo("zeros").file_size == POSTS << 16 > 1 << 32
        assert archive.read("README.txt") == b"Behind all others.\n"


def pack_and_verify(name, folder):
    """By how many MiB it grew who did it. Another program then finds the archive whole."""
    command = [sys.executable, "-m", "exports.tests.large", name, "a.zip"]
    environment = os.environ | {"PYTHONPATH": str(BASE)}
    grown = subprocess.check_output(command, cwd=folder, env=environment)
    subprocess.run(["unzip", "-q", "-t", "a.zip"], cwd=folder, check=True)
    return float(grown)
