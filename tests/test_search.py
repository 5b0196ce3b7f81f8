"""Finding posts and people, in a browser, with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from blog.models import Post

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(open_as, alice, javascript):
    return open_as(alice, java_script_enabled=javascript)


def search(page, words):
    page.goto("/search/")
    page.get_by_role("main").get_by_role("searchbox").fill(words)
    page.get_by_role("main").get_by_role("button", name="Search").click()


@pytest.mark.parametrize(
    ("said", "sought", "marked"),
    [
        ("Las canciones del puerto", "canción", "canciones"),
        ("She sings of harbours", "singing", "sings"),
        ("今天的末班車沒有人", "末班", "末班"),
    ],
)
def test_a_post_is_found_and_looks_like_one(page, bob, said, sought, marked):
    post = Post.objects.create(author=bob, body=said)
    Post.objects.create(author=bob, body="Something else 車班")
    search(page, sought)
    found = page.get_by_role("article")
    expect(found).to_have_count(1)
    expect(found.locator("mark")).to_have_text(marked)
    expect(found.locator("img.avatar")).to_be_visible()
    head, body = (found.locator(part).bounding_box() for part in (".post-head", ".post-body"))
    assert head["y"] + head["height"] <= body["y"] + 1  # the one above the other
    assert head["x"] == body["x"]
    found.locator(".post-time").click()
    expect(page).to_have_url(f"{page.url.partition('/posts/')[0]}{post.get_absolute_url()}")


def test_people_are_found_and_can_be_followed(page, alice, bob):
    bob.display_name, bob.about = "查理 Quiroga", "Taller de bicicletas"
    bob.save()
    search(page, "quiroga")
    found = page.locator(".person")
    expect(found.locator("mark")).to_have_text("Quiroga")
    found.get_by_role("button", name="Follow").click()
    expect(page.get_by_role("button", name="Unfollow")).to_be_visible()
    search(page, "查理")
    expect(found.get_by_role("button", name="Unfollow")).to_be_visible()
    expect(found.locator("mark")).to_have_text("查理")


def test_where_nothing_is_found_it_says_what_to_do(page, db):
    search(page, "zeppelin")
    expect(page.get_by_text("Try fewer, or others.")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="Look around").click()
    expect(page.get_by_role("heading", name="Explore")).to_be_visible()
