from datetime import timedelta

import pytest
from django.utils import timezone

from blog import keeping
from blog.models import Case, Deletion, Notification, Post, Report


def ago(**passed):
    return timezone.now() - timedelta(**passed)


def tidy():
    return len(list(keeping.tidy()))


class TestPosts:
    def test_what_was_deleted_and_is_still_there_goes_after_a_day(self, alice, bob):
        kept = Post.objects.create(author=alice, body="Kept", timestamp=ago(days=5000))
        for body, deleted_at in (("old", ago(hours=25)), ("young", ago(hours=23))):
            Post.objects.create(author=bob, body=body, deleted_at=deleted_at)
        assert tidy() == 1
        assert Post.objects.get() == kept
        assert Post.with_deleted.filter(author=bob).get().body == "young"
        assert tidy() == 0

    def test_that_it_is_gone_stays_noted(self, alice):
        post = Post.objects.create(author=alice, body="old")
        post.remove()
        noted = Deletion.objects.get().at
        Post.with_deleted.update(deleted_at=ago(days=2))
        tidy()
        assert not Post.with_deleted.exists()
        assert Deletion.objects.get().at == noted


class TestDeletions:
    @pytest.mark.parametrize(
        ("fields", "stays"),
        [
            ({"at": ago(days=365)}, True),
            ({"at": ago(days=367)}, False),
            ({"at": ago(days=367), "undone_at": ago(days=365)}, True),
            ({"at": ago(days=500), "undone_at": ago(days=367)}, False),
        ],
    )
    def test_they_are_noted_for_a_year_and_a_day(self, alice, fields, stays):
        Deletion.objects.create(author=alice, post_id=1, **fields)
        assert tidy() == (0 if stays else 1)
        assert Deletion.objects.exists() == stays

    def test_operators_say_for_how_long(self, alice, settings):
        settings.KEEP_DELETIONS_DAYS = 30
        for days in (30, 32):
            Deletion.objects.create(author=alice, post_id=days, at=ago(days=days))
        tidy()
        assert Deletion.objects.get().post_id == 30


class TestNotifications:
    def test_what_was_read_goes_after_a_quarter_and_what_was_not_stays(self, alice, bob):
        for days in (91, 89, None):
            post = Post.objects.create(author=alice, body="@bob")
            read_at = days and ago(days=days)
            told = {"kind": "mentioned", "post": post, "created_at": ago(days=500)}
            Notification.objects.create(recipient=bob, actor=alice, read_at=read_at, **told)
        last_read, unread = Notification.objects.order_by("pk")[1:]
        assert tidy() == 1
        assert set(Notification.objects.all()) == {last_read, unread}


class TestCases:
    @pytest.fixture
    def decided(self, alice, bob, admin_user):
        """The only case, about a post of Bob's, is decided by a function and was so long ago."""

        def decide(act, **given):
            post = Post.objects.create(author=bob, body="Buy now")
            Report(reporter=alice, reason="spam").send(post)
            case = Case.objects.get()
            assert getattr(case, act)(admin_user, **given)
            Case.objects.update(decided_at=ago(days=366))
            return post

        return decide

    def test_what_was_dismissed_goes_with_its_reports(self, decided):
        decided("dismiss")
        assert tidy() == 1
        assert not Case.objects.exists()
        assert not Report.objects.exists()

    def test_what_waits_stays(self, alice, bob):
        Report(reporter=alice, reason="spam").send(bob)
        Case.objects.update(opened_at=ago(days=5000))
        assert tidy() == 0
        assert Report.objects.exists()

    def test_what_was_decided_lately_stays(self, decided):
        decided("dismiss")
        Case.objects.update(decided_at=ago(days=364))
        assert tidy() == 0
        assert Case.objects.exists()

    def test_while_the_post_is_hidden_it_stays(self, decided):
        post = decided("hide_post", why="Spam")
        assert tidy() == 0
        Post.objects.get(pk=post.pk).show()
        assert tidy() == 1
        assert not Case.objects.exists()

    def test_of_a_post_that_is_gone_it_goes(self, decided):
        decided("hide_post", why="Spam").delete()
        tidy()
        assert not Case.objects.exists()

    def test_while_the_person_is_out_it_stays(self, decided, bob, admin_user):
        decided("suspend_person", reason="Spam")
        assert tidy() == 0
        assert Case.objects.exists()
        bob.refresh_from_db()
        bob.restore(admin_user)
        assert tidy() == 1
        assert not Case.objects.exists()
