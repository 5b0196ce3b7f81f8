import json
from xml.etree import ElementTree

import pytest
from django.contrib.staticfiles import finders

from blog import sitemaps
from blog.models import Post
from conftest import make_person

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
ATOM = "{http://www.w3.org/2005/Atom}"
SITE = "http://127.0.0.1:8000"


@pytest.fixture
def posts(alice):
    alice.display_name = "Alice \u0007 & Co"
    alice.save()
    odd = Post.objects.create(author=alice, body="bell \x07 <b> @alice\nnext", title="Odd & one")
    return [odd, Post.objects.create(author=alice, body="plain words")]


def test_atom_is_valid_with_any_text(client, posts):
    response = client.get("/@ALICE/feed.atom")
    assert response["Content-Type"] == "application/atom+xml"
    feed = ElementTree.fromstring(response.content)
    assert feed.find(f"{ATOM}title").text == "Alice \ufffd & Co on Microblog"
    plain, odd = feed.findall(f"{ATOM}entry")
    assert odd.find(f"{ATOM}title").text == "Odd & one"
    assert odd.find(f"{ATOM}id").text == f"{SITE}/posts/{posts[0].pk}/"
    assert odd.find(f"{ATOM}summary").text == (
        f'bell \ufffd &lt;b&gt; <a href="{SITE}/@alice/">@alice</a><br>next'
    )
    assert plain.find(f"{ATOM}link").get("href") == f"{SITE}/posts/{posts[1].pk}/"


def test_json_feed_has_what_it_needs(client, posts):
    response = client.get("/@alice/feed.json")
    assert response["Content-Type"] == "application/feed+json"
    feed = json.loads(response.content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == f"{SITE}/@alice/feed.json"
    assert [item["content_text"] for item in feed["items"]] == ["plain words", posts[0].body]
    assert feed["items"][1]["id"] == f"{SITE}/posts/{posts[0].pk}/"
    assert feed["items"][1]["title"] == "Odd & one"


@pytest.mark.parametrize("kind", ["atom", "json"])
def test_what_did_not_change_is_not_sent_again(kind, client, posts):
    address = f"/@alice/feed.{kind}"
    same = {"If-None-Match": client.get(address)["ETag"]}
    assert client.get(address, headers=same).status_code == 304
    posts[0].remove()
    assert client.get(address, headers=same).status_code == 200


@pytest.mark.parametrize("kind", ["atom", "json"])
def test_who_is_not_there_has_none(kind, client, posts, alice, django_assert_max_num_queries):
    with django_assert_max_num_queries(2):
        client.get(f"/@alice/feed.{kind}")
    alice.is_active = False
    alice.save()
    assert client.get(f"/@alice/feed.{kind}").status_code == 404


@pytest.mark.parametrize("kind", ["atom", "json"])
def test_who_is_blocked_reads_there_what_they_read_on_the_page(kind, client, posts, alice, bob):
    client.force_login(bob)
    assert "plain words" in client.get(f"/@alice/feed.{kind}").text
    alice.block(bob)
    assert "plain words" not in client.get(f"/@alice/feed.{kind}").text


def test_pages_name_their_feeds_and_how_they_are_shown_elsewhere(client, posts):
    page = client.get("/@alice/").content.decode()
    assert 'type="application/atom+xml" title="Atom" href="/@alice/feed.atom"' in page
    assert f'<link rel="canonical" href="{SITE}/@alice/">' in page
    page = client.get(f"/posts/{posts[0].pk}/").content.decode()
    assert '<meta property="og:title" content="Odd &amp; one">' in page
    assert f'<meta property="og:image" content="{SITE}/static/icon-512.png"' in page


def test_robots_are_told_where_to_look(client):
    said = client.get("/robots.txt")
    assert said["Content-Type"].startswith("text/plain")
    assert f"Sitemap: {SITE}/sitemap.xml" in said.content.decode()
    assert "Disallow: /search/" in said.content.decode()


def places(client, address):
    """The addresses that a sitemap has."""
    tree = ElementTree.fromstring(client.get(address).content)
    return [place.text.removeprefix("http://testserver") for place in tree.iter(f"{SITEMAP}loc")]


def test_the_sitemap_has_all_people_and_the_newest_posts(client, alice, posts, bob, monkeypatch):
    monkeypatch.setattr(sitemaps, "LISTED", 1)
    gone = make_person("gone")
    type(gone).objects.filter(pk=gone.pk).update(is_active=False)
    people = []
    for section in places(client, "/sitemap.xml"):
        if "people" in section:
            people += places(client, section)
    assert people == ["/@alice/", "/@bob/"]
    assert places(client, f"/sitemap-people.xml?p={bob.pk}") == ["/@bob/"]
    assert places(client, "/sitemap-posts.xml") == [f"/posts/{posts[1].pk}/"]
    for beyond in ("people.xml?p=999999", "people.xml?p=x", "posts.xml?p=2", "nothing.xml"):
        assert client.get(f"/sitemap-{beyond}").status_code == 404


def test_a_sitemap_of_nothing_is_one(client, db):
    assert client.get("/sitemap.xml").status_code == 200
    assert places(client, "/sitemap-people.xml") == places(client, "/sitemap-posts.xml") == []


@pytest.mark.parametrize(
    ("address", "count"),
    [
        ("/sitemap.xml", 3),
        ("/sitemap-people.xml", 2),
        ("/sitemap-posts.xml", 2),
        ("/@alice/feed.atom", 2),
        ("/@alice/feed.json", 2),
    ],
)
@pytest.mark.parametrize("rows", [10, 20])
def test_queries(address, count, rows, client, alice, django_assert_num_queries):
    for number in range(rows):
        make_person(f"p{number}")
        Post.objects.create(author=alice, body=f"@p{number} #tag")
    with django_assert_num_queries(count):
        assert client.get(address).status_code == 200


def test_the_manifest_names_icons_that_are_there(client):
    said = client.get("/manifest.webmanifest")
    assert said["Content-Type"] == "application/manifest+json"
    for icon in said.json()["icons"]:
        assert finders.find(icon["src"].removeprefix("/static/"))
    assert {icon["sizes"] for icon in said.json()["icons"]} == {"any", "192x192", "512x512"}
