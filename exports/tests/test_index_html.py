import re
from dataclasses import replace

import pytest

from exports.formats.index_html import IndexHtml

from .samples import ABOUT, POSTS, full, post, text_of, write

BODY = re.compile(r'<div dir="auto">(.*?)</div>\n</article>\n', re.DOTALL)


def test_there_is_an_article_for_each_post():
    articles = re.findall(r'<article id="post-(\d+)"', write(IndexHtml).decode())
    assert articles == [str(item["id"]) for item in POSTS]


def test_each_text_is_there():
    bodies = BODY.findall(write(IndexHtml).decode())
    assert list(map(text_of, bodies)) == [item["body"] for item in POSTS]


def test_a_post_has_all_that_it_has():
    page = write(IndexHtml, [full("<b>", 5)]).decode()
    assert '<article id="post-5" lang="zh">' in page
    assert '<h2 dir="auto">&lt;b&gt;</h2>' in page
    assert '<a href="https://example.org/posts/5/"><time datetime="2026-01-02T03:00:05Z">' in page
    assert '<time datetime="2027-02-03T04:05:06.000007Z">2027-02-03 04:05 UTC</time>' in page
    assert '<a href="https://example.org/posts/7/?a=1&amp;b=2">' in page


def test_a_post_has_no_more_than_it_has():
    page = write(IndexHtml, [post("a")]).decode()
    assert '<article id="post-1">\n<p><a href="https://example.org/posts/1/">' in page
    assert "<h2" not in page
    assert "edited" not in page


def test_no_posts_are_said_in_the_language_of_the_person():
    assert b"No posts." in write(IndexHtml, [])
    spanish = IndexHtml(replace(ABOUT, words={"No posts.": "Ninguna publicación."}))
    assert "Ninguna publicación." in b"".join(spanish.pieces([])).decode()


def test_it_asks_nothing_of_other_machines():
    page = write(IndexHtml).decode()
    assert not re.findall(r'(?:src|srcset|poster)="(?!media/)|<link|@import|url\(', page)
    assert page.count("<script") == page.count("<style") == 1


@pytest.mark.parametrize("avatar", ["", "media/a.webp"])
def test_the_picture_is_there_if_there_is_one(avatar):
    head = IndexHtml(replace(ABOUT, avatar=avatar)).head().decode()
    assert ('<img src="media/a.webp"' in head) == bool(avatar)
