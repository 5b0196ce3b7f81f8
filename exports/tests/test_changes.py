from datetime import timedelta

import pytest
from django.utils import timezone

from blog.models import Post
from exports import jobs
from exports.changes import MARGIN, Changes
from exports.models import Export
from tasks.registry import Refused

LONG_AGO = timedelta(days=30)


def now():
    return timezone.now()


@pytest.fixture
def old(alice):
    """Posts of a month ago."""
    moment = now() - LONG_AGO
    return [Post.objects.create(author=alice, body=f"{n}", timestamp=moment) for n in range(3)]


@pytest.fixture
def base(alice, old):
    """An export of an hour ago that has them and reached Alice."""
    moment = now() - timedelta(hours=1)
    return Export.objects.create(
        owner=alice,
        snapshot_at=moment,
        last_id=old[-1].pk,
        total=3,
        count=3,
        updated_at=old[-1].timestamp,
        published_at=moment,
        attached=True,
    )


def write(alice):
    Post.objects.create(author=alice, body="new")


def write_of_long_ago(alice):
    Post.objects.create(author=alice, body="new", timestamp=now() - 2 * LONG_AGO)


def commit_late(alice):
    """A post with a lower id than the snapshot's highest."""
    Export.objects.update(last_id=Post.objects.latest("pk").pk + 1)
    Post.objects.create(author=alice, body="late", timestamp=Export.objects.get().snapshot_at)


def edit(alice):
    Post.objects.first().revise("", "edited")


def delete(alice):
    Post.objects.first().delete()


def remove(alice):
    Post.objects.first().remove()


def bring_back(alice):
    """One that was gone at the snapshot."""
    post = Post.objects.first()
    post.remove()
    alice.deletions.update(at=now() - LONG_AGO)
    post.restore()


ALL = [write, write_of_long_ago, commit_late, edit, delete, remove, bring_back]


class TestHasChanges:
    @pytest.mark.parametrize("change", ALL)
    def test_all_that_can_happen_to_posts_is_a_change(self, change, alice, base):
        assert not base.has_changes()
        change(alice)
        base.refresh_from_db()
        assert base.has_changes()
        counts = base.changes_since().count()
        assert counts == (
            {"posts": 0, "deleted": 1} if change in (delete, remove) else {"posts": 1, "deleted": 0}
        )

    @pytest.mark.parametrize("change", ALL)
    def test_of_others_it_is_none(self, change, alice, bob, base):
        Post.objects.update(author=bob)
        change(bob)
        assert not base.has_changes()

    def test_what_was_written_or_edited_just_before_the_snapshot_is_in_it(self, alice, old):
        write(alice)
        edit(alice)
        export = Export(owner=alice)
        for name, value in export.snapshot().items():
            setattr(export, name, value)
        assert not export.has_changes()
        assert export.changes_since().count() == {"posts": 0, "deleted": 0}
        Post.objects.last().revise("", "edited after it")
        assert export.has_changes()

    def test_a_post_of_the_future_hides_no_edit(self, alice, base):
        Export.objects.update(updated_at=now() + LONG_AGO)
        edit(alice)
        base.refresh_from_db()
        assert base.has_changes()

    def test_of_an_export_that_has_not_begun_nobody_knows(self, alice):
        assert Export(owner=alice).has_changes()

    def test_it_is_one_query(self, base, django_assert_num_queries):
        with django_assert_num_queries(1):
            base.has_changes()


class TestCount:
    def test_each_post_is_counted_once(self, alice, old):
        write(alice)
        new = Post.objects.last()
        new.revise("", "edited")
        new.remove()
        new.restore()
        edit(alice)
        old[1].delete()
        counts = Changes(alice, old[-1].pk, now() - timedelta(hours=1)).count()
        assert counts == {"posts": 2, "deleted": 1}

    def test_no_more_are_counted_than_are_told(self, alice, old, monkeypatch):
        monkeypatch.setattr("exports.changes.COUNTED", 1)
        for post in old:
            post.delete()
        for _ in range(3):
            write(alice)
        counts = Changes(alice, 0, now() - MARGIN).count()
        assert counts == {"posts": 2, "deleted": 2}

    def test_it_is_one_query(self, base, django_assert_num_queries):
        changes = base.changes_since()
        with django_assert_num_queries(1):
            changes.count()


class TestBase:
    def test_it_is_the_latest_that_reached_its_owner(self, alice, base):
        for fields in (
            {},  # linked, and never fetched
            {"attached": False},
            {"attached": True, "since": now()},
            {"attached": True, "until": now()},
            {"attached": True, "published_at": None},
            {"attached": True, "snapshot_at": None},
            {"attached": True, "snapshot_at": now() - LONG_AGO},
        ):
            Export.objects.create(
                **{"owner": alice, "snapshot_at": now(), "published_at": now(), "last_id": 1}
                | fields
            )
        assert Export.objects.base_for(alice) == base

    def test_it_may_have_been_fetched_and_be_one_of_changes(self, alice, base):
        later = Export.objects.create(
            owner=alice, snapshot_at=now(), published_at=now(), attached=False, **base.onward()
        )
        assert Export.objects.base_for(alice) == base
        for _ in range(2):
            later.downloads.create()
        assert Export.objects.base_for(alice) == later

    def test_there_may_be_none(self, alice, bob, base):
        assert Export.objects.base_for(bob) is None


class TestWhatIsNotedNoMore:
    """Which posts were deleted is known for KEEP_DELETIONS_DAYS."""

    def age(self, base, days):
        moment = now() - timedelta(days=days)
        Post.objects.update(timestamp=moment - LONG_AGO)
        Export.objects.filter(pk=base.pk).update(snapshot_at=moment, published_at=moment)
        base.refresh_from_db()

    def test_the_next_one_begins_with_none_that_is_older(self, alice, base):
        self.age(base, 364)
        assert Export.objects.base_for(alice) == base
        self.age(base, 366)
        assert Export.objects.base_for(alice) is None

    def test_what_is_older_may_have_changed(self, alice, base):
        self.age(base, 366)
        assert base.has_changes()
        self.age(base, 364)
        assert not base.has_changes()

    def test_what_goes_on_from_an_older_one_is_not_tried_again(self, alice, base):
        export, _ = Export.objects.start(alice, base=base)
        export.cancel()
        export.task.refresh_from_db()
        export.changed_since = now() - timedelta(days=366)
        with pytest.raises(Refused, match="new export"):
            export.retry()
        export.changed_since = now() - timedelta(days=364)
        assert export.retry()

    @pytest.mark.parametrize(("days", "ended"), [(365.9, "succeeded"), (366.1, "failed")])
    def test_nor_is_one_made_that_waited_until_then(self, alice, base, days, ended):
        """Because operators had paused it, for example: it would not say what is gone."""
        export, _ = Export.objects.start(alice, base=base)
        Export.objects.update(changed_since=now() - timedelta(days=days))
        jobs.export_posts(str(export.task_id))
        export.task.refresh_from_db()
        assert export.task.state == ended
        assert export.task.reason == ("forgotten" if ended == "failed" else "")
        export.refresh_from_db()
        assert bool(export.file) == (ended == "succeeded")


class TestExportOfChanges:
    @pytest.fixture
    def export(self, alice, base):
        export, _ = Export.objects.start(alice, base=base)
        return export

    def take_snapshot(self, export):
        for name, value in export.snapshot().items():
            setattr(export, name, value)
        export.save()

    def test_it_goes_on_from_its_base(self, export, base):
        assert export.is_of_changes
        assert (export.after_id, export.changed_since) == (base.last_id, base.snapshot_at)

    @pytest.mark.parametrize("change", ALL)
    def test_it_is_about_what_has_changed(self, change, alice, base):
        change(alice)
        base.refresh_from_db()
        export, _ = Export.objects.start(alice, base=base)
        self.take_snapshot(export)
        gone = change in (delete, remove)
        assert export.total == export.posts.count() == (not gone)
        assert export.deletions.count() == gone

    def test_what_happened_shortly_before_its_base_is_taken_again(self, export, alice, base, old):
        for margin, taken in ((MARGIN, 1), (MARGIN + timedelta.resolution, 0)):
            Post.objects.filter(pk=old[0].pk).update(timestamp=base.snapshot_at - margin)
            assert export.posts.count() == taken

    def test_what_changes_after_its_snapshot_is_the_next_one_s(self, export, alice, old):
        self.take_snapshot(export)
        write(alice)
        Post.objects.last().delete()  # which no export ever had
        write(alice)
        assert not export.posts.exists()
        assert not export.deletions.exists()
        assert Export(owner=alice, **export.onward()).posts.count() == 1

    def test_when_nothing_has_changed_the_next_one_goes_on_from_the_same_post(self, export, base):
        self.take_snapshot(export)
        assert (export.total, export.last_id) == (0, base.last_id)
        assert export.snapshot_at > base.snapshot_at
