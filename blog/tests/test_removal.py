"""All posts are taken away, step by step."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from blog import jobs, search
from blog.models import Deletion, Post
from blog.models.managers import UNDO_FOR
from tasks.models import State, Task


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    monkeypatch.setattr("blog.models.managers.MANY", 10)
    monkeypatch.setattr("blog.jobs.MANY", 10)
    monkeypatch.setattr("blog.jobs.POSTS_AT_ONCE", 10)


@pytest.fixture
def posts(alice, bob):
    posts = [Post(author=(alice, bob)[n % 2], body=f"lemon {n}") for n in range(35)]
    Post.objects.add(posts)
    return posts


def task_of(job):
    return Task.objects.get(job=f"blog.jobs.{job}")


def test_the_latest_are_gone_at_once_and_a_task_is_on_its_way(posts, alice):
    Post.objects.remove_all(alice)
    left = Post.objects.order_by("pk")
    assert [post.pk for post in left] == [post.pk for post in posts[:25]]
    noted = Deletion.objects.order_by("post_id").values_list("post_id", flat=True)
    assert list(noted) == [post.pk for post in posts[25:]]
    task = task_of("remove_all_posts")
    assert (task.owner, task.state) == (alice, State.QUEUED)


def test_the_task_takes_the_others_but_not_what_is_new(posts, alice):
    Post.objects.remove_all(alice)
    new = Post.objects.create(author=alice, body="new lemon")
    jobs.remove_all_posts(str(task_of("remove_all_posts").pk))
    assert Post.objects.get() == new
    assert search.find_posts("lemon", Post.with_deleted) == [new]
    task = task_of("remove_all_posts")
    assert (task.state, task.total) == (State.SUCCEEDED, 25)


def test_they_are_purged_when_their_undo_has_run_out(posts, alice):
    Post.objects.remove_all(alice)
    jobs.remove_all_posts(str(task_of("remove_all_posts").pk))
    back = posts[3]
    assert not Post.with_deleted.get(pk=back.pk).restore()
    Post.with_deleted.filter(pk=back.pk).update(deleted_at=None)
    purge = task_of("purge_posts")
    assert purge.not_before >= timezone.now() + UNDO_FOR
    Post.with_deleted.filter(deleted_at__isnull=False).update(deleted_at=timezone.now() - UNDO_FOR)
    Task.objects.update(not_before=None)
    jobs.purge_posts(str(purge.pk))
    assert Post.with_deleted.get() == back


def test_the_moment_that_was_noted_stays(posts, alice, bob):
    before = timezone.now()
    Post.objects.remove_all(alice)
    Post.with_deleted.filter(deleted_at__isnull=False).delete()
    assert Deletion.objects.count() == 10
    assert not Deletion.objects.filter(at__lt=before).exists()


def test_a_step_costs_the_same_however_many_there_are(posts, alice, django_assert_num_queries):
    with CaptureQueriesContext(connection) as of_35:
        Post.objects.remove_latest(posts[-1].pk)
    Post.objects.add([Post(author=alice, body="more") for _ in range(100)])
    with django_assert_num_queries(len(of_35)):
        Post.objects.remove_latest(2**63 - 1)


def test_where_there_is_nothing_nothing_is_launched(alice):
    Post.objects.remove_all(alice)
    assert not Task.objects.exists()
