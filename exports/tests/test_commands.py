import json

import pytest
from django.core.management import CommandError, call_command

from blog.models import Post
from exports.models import Export
from tasks.models import Task


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def posts(alice):
    return [Post.objects.create(author=alice, body=f"post {number}") for number in range(3)]


def test_an_archive_is_written_and_is_whole(posts, folder, capsys):
    call_command("export", "Alice")
    call_command("verify_archive", "microblog-alice.zip")
    said = capsys.readouterr().out
    assert "3 posts: microblog-alice.zip" in said
    assert "The archive is whole." in said
    assert "@alice, http://127.0.0.1:8000" in said
    assert "posts: 3" in said
    assert not Export.objects.exists()
    assert not Task.objects.exists()


def test_a_format_goes_where_it_is_told(posts, folder):
    call_command("export", "alice", format="posts.json", to=folder / "mine.json")
    assert len(json.loads((folder / "mine.json").read_bytes())["posts"]) == 3
    assert [path.name for path in folder.iterdir()] == ["mine.json"]


def test_nothing_is_written_over(posts, folder):
    (folder / "microblog-alice.zip").write_text("mine")
    with pytest.raises(CommandError, match="exists"):
        call_command("export", "alice")
    assert [path.read_text() for path in folder.iterdir()] == ["mine"]


def test_of_nobody_there_is_nothing(db, folder):
    with pytest.raises(CommandError, match="Nobody is named carol"):
        call_command("export", "carol")


@pytest.mark.parametrize(("content", "words"), [(b"no", "no ZIP"), (None, "No such file")])
def test_what_is_no_archive_is_refused_in_words(content, words, folder):
    if content:
        (folder / "a.zip").write_bytes(content)
    with pytest.raises(CommandError, match=words):
        call_command("verify_archive", "a.zip")
