import os

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import pictures
from accounts.models import Follow, User
from blog import search
from blog.models import Message, Post, Tag
from conftest import PASSWORD
from exports import archive
from exports.models import Export
from exports.tests.conftest import written
from tasks.models import Task

from .photos import photo, upload

URL = "/accounts/delete/"
FORM = {"password": PASSWORD}


@pytest.fixture
def delete(alices, django_capture_on_commit_callbacks):
    def delete(form=FORM, **kwargs):
        with django_capture_on_commit_callbacks(execute=True):
            return alices.post(URL, form, **kwargs)

    return delete


def test_it_says_what_goes_and_what_stays_and_offers_the_export(alices, alice):
    page = alices.get(URL).content
    assert b'href="/exports/"' in page
    assert b"all your posts" in page
    assert b"without your name" in page
    assert User.objects.contains(alice)


def test_it_ends_the_sessions_and_says_goodbye(delete, alice):
    elsewhere = Client()
    elsewhere.force_login(alice)
    response = delete(follow=True)
    assert response.redirect_chain == [("/", 302)]
    assert b"Goodbye" in response.content
    assert not response.context["user"].is_authenticated
    assert not elsewhere.get("/").context["user"].is_authenticated
    assert not User.objects.exists()


def test_a_disk_that_does_not_let_go_of_the_picture_keeps_nobody(
    delete, alice, stored, monkeypatch
):
    alice.change_avatar(pictures.make_square(upload(photo())))

    def fail(storage, name):
        raise OSError("the disk is gone")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.delete", fail)
    assert delete().status_code == 302
    assert not User.objects.exists()


@pytest.mark.parametrize("password", ["wrong", ""])
def test_it_asks_for_the_password(delete, alice, password):
    assert delete({"password": password}).context["form"].errors["password"]
    assert User.objects.contains(alice)


def test_all_that_is_theirs_goes(delete, alice, bob, stored):
    alice.change_avatar(pictures.make_square(upload(photo())))
    post = Post.objects.create(author=alice, body="one")
    Post.objects.create(author=alice, body="two", deleted_at=post.timestamp)
    answer = Post.objects.create(author=bob, body="answer", reply_to=post, thread=post.pk)
    export, _ = Export.objects.start(alice)
    archived = written(f"{export.folder}/half.json", b"half")
    alice.follows.add(bob)
    bob.follows.add(alice)
    bob.mutes.add(alice)
    delete()
    assert list(Post.with_deleted.all()) == [answer]
    assert not Follow.objects.exists()
    assert not os.listdir(stored)
    assert not archive.storage().exists(archived)


def statements(delete, author, count):
    """How many statements it takes to delete an account with so many posts, but chunks of them."""
    Post.objects.add([Post(author=author, body=f"#tag {number}") for number in range(count)])
    with CaptureQueriesContext(connection) as captured:
        delete()
    assert not Post.with_deleted.filter(author=author.pk).exists()
    assert not Tag.objects.exists()
    assert search.find_posts("tag", Post.with_deleted.all()) == []
    assert search.database().find(search.POSTS, [{"tag"}], begun=False) == []
    return len(captured)


def test_many_posts_go_in_chunks(delete, alice, bob, alices, monkeypatch):
    monkeypatch.setattr("blog.models.managers.CHUNK", 50)
    few = statements(delete, alice, 50)
    alices.force_login(bob)
    assert statements(delete, bob, 150) - few <= 2 * 12  # for each chunk more


def test_messages_stay_as_long_as_somebody_has_them(
    delete, alice, bob, django_capture_on_commit_callbacks
):
    Message.objects.create(sender=alice, recipient=bob, body="to bob")
    Message.objects.create(sender=bob, recipient=alice, body="to alice")
    delete()
    assert {(message.sender, message.recipient) for message in Message.objects.all()} == {
        (None, bob),
        (bob, None),
    }
    bob.delete()
    assert not Message.objects.exists()


def test_what_is_under_way_is_cancelled_and_cleaned_up(delete, alice, monkeypatch):
    cancelled = []
    monkeypatch.setattr("tasks.lifecycle.cancel", cancelled.append)
    export, _ = Export.objects.start(alice)
    delete()
    assert [task.pk for task in cancelled] == [export.task_id]
    assert not Task.objects.exists()
    assert not Export.objects.exists()


def test_what_is_being_delivered_is_no_obstacle(delete, alice):
    Export.objects.start(alice)
    Task.objects.update(state="running", delivering=True)
    assert delete().status_code == 302
    assert not Task.objects.exists()


def test_an_admin_deletes_in_the_same_way(
    admin_client, alice, bob, monkeypatch, django_capture_on_commit_callbacks
):
    cancelled = []
    monkeypatch.setattr("tasks.lifecycle.cancel", cancelled.append)
    Export.objects.start(alice)
    form = {"action": "delete_selected", "_selected_action": [alice.pk, bob.pk], "post": "yes"}
    admin_client.post("/admin/accounts/user/", form)
    assert len(cancelled) == 1
    assert User.objects.get().username == "admin"


def test_it_is_a_post(alices, alice):
    assert alices.delete(URL).status_code == 405
    alices.get(URL, FORM)
    assert User.objects.contains(alice)


def test_it_asks_visitors_to_sign_in(client, db):
    assert client.post(URL, FORM)["Location"].startswith("/accounts/login/")
