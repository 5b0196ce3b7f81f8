"""Writing, answering, changing and finding, in a browser, with JavaScript and without."""

import pytest
from playwright.sync_api import expect

from blog.models import Post

from .waiting import wait_for

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_as, alice, javascript):
    return open_as(alice, java_script_enabled=javascript)


only_with_javascript = pytest.mark.parametrize("javascript", [True], indirect=True)


def press(page, name):
    page.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def test_a_post_from_its_writing_to_its_undone_deletion(page):
    page.goto("/")
    page.get_by_label("Text").fill("Hello #harbour, from @alice")
    press(page, "Post")
    expect(page.get_by_text("Your post is out.")).to_be_visible()
    post = page.locator(".post").first
    post.get_by_role("link", name="#harbour").click()
    expect(page.get_by_role("heading", name="#harbour")).to_be_visible()

    page.locator(".post").first.get_by_role("link", name="Edit").click()
    page.get_by_label("Text").fill("Goodbye #harbour")
    press(page, "Save")
    page.get_by_role("link", name="edited").click()
    expect(page.get_by_text("Hello #harbour, from @alice")).to_be_visible()
    page.get_by_role("link", name="Back to the post").click()

    page.get_by_label("Text").fill("and an answer")
    press(page, "Answer")
    expect(page.get_by_role("article").filter(has_text="and an answer")).to_be_visible()

    page.get_by_role("article").filter(has_text="Goodbye").get_by_role(
        "link", name="Delete"
    ).click()
    press(page, "Delete")
    expect(page.get_by_text("Your post is deleted.")).to_be_visible()
    press(page, "Undo")
    expect(page.get_by_text("Your post is back.")).to_be_visible()
    assert Post.objects.count() == 2


@only_with_javascript
def test_the_counter_counts_as_the_server_does(page):
    page.goto("/")
    counter = page.locator("[data-counter]")
    page.get_by_label("Text").fill("🦜\n" * 250)
    expect(counter).to_have_text("500 / 500")
    expect(counter).not_to_have_class("too-many")
    page.get_by_label("Text").press("End")
    page.get_by_label("Text").press_sequentially("!")
    expect(counter).to_have_text("501 / 500")
    press(page, "Post")
    expect(page.get_by_text("at most 500 characters").last).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value("🦜\n" * 250 + "!")


@only_with_javascript
def test_a_draft_outlives_its_tab_and_ends_when_it_is_out(page, bob):
    post = Post.objects.create(author=bob, body="question")
    page.goto("/")
    page.get_by_label("Title").fill("Half")
    page.get_by_label("Text").fill("a thought")
    page.goto(f"/posts/{post.pk}/")
    expect(page.get_by_label("Text")).to_have_value("")
    other = page.context.new_page()
    page.close()
    other.goto("/")
    expect(other.get_by_label("Text")).to_have_value("a thought")
    expect(other.get_by_label("Title")).to_have_value("Half")
    other.get_by_label("Text").press("Control+Enter")
    expect(other.get_by_text("Your post is out.")).to_be_visible()
    other.reload()
    expect(other.get_by_label("Text")).to_have_value("")


@only_with_javascript
def test_new_posts_are_counted_and_move_nothing(page, alice, bob):
    alice.follows.add(bob)
    for number in range(20):
        Post.objects.create(author=bob, body=f"old {number}")
    page.clock.install()
    page.goto("/")
    first = page.locator(".post").first
    before = first.bounding_box()
    Post.objects.create(author=bob, body="brand new")
    page.clock.run_for(31_000)
    offer = page.get_by_role("status").get_by_role("link")
    expect(offer).to_have_text("1 new post")
    assert first.bounding_box() == before

    Post.objects.create(author=bob, body="newer still")
    page.clock.run_for(31_000)
    expect(offer).to_have_text("2 new posts")
    page.mouse.wheel(0, 300)
    wait_for(lambda: page.evaluate("scrollY") == 300)  # by our clock: the page's stands still
    before = page.locator(".post").last.bounding_box()
    for number in range(30):
        Post.objects.create(author=bob, body=f"and {number}")
    page.clock.run_for(31_000)
    expect(offer).to_have_text("25+ new posts")
    expect(offer).to_be_in_viewport()
    assert page.locator(".post").last.bounding_box() == before
    expect(page.get_by_text("brand new")).to_have_count(0)
    offer.click()
    expect(page.get_by_text("and 29")).to_be_visible()
