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


def test_changes_are_those_since_the_last_that_reached_them(posts, alice, folder, capsys):
    Post.objects.update(timestamp="2026-01-01T00:00:00Z")
    base = Export(owner=alice, attached=True)
    for name, value in base.snapshot().items():
        setattr(base, name, value)
    base.published_at = base.snapshot_at
    base.save()
    posts[0].delete()
    call_command("export", "alice", changes=True)
    call_command("verify_archive", "microblog-alice-changes.zip")
    said = capsys.readouterr().out
    assert "0 posts: microblog-alice-changes.zip" in said
    assert "Only what has changed since" in said
    assert "deletions: 1" in said


def test_without_one_there_are_no_changes(posts, folder):
    with pytest.raises(CommandError, match="take out everything first"):
        call_command("export", "alice", changes=True)
    assert not list(folder.iterdir())


def test_what_does_not_add_up_is_not_kept(posts, folder, monkeypatch):
    monkeypatch.setattr(Export, "explains", lambda export, count: False)
    with pytest.raises(CommandError, match="not as many posts"):
        call_command("export", "alice")
    assert not list(folder.iterdir())


def test_of_nobody_there_is_nothing(db, folder):
    with pytest.raises(CommandError, match="Nobody is named carol"):
        call_command("export", "carol")


@pytest.mark.parametrize(("content", "words"), [(b"no", "no ZIP"), (None, "No such file")])
def test_what_is_no_archive_is_refused_in_words(content, words, folder):
    if content:
        (folder / "a.zip").write_bytes(content)
    with pytest.raises(CommandError, match=words):
        call_command("verify_archive", "a.zip")
