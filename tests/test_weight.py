"""What pages weigh on a slow line."""

import gzip
import re
from html.parser import HTMLParser
from io import BytesIO
from urllib.parse import urldefrag

import pytest
from django.core.management import call_command
from django.templatetags.static import static
from django.test import Client
from django.utils import timezone
from PIL import Image

from blog.models import Post
from conftest import make_person

FIRST_PAGE = 120_000  # bytes
LOADED = {"script": "src", "img": "src", "link": "href", "use": "href"}
NOT_LOADED = {"alternate", "canonical"}


@pytest.fixture
def in_production(settings, tmp_path):
    """Static files as they are served there."""
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    }
    settings.STATIC_ROOT = tmp_path
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = False
    call_command("collectstatic", interactive=False, verbosity=0)


@pytest.fixture
def talk(alice):
    """A page full of posts by people with pictures of their own."""
    people = [make_person(f"person_{number}") for number in range(20)]
    output = BytesIO()
    Image.effect_mandelbrot((400, 400), (-2, -1.5, 1, 1.5), 100).save(output, "WEBP", quality=82)
    for person in people:
        person.change_avatar(output.getvalue())
    now = timezone.now()
    words = "On the ferry a man sang to his bicycle. 海上有風。 " * 5
    Post.objects.bulk_create(Post(author=each, body=words, timestamp=now) for each in people)
    return alice.follows.add(*people)


class Loaded(HTMLParser):
    """The addresses of what a page has loaded."""

    def __init__(self, page):
        super().__init__()
        self.addresses = set()
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag in LOADED and given.get(LOADED[tag]) and given.get("rel") not in NOT_LOADED:
            self.addresses.add(urldefrag(given[LOADED[tag]]).url)


def fetch(client, address):
    """(the response, how many bytes it is with its headers)."""
    response = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert response.status_code == 200, address
    if response.streaming:
        response.body = response.getvalue()
    else:
        response.body = response.content
    headers = sum(len(f"{name}: {value}\r\n") for name, value in response.headers.items())
    return response, len(response.body) + headers


def weigh(client, address):
    page, weight = fetch(client, address)
    assert page["Content-Encoding"] == "gzip"
    loaded = Loaded(gzip.decompress(page.body).decode()).addresses
    assert any(each.endswith(".css") for each in loaded)
    return weight + sum(fetch(client, each)[1] for each in loaded)


def test_pages_are_light(in_production, alice, talk):
    mine = Client()
    mine.force_login(alice)
    for client in (Client(), mine):
        for address in ("/", "/explore/", "/@person_1/", "/api/docs/"):
            assert weigh(client, address) < FIRST_PAGE, address


def test_what_is_static_is_packed_and_kept_for_ever(in_production, db):
    sheet, _ = fetch(Client(), static("css/site.css"))
    assert re.search(r"/site\.[0-9a-f]{12}\.css$", static("css/site.css"))
    assert sheet["Content-Encoding"] == "gzip"
    kept = set(sheet["Cache-Control"].split(", "))
    assert {"public", "immutable"} < kept
    (seconds,) = [int(each.removeprefix("max-age=")) for each in kept if "max-age=" in each]
    assert seconds >= 365 * 24 * 3600


@pytest.mark.parametrize("address", ["/", "/@alice/feed.atom", "/api/docs/", "/nothing/"])
def test_what_is_made_of_words_is_packed(alices, address):
    packed = alices.get(address, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed["Vary"]
    assert b"alice" in gzip.decompress(packed.content)
    assert "Content-Encoding" not in alices.get(address).headers


@pytest.mark.parametrize("wanted", ["gzip;q=0, identity", "br, gzip ; q=0.0", "identity"])
def test_who_refuses_what_is_packed_gets_it_as_it_is(alices, wanted):
    assert "Content-Encoding" not in alices.get("/", headers={"Accept-Encoding": wanted}).headers


def test_a_packed_answer_is_known_again(alices):
    headers = {"Accept-Encoding": "gzip"}
    etag = alices.get("/@alice/feed.json", headers=headers)["ETag"]
    again = alices.get("/@alice/feed.json", headers=headers | {"If-None-Match": etag})
    assert again.status_code == 304
