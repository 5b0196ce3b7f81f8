"""What `manage.py check --deploy` says of the buckets that keep files."""

import pytest

from exports.checks import check_buckets
from tests.store import options


@pytest.fixture
def keep_in(settings):
    """`keep_in(archives=…, avatars=…)`: the addresses of the stores in which they are kept."""

    def keep_in(**addresses):
        there = {kind: {"OPTIONS": options(address)} for kind, address in addresses.items()}
        settings.STORAGES = settings.STORAGES | there

    return keep_in


def ids():
    return [found.id for found in check_buckets(None)]


def test_on_the_disk_nothing_is_wrong():
    assert not ids()


def test_both_in_buckets_by_https_is_as_it_should_be(keep_in):
    keep_in(archives="https://s3.example.org", avatars=None)  # None: Amazon's
    assert not ids()


def test_one_of_them_left_on_the_disk_is_not_seen_by_other_hosts(keep_in):
    keep_in(archives="https://s3.example.org")
    (found,) = check_buckets(None)
    assert "pictures are on this machine's disk" in found.msg
    assert "Set AVATARS_S3_BUCKET" in found.hint


def test_what_others_can_read_on_its_way_is_told(keep_in):
    keep_in(archives="https://s3.example.org", avatars="http://s3.example.org")
    (found,) = check_buckets(None)
    assert found.msg.startswith("AVATARS_S3_ENDPOINT_URL is http")
