import re
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import frontmatter
import pytest

from exports.formats import Damaged
from exports.formats.markdown import Markdown

from .samples import ABOUT, POSTS, full, post, text_of

HUGO = Path(sys.executable).with_name("hugo")


def files(posts):
    return dict(Markdown(ABOUT).files(posts))


def build(folder, posts):
    """The site that hugo makes of the folder."""
    markdown = Markdown(ABOUT)
    for name, content in [*markdown.site(), *markdown.files(posts)]:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    command = [HUGO, "--source", folder / "markdown", "--destination", folder / "built"]
    done = subprocess.run([*command, "--panicOnWarning"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / "built"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build(tmp_path_factory.mktemp("hugo"), POSTS)


class TestHugo:
    def test_it_makes_a_page_of_each_post(self, site):
        assert len(list((site / "posts").rglob("index.html"))) == len(POSTS)

    @pytest.mark.parametrize("item", POSTS, ids=lambda item: item["id"])
    def test_a_page_shows_what_was_written(self, site, item):
        page = (site / f"posts/2026/{item['id']}/index.html").read_bytes().decode()
        assert page.count("<article") == 1
        shown = re.search(r'<div class="text" dir="auto"><p>(.*)</p>\n</div>', page, re.DOTALL)
        assert text_of(shown[1]) == item["body"]

    def test_a_title_is_shown_as_it_is(self, site):
        titled = next(item for item in POSTS if "{{<" in item.get("title", ""))
        page = (site / f"posts/2026/{titled['id']}/index.html").read_text()
        assert text_of(re.search("<h1 .*?>(.*?)</h1>", page)[1]) == titled["title"]

    def test_the_front_page_has_the_newest_and_leads_to_the_others(self, site):
        front = (site / "index.html").read_text()
        assert f'<html lang="{ABOUT.language}">' in front
        assert front.count("<article") == 50
        assert 'rel="next"' in front

    def test_a_site_without_posts_says_so(self, tmp_path):
        assert "No posts." in (build(tmp_path, []) / "index.html").read_text()


class TestFile:
    def test_its_front_matter_has_all_that_the_post_has(self):
        (content,) = files([full("今天: \"x\" 'y' #z", 5)]).values()
        assert frontmatter.loads(content.decode()).metadata == {
            "title": "今天: \"x\" 'y' #z",
            "date": "2026-01-02T03:00:05Z",
            "lastmod": "2027-02-03T04:05:06.000007Z",
            "id": 5,
            "original": "https://example.org/posts/5/",
            "language": "zh",
            "reply_to": "https://example.org/posts/7/?a=1&b=2",
        }

    @pytest.mark.parametrize("item", POSTS, ids=lambda item: item["id"])
    def test_its_front_matter_is_read_as_it_was_written(self, item):
        (content,) = files([item]).values()
        read = frontmatter.loads(content.decode())
        assert read.get("title") == item.get("title")
        assert datetime.fromisoformat(read["date"]) == datetime.fromisoformat(item["timestamp"])
        assert read["id"] == item["id"]

    def test_it_is_named_for_its_year_and_number(self):
        assert list(files([post("a", 12)])) == ["markdown/content/posts/2026/12.md"]

    @pytest.mark.parametrize(
        ("text", "written"),
        [
            ("plain, it's (so) - 1. or #2!", "plain, it's (so) - 1. or #2!"),
            ("a\n\nb", "a\\\n\\\nb"),
            ("12. a", "12\\. a"),
            ("- a\n# b", "\\- a\\\n\\# b"),
            ("  a ", "&#32;&#32;a&#32;"),
            ("*a* {{< b >}}", "\\*a\\* \\{\\{\\< b \\>\\}\\}"),
            ("a\\\n", "a&#92;&#10;"),
            ("@bob", "[@bob](<https://example.org/@bob/>)"),
            ("http://a.b/_c.", "[http://a.b/\\_c](<http://a.b/\\_c>)."),
        ],
    )
    def test_what_markdown_would_interpret_is_escaped(self, text, written):
        (content,) = files([post(text)]).values()
        assert content.decode().partition("---\n\n")[2] == f"{written}\n"

    def test_they_are_counted(self):
        markdown = Markdown(ABOUT)
        written = [content for _, content in markdown.files(POSTS)]
        assert sum(Markdown.count([content]) for content in written) == markdown.written

    def test_one_that_is_cut_off_is_damaged(self):
        (content,) = files([full("a\n\n\\\nb\\", 5)]).values()
        for end in range(len(content)):
            with pytest.raises(Damaged):
                Markdown.count([content[:end]])

    @pytest.mark.parametrize(
        ("old", "new"), [(b"---\n", b"-+-\n"), (b'"zh"', b'"zh'), (b"date:", b"date=")]
    )
    def test_one_whose_front_matter_is_malformed_is_damaged(self, old, new):
        (content,) = files([full("a", 5)]).values()
        with pytest.raises(Damaged):
            Markdown.count([content.replace(old, new, 1)])

    def test_what_never_ends_is_damaged_before_it_fills_the_memory(self):
        with pytest.raises(Damaged):
            Markdown.count(iter(lambda: b"x" * 65_536, None))
