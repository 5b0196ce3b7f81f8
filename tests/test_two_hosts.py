"""Two hosts with a disk of their own each, and the same database and buckets."""

import hashlib
import subprocess
import sys

import pytest
import requests
from django.conf import settings as django_settings
from django.core.files.storage import storages

from accounts import pictures
from accounts.models import User
from accounts.tests.photos import photo, upload
from exports import links
from exports.models import Export
from tests.store import options, store

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

WORK = """
from io import BytesIO
from accounts import pictures
from accounts.models import User
from accounts.tests.photos import photo
from exports import jobs
from exports.models import Export
alice = User.objects.get(username="alice")
assert alice.read_picture()
alice.change_avatar(pictures.make_square(BytesIO(photo("PNG"))))
jobs.export_posts(str(Export.objects.get().task_id))
"""


@pytest.fixture
def addresses(monkeypatch):
    """The variables that name the two buckets, which are there."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "name")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with store() as address:
        yield {
            "ARCHIVES_S3_BUCKET": "archives",
            "ARCHIVES_S3_ENDPOINT_URL": address,
            "AVATARS_S3_BUCKET": "avatars",
            "AVATARS_S3_ENDPOINT_URL": address,
        }


@pytest.fixture
def here(addresses, settings, monkeypatch, tmp_path):
    """This process is one of the hosts: what it writes to its disk is in this folder."""
    address = addresses["ARCHIVES_S3_ENDPOINT_URL"]
    settings.STORAGES = settings.STORAGES | {
        kind: {"BACKEND": f"{app}.buckets.Bucket", "OPTIONS": options(address, kind)}
        for kind, app in (("archives", "exports"), ("avatars", "accounts"))
    }
    for field, kind in ((Export.file.field, "archives"), (User.avatar.field, "avatars")):
        storages[kind].bucket.create()
        monkeypatch.setattr(field, "storage", storages[kind])
    settings.EXPORT_SCRATCH_DIR = tmp_path / "here" / "scratch"
    return tmp_path / "here"


@pytest.fixture
def on_the_other(environment, addresses, tmp_path):
    """`on_the_other(code)`: run it on the other host."""

    def run(code):
        own = {"VAR_DIR": str(tmp_path / "there"), "ENV_FILE": "", "DEBUG": "1"}
        shell = [sys.executable, "manage.py", "shell", "-c", code]
        env = environment | addresses | own
        subprocess.run(shell, cwd=django_settings.BASE_DIR, env=env, check=True)

    return run


def test_what_one_was_given_the_other_one_gives_out(
    here, on_the_other, alices, alice, client, posts
):
    alices.post("/accounts/profile/", {"picture": upload(photo())})
    first = storages["avatars"].listdir("")[1]
    export = Export.objects.start(alice, contents="archive")[0]
    on_the_other(WORK)

    alice.refresh_from_db()
    assert storages["avatars"].listdir("")[1] == [alice.avatar.name] != first
    assert client.get(alice.avatar_url)["Content-Type"] == pictures.TYPE
    export.refresh_from_db()
    fetched = requests.get(alices.get(links.make(export))["Location"], timeout=60).content
    assert hashlib.sha256(fetched).hexdigest() == export.sha256
    assert not [path for path in here.rglob("*") if path.is_file()]
