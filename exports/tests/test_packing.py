import hashlib
import subprocess
from functools import partial
from io import BytesIO
from zipfile import ZipFile

import pytest

from exports import packing, verifying
from exports.formats import BY_NAME, FORMATS

from .samples import ABOUT, ITEMS, POSTS, chunked


def source(posts=POSTS, size=100, **more):
    return packing.Source(
        ABOUT,
        {kind: partial(chunked, items, size) for kind, items in (ITEMS | {"posts": posts}).items()},
        files=[("media/avatar.webp", b"picture")],
        last=lambda formats: [verifying.about_json(ABOUT, formats), ("README.txt", b"Read me.\n")],
        **more,
    )


def pack(*args, **kwargs) -> bytes:
    file = BytesIO()
    packing.pack(file, source(*args, **kwargs))
    return file.getvalue()


@pytest.fixture(scope="module")
def packed():
    return pack()


def test_all_formats_are_in_it_and_each_has_all(packed):
    archive = ZipFile(BytesIO(packed))
    names = archive.namelist()
    for format in FORMATS:
        found = [name for name in names if name.startswith(format.name)]
        assert found, format.name
        if format.name in names:
            assert format.count([archive.read(format.name)]) == len(ITEMS[format.of])
    posts = [name for name in names if name.startswith("markdown/content/posts/")]
    assert len(posts) == len(POSTS)
    assert archive.read("media/avatar.webp") == b"picture"


def test_other_programs_find_it_whole(packed, tmp_path):
    (tmp_path / "a.zip").write_bytes(packed)
    for command in [
        "unzip -q -t a.zip",
        "unzip -q a.zip",
        "sha256sum --quiet -c " + packing.MANIFEST,
    ]:
        subprocess.run(command.split(), cwd=tmp_path, check=True)
    listed = (tmp_path / packing.MANIFEST).read_text().splitlines()
    assert len(listed) == len(ZipFile(BytesIO(packed)).namelist()) - 1


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_same_things_give_the_same_bytes(packed, size):
    assert pack(size=size) == packed


def test_it_can_be_written_where_nothing_can_be_read_again(packed):
    class Forward:
        def __init__(self):
            self.digest = hashlib.sha256()

        def write(self, content):
            self.digest.update(content)
            return len(content)

        def flush(self):
            pass

    file = Forward()
    packing.pack(file, source())
    assert file.digest.digest() == hashlib.sha256(packed).digest()


def test_what_breaks_it_off_leaves_nothing_in_the_scratch_folder(tmp_path):
    def tick():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        packing.pack(BytesIO(), source(tick=tick), scratch=tmp_path)
    assert not list(tmp_path.iterdir())


def test_one_format_alone_is_an_archive_too():
    file = BytesIO()
    packing.pack(file, source(), [BY_NAME["markdown/"]], {})
    verified = verifying.verify(file)
    assert verified.counts == {"posts": len(POSTS)}


def test_of_nothing_it_is_a_whole_one_too():
    verified = verifying.verify(BytesIO(pack(posts=[])))
    assert verified.about["items"]["posts"] == 0
