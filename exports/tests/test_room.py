"""Disks that have no room for an export."""

import logging
from collections import namedtuple
from pathlib import Path

import pytest
from django.core.files import File
from django.core.files.storage import FileSystemStorage

from exports import archive, jobs
from exports.models import Export
from exports.refusals import NoRoom
from tasks.models import State, Task

Usage = namedtuple("Usage", "total used free")


class Disks:
    """What the disks say that is free on them: so many bytes."""

    def __init__(self):
        self.free = 1 << 40
        self.elsewhere = 1 << 40  # of the one of ELSEWHERE

    def usage(self, folder):
        other = folder.stat().st_dev == ELSEWHERE.stat().st_dev
        return Usage(1 << 41, 0, self.elsewhere if other else self.free)


ELSEWHERE = Path("/dev/shm")  # another disk than that of the tests


@pytest.fixture
def disks(monkeypatch, settings):
    disks = Disks()
    monkeypatch.setattr(archive.shutil, "disk_usage", disks.usage)
    settings.EXPORT_RESERVE_BYTES = 1_000
    return disks


@pytest.fixture
def cached(settings):
    """A cache that is there."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": "room"}}
    yield
    archive.cache.clear()


@pytest.fixture
def full_disk(monkeypatch):
    """The kernel's own: whoever writes hears ENOSPC."""

    def open_full(storage, name, mode="rb"):
        return File(open("/dev/full", mode, buffering=0))

    monkeypatch.setattr(FileSystemStorage, "_open", open_full)


class TestEnsureRoom:
    def test_what_is_to_stay_free_is_left(self, disks):
        disks.free = 1_100
        archive.ensure_room(100, 0)
        with pytest.raises(NoRoom):
            archive.ensure_room(101, 0)

    def test_on_one_disk_both_need_room(self, disks):
        disks.free = 1_200
        archive.ensure_room(100, 100)
        with pytest.raises(NoRoom):
            archive.ensure_room(101, 100)

    def test_the_parts_may_lie_on_another_disk(self, disks, settings):
        settings.EXPORT_SCRATCH_DIR = ELSEWHERE / "not" / "made" / "yet"
        disks.elsewhere = 1_100
        archive.ensure_room(5_000, 100)
        with pytest.raises(NoRoom, match="/dev/shm/not/made/yet: 1100 bytes are free"):
            archive.ensure_room(5_000, 101)

    def test_on_its_way_to_an_object_store_it_needs_room_too(self, disks, monkeypatch, settings):
        monkeypatch.setattr(archive, "root", lambda: None)
        settings.EXPORT_SCRATCH_DIR = ELSEWHERE
        disks.free, disks.elsewhere = 0, 1_200
        archive.ensure_room(100, 100)
        with pytest.raises(NoRoom, match="/dev/shm"):
            archive.ensure_room(101, 100)

    def test_admins_are_told_once_an_hour_what_to_do(self, disks, cached, settings, mailoutbox):
        settings.ADMINS = [("Admin", "admin@example.com")]
        disks.free = 5
        for _ in range(3):
            with pytest.raises(NoRoom):
                archive.ensure_room(100, 0)
        (mail,) = mailoutbox
        for words in (str(archive.root()), "5 bytes are free", "needs 1100", "Free some space"):
            assert words in mail.body.replace("\n", " ")

    def test_without_the_cache_they_are_told_each_time(self, disks, caplog):
        disks.free = 0
        for _ in range(2):
            with pytest.raises(NoRoom):
                archive.ensure_room(1, 0)
        told = [record for record in caplog.records if record.name == "exports.archive"]
        assert [record.levelno for record in told] == [logging.ERROR] * 2


class TestStart:
    def test_it_is_refused_in_words_and_loses_nothing(self, alices, disks):
        disks.free = 10_000
        answer = alices.post("/exports/", {"contents": "archive", "since": "2026-01-02"})
        page = answer.content.decode()
        assert "There is no room for this export just now" in page
        assert 'value="archive" selected' in page
        assert 'value="2026-01-02"' in page
        assert not Task.objects.exists()
        assert not Export.objects.exists()

    def test_what_is_smaller_may_still_have_room(self, alices, disks):
        disks.free = 10_000
        alices.post("/exports/", {"contents": "posts.json"})
        assert Export.objects.get()


class TestJob:
    def work(self, export):
        Task.objects.update(not_before=None)
        jobs.export_posts(str(export.task_id))
        return Export.objects.get()

    def test_it_waits_for_room(self, export, disks):
        disks.free = 0
        waiting = self.work(export)
        assert (waiting.task.state, waiting.task.reason) == (State.QUEUED, "no_room")
        assert "no room" in str(waiting.task.reason_label)
        assert not archive.storage().exists(export.folder)
        disks.free = 1 << 40
        assert self.work(export).task.state == State.SUCCEEDED

    @pytest.mark.parametrize("contents", ["posts.json", "archive", "markdown/"])
    def test_a_disk_that_becomes_full_is_no_crash(self, contents, export, full_disk):
        Export.objects.update(contents=contents)
        waiting = self.work(export)
        assert (waiting.task.state, waiting.task.reason) == (State.QUEUED, "no_room")
        assert "full in the middle of writing" in waiting.task.attempts.get().traceback
        assert not archive.storage().listdir(export.folder)[1]

    def test_at_the_end_it_failed_for_this(self, alices, export, full_disk):
        Task.objects.update(max_attempts=1)
        failed = self.work(export)
        assert (failed.task.state, failed.task.reason) == (State.FAILED, "no_room")
        page = alices.get(f"/exports/{export.pk}/").content.decode()
        assert "There is no room for the file on our disks" in page
        assert "Retry" in page

    def test_another_error_of_the_disk_is_one(self, export, monkeypatch):
        def fail(*args):
            raise OSError(5, "Input/output error")

        monkeypatch.setattr(jobs.contents, "write", fail)
        assert self.work(export).task.reason == "crashed"
