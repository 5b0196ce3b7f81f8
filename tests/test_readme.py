"""The README is one text in all languages, and what our documents lead to is there."""

import re
from collections import Counter
from fnmatch import fnmatch

import pytest
from babel.messages.pofile import read_po

from .documents import ROOT, blocks, is_a_test
from .markdown import Document, commands, everything

ENGLISH = Document("README.md")
OTHERS = {"es": Document("README.es.md"), "zh_Hant": Document("README.zh-Hant.md")}
LANGUAGES = {"README.md": "English", "README.es.md": "Español", "README.zh-Hant.md": "繁體中文"}
PEOPLE = {"alice", "bob", "charlie"}  # each language has who reads it sign in
# Which test runs the commands that it names; those that it shows say so themselves.
RUN_BY = {
    "PORT=8001 bin/run": "tests/test_bin_run.py::test_everything_works_and_stops_and_works_again",
    "EXPORT_POSTS_PER_SECOND=5 bin/run": (
        "tests/test_bin_run.py::test_it_stops_in_the_middle_of_an_export"
    ),
    "bin/test --all": ".ci/run::exec bin/test --all",
    "bin/test blog -k title": "tests/test_recipes.py::test_what_they_promise_is_there",
    "manage.py doctor": "tests/test_docs_commands.py::test_recipes_of_operators",
    "manage.py qcluster": "tests/conftest.py::start_qcluster",
}
COMMAND = re.compile(r"([A-Z_]+=\S+ )?(bin/\w+|manage\.py \w+)( .*)?")
of_each_language = pytest.mark.parametrize("language", OTHERS)


def in_step(language):
    """(section in English, the same in that language)"""
    return zip(ENGLISH.sections, OTHERS[language].sections, strict=True)


@of_each_language
def test_the_headings_are_those_of_the_english_one(language):
    levels = [[level for level, _ in each.headings] for each in (ENGLISH, OTHERS[language])]
    assert levels[0] == levels[1]
    assert len(set(OTHERS[language].headings)) == len(levels[0])


@of_each_language
def test_the_commands_and_names_are_those_of_the_english_one(language):
    for english, other in in_step(language):
        named = [Counter(set(each.code) - PEOPLE) for each in (english, other)]
        assert named[0] == named[1], english.headings
        shown = [list(map(without_words, each.blocks)) for each in (english, other)]
        assert shown[0] == shown[1], english.headings


def without_words(block):
    """What is the same in a block in whatever language its words are."""
    language, text, _ = block
    if language == "sh":
        return commands(text)
    if text.startswith("microblog/"):
        return [(path, Counter(names)) for path, names in tree(text)]
    return text


@of_each_language
def test_the_links_and_pictures_are_those_of_the_english_one(language):
    for english, other in in_step(language):
        assert english.pictures == other.pictures
        assert Counter(led_to(english, ENGLISH)) == Counter(led_to(other, OTHERS[language]))


def led_to(section, readme):
    """Where the links lead, and of the README's own headings their number."""
    for link in section.links:
        if link.startswith("#"):
            yield readme.anchors.index(link[1:])
        elif link not in LANGUAGES:
            yield link


@pytest.mark.parametrize("name", LANGUAGES)
def test_each_names_all_languages_at_its_top(name):
    top = Document(name).text.split("\n\n")[1]
    others = [f"[{called}]({each})" for each, called in LANGUAGES.items() if each != name]
    assert [each for each in top.split(" · ") if "(" in each] == others
    assert LANGUAGES[name] in top.split(" · ")


@of_each_language
def test_what_is_to_be_pressed_is_called_as_on_the_site(language):
    with open(ROOT / "locale" / language / "LC_MESSAGES" / "django.po", "rb") as file:
        said = {each.id: each.string for each in read_po(file)}
    assert len(ENGLISH.bold) > 2
    assert [said[word] for word in ENGLISH.bold] == OTHERS[language].bold


@pytest.mark.parametrize(
    "document", everything(), ids=lambda each: str(each.path.relative_to(ROOT))
)
def test_what_a_document_leads_to_is_there(document):
    assert list(document.lost_links()) == []


def tree(text):
    """(path, the names in what is said of it) of each line of the annotated tree."""
    folder, found = "", []
    for line in text.splitlines():
        indent, name, note = re.fullmatch(r"( *)(\S+) *(.*)", line).groups()
        if len(indent) > 2:  # what is said goes on
            found[-1][1].extend(names_in(f"{name} {note}"))
            continue
        path = f"{folder}{name}" if indent else name
        folder = folder if indent else name
        found.append((path, names_in(note)))
    return found


def names_in(note):
    return re.findall(r"(?<![\w/.-])([\w-]+/(?!\w)|[\w.-]+\.(?:py|md|txt|html|in)\b)", note)


def test_the_tree_has_what_there_is():
    (text,) = (text for _, text, _ in ENGLISH.blocks if text.startswith("microblog/"))
    missing = []
    for path, names in tree(text):
        place = ROOT / path
        folders = [place, place.parent, ROOT]
        missing += [path] * (not place.exists() or place.is_dir() != path.endswith("/"))
        missing += [
            f"{path}: {name}"
            for name in names
            if not any((folder / name).exists() for folder in folders)
        ]
    assert missing == []


def test_nothing_of_the_top_is_left_out():
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines()] + [
        ".git",
        ".gitignore",
        ".dockerignore",
    ]
    there = [
        f"{each.name}/" if each.is_dir() else each.name
        for each in ROOT.iterdir()
        if not any(fnmatch(each.name, pattern) for pattern in ignored)
    ]
    named = re.findall(r"[\w./-]+", ENGLISH.text)
    assert [name for name in there if name not in {*named, *LANGUAGES}] == []


def test_each_command_is_run_by_a_test():
    named = {span for span in ENGLISH.code if COMMAND.fullmatch(span)}
    assert named == set(RUN_BY)
    for place in RUN_BY.values():
        path, _, name = place.partition("::")
        if name.startswith("test_"):
            assert is_a_test(place), place
        else:
            assert name in (ROOT / path).read_text(), place
    shown = [block for block in blocks("../README.md") if block.language == "sh"]
    assert len(shown) > 3
    assert [block.text for block in shown if not is_a_test(block.run_by or "")] == []


def test_what_is_lost_would_be_found(tmp_path):
    (tmp_path / "a.md").write_text("# A b\n## C\n## C\n```\n# d\n```\n`[x](y)`")
    text = "[1](a.md) [2](a.md#c-1) [3](b.md) [4](a.md#d) [5](#e) <https://a.b/>"
    (tmp_path / "c.md").write_text(text)
    assert list(Document(tmp_path / "c.md").lost_links()) == ["b.md", "a.md#d", "#e"]
    assert Document(tmp_path / "a.md").anchors == ["a-b", "c", "c-1"]
    assert list(Document(tmp_path / "a.md").lost_links()) == []
