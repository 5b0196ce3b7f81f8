from io import BytesIO

import pytest
from django.utils.html import escape
from PIL import Image

from accounts import pictures
from conftest import make_person

from .photos import photo, upload

URL = "/@alice/avatar/"


@pytest.fixture
def with_picture(alice, stored):
    alice.change_avatar(pictures.make_square(upload(photo())))
    return alice


def test_without_an_upload_it_is_drawn(client, alice):
    response = client.get(URL)
    assert response["Content-Type"] == "image/svg+xml"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert response.content == pictures.draw("alice")


def test_an_uploaded_one_is_given_out(client, with_picture):
    response = client.get("/@ALICE/avatar/")
    assert response["Content-Type"] == "image/webp"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response.content[8:12] == b"WEBP"


def test_its_address_changes_with_it_so_that_it_can_be_kept(client, alice, with_picture):
    kept = client.get(with_picture.avatar_url)
    assert "immutable" in kept["Cache-Control"]
    before = with_picture.avatar_url
    with_picture.change_avatar(pictures.make_square(upload(photo("PNG"))))
    assert with_picture.avatar_url != before
    assert "no-cache" in client.get(before)["Cache-Control"]


def test_in_lists_it_is_small(client, with_picture):
    bob = make_person("bob")
    bob.follows.add(with_picture)
    page = client.get("/@bob/following/").content.decode()
    assert f'src="{escape(with_picture.small_avatar_url)}"' in page
    small = client.get(with_picture.small_avatar_url)
    assert Image.open(BytesIO(small.content)).size == (96, 96)
    assert small["ETag"] != client.get(with_picture.avatar_url)["ETag"]


def test_a_broken_one_is_sent_as_it_is(client, alice, stored):
    alice.change_avatar(b"RIFF....WEBP")
    assert client.get(alice.small_avatar_url).content == b"RIFF....WEBP"


def test_a_drawn_one_is_of_any_size(client, alice):
    assert alice.small_avatar_url == alice.avatar_url


def test_it_is_not_sent_again(client, alice):
    etag = client.get(URL)["ETag"]
    response = client.get(URL, headers={"If-None-Match": etag})
    assert (response.status_code, response.content) == (304, b"")
    assert response["ETag"] == etag


def test_it_asks_for_the_person_alone(alices, django_assert_num_queries):
    """Neither for the session nor who is signed in, so caches may share it."""
    with django_assert_num_queries(1):
        response = alices.get(URL)
    assert "Cookie" not in response.get("Vary", "")


def test_a_lost_file_is_drawn(client, with_picture):
    with_picture.avatar.storage.delete(with_picture.avatar.name)
    assert client.get(URL)["Content-Type"] == "image/svg+xml"


def test_who_is_not_there_has_none(client, alice):
    alice.is_active = False
    alice.save()
    assert client.get(URL).status_code == 404
    assert client.get("/@nobody/avatar/").status_code == 404
    assert client.post(URL).status_code == 405
