"""The page of an archive, opened from disk in a browser."""

import pytest
from playwright.sync_api import expect

from exports.formats.index_html import IndexHtml
from exports.tests.samples import POSTS, write

pytestmark = pytest.mark.browser

BODIES = "posts => posts.map(post => post.querySelector('div').textContent)"


@pytest.fixture
def page(browser, javascript, tmp_path):
    """The page, which may ask for nothing but the person's picture."""
    path = tmp_path / "index.html"
    path.write_bytes(write(IndexHtml))
    context = browser.new_context(java_script_enabled=javascript)
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    yield page
    assert {url.removeprefix(tmp_path.as_uri()) for url in asked} == {
        "/index.html",
        "/media/avatar.webp",
    }
    context.close()


def test_all_posts_are_there_as_they_were_written(page):
    shown = page.locator("article").evaluate_all(BODIES)
    links = [post for post in POSTS if "://" in post["body"]]
    assert len(shown) == len(POSTS)
    assert [text for text, post in zip(shown, POSTS, strict=True) if post not in links] == [
        post["body"] for post in POSTS if post not in links
    ]


def test_the_search_is_there_with_scripts_only(page, javascript):
    search = page.get_by_role("searchbox")
    expect(search).to_be_visible(visible=javascript)
    if javascript:
        expect(page.locator("article:visible")).to_have_count(len(POSTS))
        search.fill("Álamo NOBODY wrote")
        expect(page.locator("article:visible")).to_have_count(0)
        search.fill("SHORTCODE other")
        expect(page.locator("article:visible")).to_have_count(1)
