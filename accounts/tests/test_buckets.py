"""Pictures in a bucket, on a real server that speaks S3."""

import logging
from datetime import timedelta
from io import BytesIO, StringIO
from zipfile import ZipFile

import pytest
import requests
from botocore.config import Config
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from accounts import buckets, keeping, pictures
from accounts.models import User
from exports import jobs
from exports.models import Export
from tasks.models import State, Task
from tests import store as servers

from .photos import photo, upload

URL = "/accounts/profile/"
FORM = {"display_name": "Alice", "about": "About me"}
QUICK = buckets.QUICK


@pytest.fixture(scope="module")
def store():
    with servers.store() as address:
        yield address


@pytest.fixture(autouse=True)
def at_leisure(caplog, monkeypatch):
    caplog.set_level(logging.WARNING, "werkzeug")
    monkeypatch.setattr(buckets, "QUICK", QUICK.merge(Config(read_timeout=60)))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "name")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


@pytest.fixture
def keep_in(monkeypatch):
    """`keep_in(address, bucket)`: let the site keep its pictures there."""

    def keep_in(address, bucket=""):
        storage = buckets.Bucket(**servers.options(address, bucket))
        monkeypatch.setattr(User._meta.get_field("avatar"), "storage", storage)
        return storage

    return keep_in


@pytest.fixture
def bucket(keep_in, store):
    """A new one, in which the site keeps its pictures."""
    there = keep_in(store).bucket
    there.create()
    return there


@pytest.fixture
def away(keep_in, bucket):
    """`away()`: from now on nothing answers there; `away(address)`: that does."""
    return lambda address="http://127.0.0.1:1": keep_in(address, bucket.name)


@pytest.fixture
def hung(monkeypatch):
    """`hung()`: the address of a store that never answers, for which nobody waits long from now."""
    with servers.silence() as address:

        def hung():
            monkeypatch.setattr(buckets, "QUICK", QUICK.merge(Config(read_timeout=0.2)))
            return address

        yield hung


@pytest.fixture
def post(alices, alice, django_capture_on_commit_callbacks):
    def post(**values):
        with django_capture_on_commit_callbacks(execute=True):
            response = alices.post(URL, FORM | values)
        alice.refresh_from_db()
        return response

    return post


@pytest.fixture
def picture(alice, bucket):
    """Alice's, in the bucket."""
    picture = pictures.make_square(BytesIO(photo()))
    alice.change_avatar(picture)
    return picture


def names(bucket):
    return [each.key for each in bucket.objects.all()]


class TestOfABucket:
    def test_what_is_uploaded_is_seen(self, bucket, post, alice, client):
        assert post(picture=upload(photo())).status_code == 302
        assert names(bucket) == [alice.avatar.name]
        response = client.get(alice.avatar_url)
        assert (response["Content-Type"], response.content[8:12]) == ("image/webp", b"WEBP")
        assert response["X-Content-Type-Options"] == "nosniff"
        assert "immutable" in response["Cache-Control"]
        assert bucket.Object(alice.avatar.name).content_type == "image/webp"

    def test_the_one_before_goes(self, bucket, post, alice):
        post(picture=upload(photo()))
        post(picture=upload(photo("PNG")))
        assert names(bucket) == [alice.avatar.name]
        post(remove_picture="on")
        assert not names(bucket)

    def test_it_goes_with_its_person(
        self, bucket, picture, alice, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            alice.delete()
        assert not names(bucket)

    def test_what_is_not_saved_is_not_kept(self, bucket, alice, monkeypatch):
        def fails(people):
            raise ZeroDivisionError

        monkeypatch.setattr("blog.search.index_people", fails)
        with pytest.raises(ZeroDivisionError):
            alice.change_avatar(b"picture", "about")
        assert not names(bucket)

    def test_one_that_was_lost_is_drawn_and_not_kept_by_browsers(
        self, bucket, picture, alice, client
    ):
        bucket.Object(alice.avatar.name).delete()
        response = client.get(alice.avatar_url)
        assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
        assert response["Cache-Control"] == "no-store"
        assert "ETag" not in response

    def test_it_is_in_its_owners_archive(self, bucket, picture, alice):
        with archive_of(alice).file.open() as file, ZipFile(file) as archive:
            assert archive.read(f"media/{alice.avatar.name}") == picture
            assert alice.avatar.name.encode() in archive.read("actor.json")

    def test_an_archive_is_without_one_that_was_lost(self, bucket, picture, alice):
        bucket.Object(alice.avatar.name).delete()
        with archive_of(alice).file.open() as file, ZipFile(file) as archive:
            assert not [name for name in archive.namelist() if name.startswith("media/")]
            assert b"media/" not in archive.read("actor.json")


def archive_of(person):
    """Alice's archive, tried once."""
    export = Export.objects.start(person, contents="archive")[0]
    jobs.export_posts(str(export.task.pk))
    return Export.objects.select_related("task").get(pk=export.pk)


class TestAway:
    """Of a store that refuses connections, and of one that hangs."""

    @pytest.fixture(params=["refuses", "hangs"], autouse=True)
    def at(self, request, hung, away, picture):
        away(hung()) if request.param == "hangs" else away()

    def test_pages_open_and_a_picture_is_drawn_for_now(self, alice, client, caplog):
        assert client.get("/@alice/").status_code == 200
        response = client.get(alice.avatar_url)
        assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")
        assert response["Cache-Control"] == "no-store"
        assert "can't be used" in caplog.text
        assert "secret" not in caplog.text

    def test_an_upload_is_refused_and_nothing_is_lost(self, post, alice, bucket):
        before = alice.avatar.name
        response = post(picture=upload(photo()), about="Three hours of work", display_name="Al")
        assert response.status_code == 503
        page = response.content.decode()
        assert "be kept just now" in page
        assert "Three hours of work" in page
        assert (alice.avatar.name, alice.about) == (before, "")
        assert names(bucket) == [before]

    def test_what_has_no_picture_in_it_is_saved(self, post, alice):
        assert post(about="Words").status_code == 302
        assert alice.about == "Words"

    def test_one_that_can_not_be_deleted_now_is_gone_for_everybody_and_later_at_all(
        self, post, alice, bucket, store, keep_in, monkeypatch
    ):
        assert post(remove_picture="on").status_code == 302
        assert not alice.avatar
        assert len(list(keeping.tidy())) == 0  # and other work goes on
        keep_in(store, bucket.name)
        assert len(names(bucket)) == 1
        monkeypatch.setattr(keeping, "ORPHANED_FOR", timedelta(0))
        list(keeping.tidy())
        assert not names(bucket)

    def test_an_archive_waits_for_it(self, alice, bucket, store, keep_in):
        export = archive_of(alice)
        assert (export.task.state, export.task.reason) == (State.QUEUED, "no_picture")
        keep_in(store, bucket.name)
        Task.objects.update(not_before=None)
        jobs.export_posts(str(export.task.pk))
        assert Task.objects.get().state == State.SUCCEEDED


def test_who_has_waited_in_vain_has_done_so_for_the_others(
    picture, alice, away, hung, monkeypatch, store
):
    there = away(hung())
    alice = User.objects.get()
    now = 1000.0
    monkeypatch.setattr(buckets, "monotonic", lambda: now)
    asked = []
    there.connection.meta.client.meta.events.register("before-send.s3", lambda **_: asked.append(1))

    def times():
        asked.clear()
        alice.read_avatar()
        return len(asked)

    assert times() == 2  # a second time, for the connection may have been old
    assert times() == 0
    now += buckets.PAUSE + 1
    assert times() == 2
    assert times() == 0
    assert alice.read_avatar()[1] == pictures.DRAWN
    now += buckets.PAUSE + 1
    there.endpoint_url = store
    del there._connections.connection
    alice.refresh_from_db()
    assert [alice.read_avatar() for _ in range(2)] == [(picture, pictures.TYPE)] * 2


def test_nobody_waits_for_more_than_some_seconds(monkeypatch):
    monkeypatch.setattr(buckets, "QUICK", QUICK)
    config = buckets.Bucket(**servers.options("http://127.0.0.1:1")).client_config
    assert config.retries == {"mode": "standard", "total_max_attempts": 2}
    assert (config.connect_timeout, config.read_timeout) == (3, 5)


@pytest.mark.parametrize(
    ("wrong", "mend"),
    [("bucket", "name another one in AVATARS_S3_BUCKET"), ("key", "Is AWS_ACCESS_KEY_ID right?")],
)
def test_what_is_wrong_is_told_with_the_mend(wrong, mend, keep_in, store, post, caplog):
    keep_in(store)  # nobody has made it
    if wrong == "key":
        requests.post(f"{store}/moto-api/reset-auth", data="0")
    try:
        assert post(picture=upload(photo())).status_code == 503
    finally:
        requests.post(f"{store}/moto-api/reset-auth", data="inf")
    assert mend in caplog.text
    assert "secret" not in caplog.text


class TestOrphans:
    @pytest.fixture
    def age(self, monkeypatch):
        """Let a day pass for the storage."""

        def age(storage):
            old = timezone.now() - timedelta(days=2)
            monkeypatch.setattr(storage, "get_modified_time", lambda name: old)

        return age

    def test_what_nobody_has_goes_after_a_day(self, bucket, picture, alice, age):
        storage = alice.avatar.storage
        for name in ("0" * 32 + ".webp", "not-ours.webp", "folder/" + "1" * 32 + ".webp"):
            bucket.put_object(Key=name, Body=b"")
        list(keeping.tidy())
        assert len(names(bucket)) == 4
        age(storage)
        list(keeping.tidy())
        left = {alice.avatar.name, "not-ours.webp", "folder/" + "1" * 32 + ".webp"}
        assert set(names(bucket)) == left

    def test_on_a_disk_too(self, alice, stored, age):
        alice.change_avatar(b"picture")
        (stored / f"{'0' * 32}.webp").write_bytes(b"")
        age(alice.avatar.storage)
        list(keeping.tidy())
        assert [each.name for each in stored.iterdir()] == [alice.avatar.name]

    def test_there_are_none_where_nobody_has_had_a_picture(self, db, stored):
        stored.rmdir()
        assert not list(keeping.tidy())


class TestMoving:
    """`manage.py move_pictures`, on the way from the disk to the bucket."""

    def move(self):
        out = StringIO()
        call_command("move_pictures", stdout=out)
        return out.getvalue()

    @pytest.fixture
    def on_disk(self, alice, bob, stored, settings, tmp_path):
        settings.VAR_DIR = tmp_path
        alice.change_avatar(b"Alice's")
        bob.change_avatar(b"Bob's")
        return stored

    def test_pictures_keep_their_names(self, on_disk, bucket, alice, bob, client):
        alice.refresh_from_db()
        url = alice.avatar_url
        assert "2 pictures copied" in self.move()
        assert set(names(bucket)) == {alice.avatar.name, bob.avatar.name}
        assert client.get(url).content == b"Alice's"
        assert len(list(on_disk.iterdir())) == 2  # for who goes back
        assert "0 pictures copied" in self.move()

    def test_what_is_missing_is_told_and_the_others_are_copied(self, on_disk, bucket, alice):
        (on_disk / alice.avatar.name).unlink()
        with pytest.raises(CommandError, match="alice"):
            self.move()
        assert len(names(bucket)) == 1

    def test_a_bucket_that_is_away_ends_it_with_the_reason(self, on_disk, keep_in):
        keep_in("http://127.0.0.1:1")
        with pytest.raises(CommandError, match="AVATARS_S3_ENDPOINT_URL"):
            self.move()

    def test_without_a_bucket_there_is_nothing_to_move(self, on_disk):
        with pytest.raises(CommandError, match="AVATARS_S3_BUCKET is not set"):
            self.move()
