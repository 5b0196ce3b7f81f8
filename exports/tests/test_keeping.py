import os
import shutil
import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from exports import archive, jobs, keeping
from exports.models import Download, Export
from tasks import lifecycle
from tasks.models import State, Task

from .conftest import written

REMIND = "exports.jobs.remind"
DAY = timedelta(days=1)
UUID = "b8c002dc-aeba-4e87-a3e6-4cc3b39b5b31"


@pytest.fixture(autouse=True)
def nothing_stored():
    """Other tests leave their files."""
    shutil.rmtree(archive.storage().location, ignore_errors=True)


@pytest.fixture
def done(export, mailoutbox):
    """Alice's published export, of which a mail has brought only the link."""
    Export.objects.update(attach=False)
    jobs.export_posts(str(export.task.pk))
    mailoutbox.clear()
    return again(export)


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """`commit(function)`: what it returns, once it is committed and what follows is done."""

    def commit(function):
        with django_capture_on_commit_callbacks(execute=True):
            return function()

    return commit


def again(export):
    return Export.objects.select_related("task", "owner").get(pk=export.pk)


def expires_in(export, **left):
    Export.objects.filter(pk=export.pk).update(expires_at=timezone.now() + timedelta(**left))


def age(name, **passed):
    """Let the file be one that was written so long ago."""
    moment = time.time() - timedelta(**passed).total_seconds()
    os.utime(archive.storage().path(name), (moment, moment))


class TestExpiry:
    def test_it_counts_from_the_publication(self, done, settings):
        assert done.expires_at - done.published_at == 7 * DAY
        assert not done.is_expired

    def test_what_expired_goes_and_its_row_stays(self, done, commit):
        expires_in(done, seconds=-1)
        assert again(done).is_expired
        commit(lambda: list(keeping.remove_expired()))
        over = again(done)
        assert not archive.storage().exists(done.file.name)
        assert not archive.storage().exists(done.folder)
        assert (over.file.name, over.is_over) == ("", True)
        assert (over.count, over.size, over.sha256) == (done.count, done.size, done.sha256)
        assert timezone.now() - over.removed_at < timedelta(minutes=1)

    def test_what_says_no_time_gets_one(self, done):
        Export.objects.update(expires_at=None)
        list(keeping.tidy())
        assert again(done).expires_at - timezone.now() == pytest.approx(7 * DAY, abs=DAY)

    def test_what_did_not_expire_stays(self, done, commit):
        expires_in(done, minutes=1)
        commit(lambda: list(keeping.remove_expired()))
        assert archive.storage().exists(again(done).file.name)

    def test_the_file_goes_only_once_no_row_names_it(
        self, done, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks() as callbacks:
            assert done.remove_file()
            assert archive.storage().exists(done.file.name)
        assert len(callbacks) == 1

    def test_what_a_task_works_on_is_left_for_the_next_time(self, done, commit):
        expires_in(done, seconds=-1)
        Task.objects.update(state=State.QUEUED)
        commit(lambda: list(keeping.remove_expired()))
        assert archive.storage().exists(again(done).file.name)
        Task.objects.update(state=State.FAILED)
        commit(lambda: list(keeping.remove_expired()))
        assert not again(done).file

    def test_it_goes_in_steps(self, done, monkeypatch, alice, commit):
        monkeypatch.setattr(keeping, "CHUNK", 2)
        over = timezone.now() - DAY
        for _ in range(5):
            Export.objects.create(owner=alice, file=written("x/1", b"x"), expires_at=over)
        assert len(commit(lambda: list(keeping.remove_expired()))) == 3
        assert Export.objects.with_file().get() == done

    def test_a_storage_that_is_away_is_no_error_of_who_removes(self, done, commit, monkeypatch):
        def fail(names):
            raise ConnectionError

        monkeypatch.setattr(archive, "delete", fail)
        assert commit(done.remove_file)
        assert not again(done).file

    def test_retry_after_the_file_went_writes_anew_with_a_life_of_its_own(self, done, commit):
        Task.objects.update(state=State.FAILED, reason="not_mailed")
        Export.objects.update(mailed_at=None, attached=None, extended_at=timezone.now())
        commit(done.remove_file)
        over = again(done)
        assert over.retry()
        assert not again(done).is_over
        jobs.export_posts(str(over.task.pk))
        new = again(done)
        assert archive.storage().exists(new.file.name)
        assert new.expires_at - new.published_at == 7 * DAY
        assert (new.removed_at, new.extended_at, new.is_over) == (None, None, False)
        assert (new.sha256, new.attached) == (done.sha256, False)


class TestExtend:
    def test_it_gives_as_much_again_once(self, done):
        assert done.is_extendable
        assert done.extend()
        assert not done.extend()
        longer = again(done)
        assert longer.expires_at - done.expires_at == 7 * DAY
        assert longer.extended_at
        assert not longer.is_extendable

    def test_not_what_has_expired(self, done):
        expires_in(done, seconds=-1)
        assert not again(done).is_extendable
        assert not done.extend()

    def test_not_what_was_removed(self, done):
        done.remove_file()
        assert not again(done).is_extendable
        assert not done.extend()

    def test_not_what_was_never_published(self, export):
        assert not again(export).is_extendable
        assert not export.extend()


class TestRemove:
    def test_there_is_nothing_to_remove_twice(self, done):
        assert done.remove_file()
        moment = again(done).removed_at
        assert not done.remove_file()
        assert again(done).removed_at == moment

    def test_not_while_a_task_works_on_it(self, done):
        Task.objects.update(state=State.RUNNING)
        assert not done.remove_file()
        assert again(done).file

    def test_of_a_task_that_is_forgotten_too(self, done):
        Task.objects.all().delete()
        assert done.remove_file()
        assert again(done).is_over


class TestReminder:
    @pytest.fixture
    def soon(self, done):
        expires_in(done, hours=47)
        return again(done)

    def to_remind(self):
        return list(Export.objects.to_remind())

    def remind(self):
        """Let workers do what the sweep launches."""
        list(keeping.launch_reminders())
        for task in Task.objects.filter(job=REMIND):
            jobs.remind(str(task.pk))
        return Task.objects.filter(job=REMIND)

    def test_it_comes_two_days_before_the_end_and_not_earlier(self, done):
        expires_in(done, hours=49)
        assert not self.to_remind()
        expires_in(done, hours=47)
        assert self.to_remind() == [done]
        expires_in(done, seconds=-1)
        assert not self.to_remind()

    def test_where_files_live_shortly_it_comes_in_the_last_third(self, done, settings):
        settings.EXPORT_KEEP_DAYS = 3
        expires_in(done, hours=25)
        assert not self.to_remind()
        expires_in(done, hours=23)
        assert self.to_remind() == [done]

    def test_it_is_one_mail(self, soon, mailoutbox):
        for _ in range(3):
            tasks = self.remind()
        assert [task.state for task in tasks] == [State.SUCCEEDED]
        (mail,) = mailoutbox
        assert mail.to == ["alice@example.com"]
        assert mail.extra_headers["Message-ID"] == f"<export-reminder-{soon.pk}@127.0.0.1>"
        assert f"/exports/{soon.pk}/" in mail.body
        assert again(soon).reminded_at

    def test_it_says_when_in_the_reader_s_zone(self, soon, mailoutbox, alice):
        alice.time_zone = "Asia/Taipei"
        alice.save()
        Export.objects.update(expires_at=timezone.now().replace(hour=20, minute=0) + DAY)
        self.remind()
        (mail,) = mailoutbox
        for words in (mail.body, mail.alternatives[0][0]):
            assert "4 a.m. CST" in words

    @pytest.mark.parametrize(
        "fields",
        [
            {"attached": True},
            {"reminded_at": datetime(2026, 1, 1, tzinfo=UTC)},
            {"file": ""},
            {"owner__is_active": False},
            {"owner__email": ""},
        ],
        ids=str,
    )
    def test_who_has_it_or_knows_it_or_can_not_be_reached_gets_none(self, soon, alice, fields):
        for name, value in fields.items():
            if name.startswith("owner__"):
                type(alice).objects.update(**{name.removeprefix("owner__"): value})
            else:
                Export.objects.update(**{name: value})
        assert not self.to_remind()

    def test_who_has_fetched_it_gets_none(self, soon):
        Download.objects.create(export=soon)
        assert not self.to_remind()

    def test_where_the_first_mail_failed_it_comes_all_the_more(self, soon):
        Export.objects.update(attached=None, mailed_at=None)
        assert self.to_remind() == [soon]

    @pytest.mark.parametrize("meanwhile", ["downloaded", "extended", "removed"])
    def test_what_happens_before_a_worker_comes_is_heeded(self, soon, mailoutbox, meanwhile):
        list(keeping.launch_reminders())
        if meanwhile == "downloaded":
            Download.objects.create(export=soon)
        elif meanwhile == "extended":
            soon.extend()
        else:
            soon.remove_file()
        (task,) = self.remind()
        assert task.state == State.SUCCEEDED
        assert not mailoutbox
        assert not again(soon).reminded_at

    def test_tasks_are_nobody_s_and_in_the_background(self, soon):
        list(keeping.launch_reminders())
        task = Task.objects.get(job=REMIND)
        assert (task.owner, task.background, task.key) == (None, True, str(soon.pk))


class TestOrphans:
    def remove(self):
        return list(keeping.remove_orphans())

    def test_of_an_export_that_is_gone_all_goes_after_a_day(self, db):
        name = written(f"{uuid.uuid4()}/1", b"half")
        age(name, hours=23)
        self.remove()
        assert archive.storage().exists(name)
        age(name, hours=25)
        self.remove()
        assert not archive.storage().exists(name)
        assert not archive.storage().exists(name.partition("/")[0])

    def test_what_the_row_names_stays_and_what_is_beside_it_goes(self, done):
        beside = written(f"{done.folder}/2", b"half")
        for name in (beside, done.file.name):
            age(name, days=5)
        self.remove()
        assert archive.storage().listdir(done.folder)[1] == [done.file.name.rpartition("/")[2]]
        assert not archive.storage().exists(beside)

    def test_where_a_task_is_at_work_nothing_goes(self, done):
        beside = written(f"{done.folder}/2", b"half")
        age(beside, days=5)
        Task.objects.update(state=State.QUEUED)
        self.remove()
        assert archive.storage().exists(beside)

    @pytest.mark.parametrize("folder", ["lost+found", f"{{{UUID}}}", UUID.replace("-", "")])
    def test_what_is_not_ours_is_left_alone(self, db, folder):
        name = written(f"{folder}/1", b"theirs")
        age(name, days=5)
        self.remove()
        assert archive.storage().exists(name)

    def test_an_empty_folder_goes(self, db):
        name = written(f"{uuid.uuid4()}/1", b"")
        archive.storage().delete(name)
        self.remove()
        assert not archive.storage().exists(name.partition("/")[0])

    @pytest.mark.parametrize("folders", [2, 4])
    def test_it_needs_one_query_for_many(self, db, folders, django_assert_num_queries):
        for _ in range(folders):
            written(f"{uuid.uuid4()}/1", b"half")
        with django_assert_num_queries(1):
            assert len(self.remove()) == 1

    def test_it_goes_in_steps(self, db, monkeypatch):
        monkeypatch.setattr(keeping, "CHUNK", 1)
        for _ in range(2):
            age(written(f"{uuid.uuid4()}/1", b"half"), days=2)
        assert len(self.remove()) == 2
        assert not archive.folders()

    def test_any_storage_will_do(self, db, settings, monkeypatch):
        memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
        settings.STORAGES = settings.STORAGES | {"archives": memory}
        name = archive.storage().save(f"{uuid.uuid4()}/1", ContentFile(b"half"))
        self.remove()
        assert archive.storage().exists(name)
        monkeypatch.setattr(keeping, "ORPHANED_FOR", timedelta(seconds=-1))
        self.remove()
        assert not archive.storage().exists(name)
        assert not archive.folders()

    def test_where_nothing_was_ever_written_there_is_nothing_to_do(self, db):
        assert not self.remove()


def test_a_reminder_that_fails_is_not_launched_again(done, monkeypatch):
    expires_in(done, hours=1)
    list(keeping.launch_reminders())
    task = lifecycle.claim(REMIND, Task.objects.get(job=REMIND).pk)
    lifecycle.fail(task, "not_mailed")
    list(keeping.launch_reminders())
    assert Task.objects.get(job=REMIND) == task
