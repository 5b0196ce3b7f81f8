"""Every string of ours is there in every language, and nothing else is."""

import os
import re
from functools import cache
from importlib import import_module
from pathlib import Path

import django
import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from django.conf import settings

BASE = Path(settings.BASE_DIR)
LOCALE = BASE / "locale"
GLOSSARIES = BASE / "docs" / "reference"
DJANGO = Path(django.__file__).parent
KEYWORDS = DEFAULT_KEYWORDS | {  # as bin/catalogues has them
    "gettext_lazy": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
}
LANGUAGES = ["es", "zh_Hant"]


@pytest.fixture(scope="module")
def marked():
    """The strings that are marked for translation in the code and the templates."""
    with open(LOCALE / "babel.cfg") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(settings.BASE_DIR, methods, options, KEYWORDS)
    return {(message, context) for _, _, message, _, context in found}


@cache
def catalogue(language):
    with open(LOCALE / language / "LC_MESSAGES" / "django.po", "rb") as file:
        return read_po(file, locale=language)


def _strings(message):
    return message.string if message.pluralizable else [message.string]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_what_is_marked_and_nothing_else(language, marked):
    assert len(marked) > 100
    there = {(message.id, message.context) for message in catalogue(language) if message.id}
    assert there == marked, "Run bin/catalogues and translate what is new."


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_translated_and_sure(language):
    for message in catalogue(language):
        if message.id:
            assert all(_strings(message)), message.id
            assert not message.fuzzy, message.id


def glossary(language):
    """The rows of its table: the terms in English, what we call them, and the words not to use."""
    text = (GLOSSARIES / f"glossary.{language.replace('_', '-')}.md").read_text()
    lines = [line for line in text.splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert [head[0], *head[2:]] == ["English", "not", "note"]
    return [[words(cell) for cell in row[:3]] for row in rows]


def words(cell):
    """Those of "one, two (of some kind)"."""
    return [word for word in re.split("、|, ", re.sub(r" ?\([^)]*\)", "", cell)) if word]


def any_of(words):
    """A pattern of them, as words of their own where words are apart. In small letters or with a
    capital one: the names of settings, which are in capitals, are no words."""
    letter = "[^\\W\u2e80-\uffef]"  # CJK stands together
    small = "|".join(f"[{word[0]}{word[0].upper()}]{re.escape(word[1:])}" for word in words)
    return re.compile(f"(?<!{letter})(?:{small})(?:e?s)?(?!{letter})")


def said(message):
    """Its translations, without placeholders and tags."""
    return [re.sub(r"%\(\w+\)\w|<[^>]*>", " ", string) for string in _strings(message)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_keeps_to_its_glossary(language):
    """What a term is called is the same everywhere, and the glossary says no more than holds."""
    messages = [message for message in catalogue(language) if message.id]
    texts = [(str(message.id).lower(), text) for message in messages for text in said(message)]
    rows = glossary(language)
    assert len(rows) > 20
    for terms, ours, _ in rows:
        answers = [text for asked, text in texts if any(term in asked for term in terms)]
        assert not [word for word in ours if not any(map(any_of([word]).search, answers))]
    others = any_of([word for *_, others in rows for word in others])
    assert not [(found[0], text) for _, text in texts if (found := others.search(text))]


CONVERSION = re.compile(r"%\(\w+\)[-#0-9.]*[a-zA-Z]|%[sdr%]|\{\w*\}")
TAG = re.compile(r"</?[a-z][^>]*>")


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_are_built_like_their_original(language):
    """As what they are filled in, with the same tags, and nothing more or less at their ends."""
    for message in catalogue(language):
        ids = message.id if message.pluralizable else [message.id, message.id]
        for number, string in enumerate(_strings(message) if message.id else []):
            original = ids[min(number, 1)] if len(_strings(message)) > 1 else ids[-1]
            built, like = set(CONVERSION.findall(string)), set(CONVERSION.findall(original))
            # Where it is one, a language may say so in words, or in a figure.
            left_out = {each for each in built ^ like if "%(count)" in each and number == 0}
            assert built ^ like <= left_out, message.id
            assert sorted(TAG.findall(string)) == sorted(TAG.findall(original)), message.id
            assert _ends(string) == _ends(original), message.id
            if "python-format" in message.flags:
                assert "%" not in CONVERSION.sub("", string), message.id


def _ends(text):
    """The white space before and after."""
    return text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_obsolete_is_kept(language):
    assert not catalogue(language).obsolete


def test_bin_run_compiles_what_is_missing_or_older_than_its_source(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(settings.BASE_DIR / "bin")
    bootstrap = import_module("bootstrap")
    called = []
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "call", lambda *command: called.append(command) or 0)
    source = tmp_path / "locale" / "es" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    compiled = source.with_suffix(".mo")
    source.touch()
    bootstrap.compile_catalogues()
    assert len(called) == 1
    for seconds_later, times in [(1, 1), (-1, 2)]:
        compiled.touch()
        moment = source.stat().st_mtime + seconds_later
        os.utime(compiled, (moment, moment))
        bootstrap.compile_catalogues()
        assert len(called) == times
    assert {command[0] for command in called} == {"pybabel"}  # which is among our pins


def test_what_is_said_for_django_is_what_django_says():
    """Reworded there, it would be marked here for nobody, and people would read Django's words."""
    with open(BASE / "microblog/of_django.py", "rb") as file:
        ours = {message for _, message, _, _ in extract("python", file, KEYWORDS)}
    theirs = set()
    for part in ("conf", "contrib/auth"):
        with open(DJANGO / part / "locale/es/LC_MESSAGES/django.po", "rb") as file:
            theirs |= {message.id for message in read_po(file) if message.id}
    assert len(ours) > 10
    assert ours <= theirs
