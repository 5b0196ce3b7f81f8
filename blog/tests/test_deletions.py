from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog import jobs
from blog.models import Deletion, Post
from tasks.models import Task


@pytest.fixture
def post(alice):
    return Post.objects.create(author=alice, body="x")


def purge():
    for task in Task.objects.filter(job="blog.jobs.purge_post", state="queued"):
        Task.objects.filter(pk=task.pk).update(not_before=None)
        jobs.purge_post(str(task.pk))


def test_what_is_removed_is_noted_at_once_and_its_purge_changes_nothing(post, alice):
    post.remove()
    noted = alice.deletions.get()
    assert (noted.post_id, noted.at, noted.undone_at) == (post.pk, post.deleted_at, None)
    pk = post.pk
    purge()
    assert not Post.with_deleted.exists()
    assert list(alice.deletions.values_list("post_id", "at", "undone_at")) == [(pk, noted.at, None)]


def test_what_comes_back_is_noted_and_so_is_that_it_is_removed_again(post, alice):
    post.remove()
    first = alice.deletions.get()
    post.restore()
    assert alice.deletions.get().undone_at > first.at
    post.remove()
    again = alice.deletions.get()
    assert (again.at, again.undone_at) == (post.deleted_at, None)
    assert again.at > first.at


@pytest.mark.parametrize(
    "delete", [Post.delete, lambda post: Post.with_deleted.filter(pk=post.pk).delete()]
)
class TestDeletedAtOnce:
    def test_it_is_noted(self, delete, post, alice):
        pk, before = post.pk, timezone.now()
        delete(post)
        noted = alice.deletions.get()
        assert (noted.post_id, noted.undone_at) == (pk, None)
        assert before <= noted.at <= timezone.now()

    def test_also_when_it_had_come_back_before(self, delete, post, alice):
        post.remove()
        post.restore()
        before = timezone.now()
        delete(post)
        noted = alice.deletions.get()
        assert noted.undone_at is None
        assert noted.at >= before

    def test_not_when_it_does_not_hold(self, delete, post, monkeypatch):
        def fail(*args, **kwargs):
            raise ZeroDivisionError

        monkeypatch.setattr("django.db.models.deletion.Collector.delete", fail)
        with pytest.raises(ZeroDivisionError):
            delete(post)
        assert Post.objects.exists()
        assert not Deletion.objects.exists()


def test_an_admin_s_deletions_are_noted_too(admin_client, alice, post):
    other = Post.objects.create(author=alice, body="y")
    pks = [post.pk, other.pk]
    form = {"action": "delete_selected", "_selected_action": pks, "post": "yes"}
    admin_client.post("/admin/blog/post/", form)
    assert sorted(alice.deletions.values_list("post_id", flat=True)) == pks


def test_many_are_noted_in_their_chunks(alice, bob, monkeypatch):
    monkeypatch.setattr("blog.models.managers.CHUNK", 10)
    gone = timezone.now() - timedelta(seconds=30)
    for author in (alice, bob):
        Post.objects.add([Post(author=author, body=f"{n}") for n in range(15)])
    Post.objects.filter(body="3").update(deleted_at=gone)
    Post.with_deleted.all().delete()
    for author in (alice, bob):
        assert author.deletions.count() == 15
        assert author.deletions.filter(at=gone).count() == 1


def test_of_who_leaves_nothing_is_noted_and_nothing_stays(alice, bob, post):
    post.remove()
    Post.objects.create(author=alice, body="y")
    Post.objects.create(author=bob, body="z").delete()
    with CaptureQueriesContext(connection) as captured:
        alice.delete()
    assert not any('INSERT INTO "blog_deletion"' in each["sql"] for each in captured)
    assert list(Deletion.objects.values_list("author", flat=True)) == [bob.pk]
