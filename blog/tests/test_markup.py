import random
import re
import time

import pytest

from blog import markup


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("plain & <b>", "plain &amp; &lt;b&gt;"),
        ("hi @Bob_1!", 'hi <a href="/@Bob_1/">@Bob_1</a>!'),
        ("#Perú", '<a href="/tags/per%C3%BA/">#Perú</a>'),
        ("#今天 天氣", '<a href="/tags/%E4%BB%8A%E5%A4%A9/">#今天</a> 天氣'),
        ("#1 of 2", "#1 of 2"),
        (
            "see https://example.org/a?b=1&c=2.",
            'see <a href="https://example.org/a?b=1&amp;c=2" rel="nofollow ugc noopener">'
            "example.org/a?b=1&amp;c=2</a>.",
        ),
        (
            "(http://example.org/wiki_(x))",
            '(<a href="http://example.org/wiki_(x)" rel="nofollow ugc noopener">'
            "example.org/wiki_(x)</a>)",
        ),
        (
            "請看https://example.org/，很好",
            '請看<a href="https://example.org/" rel="nofollow ugc noopener">example.org/</a>，很好',
        ),
        ("https://...", "https://..."),
        ("javascript://alert(1)", "javascript://alert(1)"),
        ("mail me@example.org", "mail me@example.org"),
        ("a&#39;b", "a&amp;#39;b"),
    ],
)
def test_links(text, html):
    assert markup.to_html(text) == html


def test_a_long_address_is_shortened():
    html = markup.to_html("https://example.org/" + "x" * 100)
    assert re.search(">([^<]*)<", html)[1] == "example.org/" + "x" * 27 + "…"
    assert 'href="https://example.org/' + "x" * 100 in html


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@alice and @BOB, @alice", {"alice", "bob"}),
        ("x@alice me@bob.org @@carol https://a.org/@dave", set()),
        ("(@alice) “@bob”", {"alice", "bob"}),
        ("你好@alice，還有@bob嗎", {"alice", "bob"}),
        ("@" + "a" * 31, set()),
        ("@名字", set()),
    ],
)
def test_mentions(text, names):
    assert markup.mentions(text) == names


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("#One #one #TWO", {"one", "two"}),
        ("#Straße", {"strasse"}),
        ("https://a.org/#anchor a#b ##c #12 #", set()),
        ("好#天氣 真好", {"天氣"}),
        ("#a_1, #b-c", {"a_1", "b"}),
    ],
)
def test_tags(text, tags):
    assert markup.tags(text) == tags


def test_a_tag_that_grows_too_long_is_none():
    tag = "ß" * markup.TAG_MAX_LENGTH  # folded, it is twice as long
    assert not markup.tags(f"#{tag}")
    assert "<a" not in markup.to_html(f"#{tag}")


def test_no_markup_of_the_writer_survives():
    dice = random.Random(2026)
    pieces = [
        "<",
        ">",
        '"',
        "'",
        "&",
        "@a",
        "#b",
        "http://x.y/",
        "(",
        ")",
        " ",
        "\n",
        "javascript:",
    ]
    for _ in range(3_000):
        html = markup.to_html("".join(dice.choices(pieces, k=12)))
        bare = re.sub(r'<a href="[^"<>]*"( rel="nofollow ugc noopener")?>|</a>', "", html)
        assert not re.search("[<>\"']", bare)
        assert all(
            re.match(r"https?://|/@|/tags/", href) for href in re.findall('href="([^"]*)"', html)
        )


@pytest.mark.parametrize("piece", ["@", "#", "http://", "http://a" + ")", "@a", "(", "#_"])
def test_it_takes_linear_time(piece):
    text = piece * 20_000
    began = time.perf_counter()
    markup.to_html(text)
    assert time.perf_counter() - began < 5
