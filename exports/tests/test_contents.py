from io import BytesIO
from zipfile import ZipFile

import pytest

from blog.models import Message, Post
from exports import contents, jobs
from exports.formats import PHRASES
from exports.models import Export

from .conftest import content


def taken_out(owner, what=contents.ARCHIVE) -> Export:
    export, _ = Export.objects.start(owner, contents=what)
    jobs.export_posts(str(export.task_id))
    return Export.objects.select_related("task").get(pk=export.pk)


@pytest.fixture
def wordy(alice, bob):
    """Alice, who has something of each kind."""
    first = Post.objects.create(author=alice, body="first \x01", title="Title")
    Post.objects.create(author=alice, body="@bob #tag https://example.org", reply_to=first)
    first.revise("Title", "second \x01")
    Message.objects.create(sender=bob, recipient=alice, body="hello")
    alice.following.create(followed=bob)
    alice.followed_by.create(follower=bob)
    alice.mutes.add(bob)
    alice.language = "es"
    alice.save()
    return alice


def test_the_same_things_give_the_same_bytes(wordy):
    assert content(taken_out(wordy)) == content(taken_out(wordy))


def test_the_archive_speaks_the_language_of_its_owner(wordy):
    archive = ZipFile(BytesIO(content(taken_out(wordy))))
    assert "En este archivo hay 2 publicaciones." in archive.read("README.txt").decode()
    assert "editada" in archive.read("index.html").decode()


def test_what_a_standard_forbids_is_owned_up_to(wordy):
    archive = ZipFile(BytesIO(content(taken_out(wordy))))
    assert "feed.atom: 1 publicación" in archive.read("README.txt").decode()


def test_all_that_is_a_person_s_is_in_it_and_nothing_of_others(wordy, bob):
    Post.objects.create(author=bob, body="not hers")
    Message.objects.create(sender=bob, recipient=bob, body="nor this")
    archive = ZipFile(BytesIO(content(taken_out(wordy))))
    everything = b"".join(archive.read(name) for name in archive.namelist())
    for hers in (b"hello", b"first", b"second", b'"muted":["bob"]'):
        assert hers in everything
    for others in (b"not hers", b"nor this", wordy.password.encode()):
        assert others not in everything


def test_what_may_be_handed_in_does_not_limit_what_is_made(wordy, settings):
    settings.VERIFY_UNPACKED_MAX_BYTES = 1
    assert taken_out(wordy).count == 2


def test_the_words_of_the_formats_are_known():
    assert set(contents.WORDS) == set(PHRASES)
