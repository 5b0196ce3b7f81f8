"""Exports in a bucket, on a real server that speaks S3."""

import hashlib
import json
import logging
import os
import uuid
from io import BytesIO
from urllib.parse import parse_qs, urlsplit
from zipfile import ZipFile

import boto3
import pytest
import requests
from botocore.config import Config

from accounts import buckets
from exports import archive, jobs, links
from exports.models import Export
from microblog.doctor import disk
from tasks.models import State, Task
from tests import store as servers

from .conftest import content

QUICK = buckets.QUICK
PART = 5 << 20  # bytes: the smallest that S3 has, but for the last


@pytest.fixture(scope="module")
def store():
    """The address of the server."""
    with servers.store() as address:
        yield address


@pytest.fixture(autouse=True)
def at_leisure(caplog, monkeypatch):
    caplog.set_level(logging.WARNING, "werkzeug")
    monkeypatch.setattr(buckets, "QUICK", QUICK.merge(Config(read_timeout=60)))


@pytest.fixture
def keep_in(settings, monkeypatch, store):
    """`keep_in(bucket, address)`: let the site keep its exports there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "name")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")

    def keep_in(bucket, address=store):
        options = servers.options(address, bucket)
        archives = {"BACKEND": "exports.buckets.Bucket", "OPTIONS": options}
        settings.STORAGES = settings.STORAGES | {"archives": archives}
        # Asked for once, at the start.
        monkeypatch.setattr(Export._meta.get_field("file"), "storage", archive.storage())

    return keep_in


@pytest.fixture
def bucket(keep_in, store):
    """A new one, in which the site keeps its exports."""
    name = f"archives-{uuid.uuid4()}"
    keep_in(name)
    there = archive.storage().connection.Bucket(name)
    there.create()
    return there


def names(bucket):
    return [each.key for each in bucket.objects.all()]


def parts(bucket):
    return list(bucket.multipart_uploads.all())


def work(export):
    jobs.export_posts(str(export.task.pk))
    return Export.objects.select_related("task", "owner").get(pk=export.pk)


def test_a_file_of_many_parts_is_written_and_read_again(bucket):
    whole = os.urandom(4 * PART + 1)
    with archive.new_file(
        "e/1", lambda file: file.writelines([whole[:PART], whole[PART:]])
    ) as name:
        assert archive.check(name, lambda file: len(file.read())) == archive.Checked(
            len(whole), len(whole), hashlib.sha256(whole).hexdigest()
        )
    (there,) = bucket.objects.all()
    assert there.e_tag.strip('"').endswith("-3")  # uploaded in three parts
    assert not parts(bucket)


def test_a_file_is_never_written_over(bucket):
    for said in (b"first", b"second"):
        with archive.new_file("e/1", lambda file, said=said: file.write(said)):
            pass
    first, second = names(bucket)
    assert second.startswith("e/1_")
    with archive.storage().open(first) as file:
        assert file.read() == b"first"


@pytest.mark.parametrize("error", [SystemExit, ZeroDivisionError])
def test_what_is_broken_off_leaves_nothing(bucket, error):
    def write(file):
        file.write(os.urandom(2 * PART))
        raise error

    with pytest.raises(error), archive.new_file("e/1", write):
        pass
    assert not names(bucket) and not parts(bucket)


def test_what_is_broken_off_after_the_writing_leaves_nothing(bucket):
    with pytest.raises(ZeroDivisionError), archive.new_file("e/1", lambda file: file.write(b"all")):
        1 / 0  # noqa: B018
    assert not names(bucket)


def test_only_the_kept_file_stays(bucket):
    for key in ("e/1", "e/2", "e/3", "e2/1"):
        bucket.put_object(Key=key, Body=b"")
    archive.remove("e", lambda name: name == "e/2")
    assert names(bucket) == ["e/2", "e2/1"]
    archive.remove("e")
    archive.remove("never-there")
    assert names(bucket) == ["e2/1"]


def test_what_is_not_there_is_not_found(bucket):
    with pytest.raises(FileNotFoundError):
        archive.storage().open("e/1")


@pytest.mark.parametrize("contents", ["posts.json", "archive"])
def test_an_export_is_made_and_fetched(contents, bucket, alices, export, mailoutbox):
    export.contents = contents
    export.save()
    bucket.put_object(Key=f"{export.folder}/left-by-a-dead-attempt", Body=b"half")
    done = work(export)
    assert (done.task.state, done.count) == (State.SUCCEEDED, 3)
    assert names(bucket) == [done.file.name]
    assert mailoutbox[0].attachments[0][1] == content(done)

    link = alices.get(f"/exports/{done.pk}/download/")["Location"]
    address = alices.get(link)["Location"]
    fetched = requests.get(address)
    assert fetched.headers["Content-Type"] == done.content_type
    assert fetched.headers["Content-Disposition"] == f'attachment; filename="{done.file_name}"'
    assert hashlib.sha256(fetched.content).hexdigest() == done.sha256
    part = requests.get(address, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, fetched.content[10:20])
    if contents == "archive":
        assert ZipFile(BytesIO(fetched.content)).testzip() is None
    else:
        assert len(json.loads(fetched.content)["posts"]) == 3


def test_links_of_the_store_hold_as_long_as_ours(bucket, alices, export, settings):
    settings.EXPORT_LINK_SECONDS = 77
    response = alices.get(links.make(work(export)))
    asked = parse_qs(urlsplit(response["Location"]).query)
    assert asked["X-Amz-Expires"] == ["77"]
    assert asked["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert response["Cache-Control"] == "private, no-store"


def test_keys_for_a_time_make_long_links(bucket, alices, export, monkeypatch, keep_in):
    done = work(export)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "t" * 3_000)
    keep_in(bucket.name)
    response = alices.get(links.make(done))
    assert response.status_code == 302
    assert "t" * 3_000 in response["Location"]


def test_who_asks_for_the_head_gets_a_link_for_that(bucket, alices, export):
    done = work(export)
    there = requests.head(alices.head(links.make(done))["Location"])
    assert (there.status_code, there.headers["Content-Length"]) == (200, str(done.size))


def test_a_download_is_noted_where_it_leaves_us(bucket, alices, export):
    done = work(export)
    alices.head(links.make(done))
    alices.get(links.make(done), headers={"Range": "bytes=5-"})
    assert not done.downloads.exists()
    alices.get(links.make(done))
    assert done.downloads.count() == 1


def test_a_file_that_is_gone_is_a_page_of_ours(bucket, alices, export):
    done = work(export)
    archive.remove(done.folder)
    response = alices.get(links.make(done))
    assert response.status_code == 404
    assert b"This file is missing" in response.content


def test_deleting_a_person_deletes_their_files(
    bucket, alice, export, django_capture_on_commit_callbacks
):
    work(export)
    with django_capture_on_commit_callbacks(execute=True):
        alice.delete()
    assert not names(bucket)


class TestTrouble:
    @pytest.fixture
    def strict(self, store):
        """The server knows no key."""
        requests.post(f"{store}/moto-api/reset-auth", data="0")
        yield
        requests.post(f"{store}/moto-api/reset-auth", data="inf")

    def assert_failed(self, export, alices, caplog, *words):
        done = work(export)
        assert (done.task.state, done.task.reason) == (State.FAILED, "not_kept")
        for word in words:
            assert word in caplog.text
        assert "secret" not in caplog.text
        page = alices.get(f"/exports/{export.pk}/").content.decode()
        assert "does not answer as it should" in page
        assert "Retry" in page

    def test_a_bucket_that_is_not_there(self, keep_in, export, alices, caplog):
        keep_in("never-made")
        self.assert_failed(
            export, alices, caplog, "NoSuchBucket", "name another one in ARCHIVES_S3_BUCKET"
        )

    def test_a_key_that_is_wrong(self, bucket, strict, export, alices, caplog):
        self.assert_failed(export, alices, caplog, "InvalidAccessKeyId", "set AWS_ACCESS_KEY_ID")

    def test_no_key_at_all(self, bucket, export, alices, caplog, monkeypatch, keep_in):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
        keep_in(bucket.name)
        self.assert_failed(export, alices, caplog, "There is no key: set AWS_ACCESS_KEY_ID")

    def test_a_store_that_is_away_for_a_while(self, bucket, keep_in, export, alices, caplog):
        keep_in(bucket.name, "http://127.0.0.1:1")
        waiting = work(export)
        assert (waiting.task.state, waiting.task.reason) == (State.QUEUED, "not_kept")
        keep_in(bucket.name)
        Task.objects.update(not_before=None)
        done = work(export)
        assert done.task.state == State.SUCCEEDED

        keep_in(bucket.name, "http://127.0.0.1:1")
        response = alices.get(links.make(done))
        assert response.status_code == 503
        assert b"be fetched right now" in response.content
        assert not done.downloads.exists()

    def test_a_store_that_hangs_keeps_one_person_waiting_for_some_seconds(
        self, bucket, keep_in, export, alices, monkeypatch
    ):
        done, asked = work(export), []
        monkeypatch.setattr(buckets, "QUICK", QUICK.merge(Config(read_timeout=0.2)))
        with servers.silence() as address:
            keep_in(bucket.name, address)
            client = archive.storage().connection.meta.client
            client.meta.events.register("before-send.s3", lambda **_: asked.append(1))
            assert alices.get(links.make(done)).status_code == 503
            assert alices.get(links.make(done)).status_code == 503
            assert len(asked) == 2  # a second time by the first request, and not by the second one

    def test_what_is_large_is_waited_for_longer(self, keep_in, monkeypatch):
        monkeypatch.setattr(buckets, "QUICK", QUICK)
        keep_in("any-bucket")
        there = archive.storage()
        quick, whole = there.client_config, there.whole.client_config
        assert (quick.connect_timeout, quick.read_timeout) == (3, 5)
        assert (whole.connect_timeout, whole.read_timeout) == (5, 30)


def test_the_doctor_writes_and_leaves_nothing(bucket):
    assert disk.look_at_bucket("archives").state == "ok"
    assert not names(bucket)


def test_the_doctor_finds_a_bucket_that_is_not_there(keep_in):
    keep_in("nowhere-to-be-found")
    found = disk.look_at_bucket("archives")
    assert found.state == "wrong"
    assert "ARCHIVES_S3_BUCKET" in found.words
    assert "docs/reference/storage.md" in found.mend
