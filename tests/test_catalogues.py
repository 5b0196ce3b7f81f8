"""Every string of ours is there in every language, and nothing else is."""

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po
from django.conf import settings

LOCALE = Path(settings.BASE_DIR) / "locale"
GLOSSARIES = Path(settings.BASE_DIR) / "docs" / "reference"
KEYWORDS = DEFAULT_KEYWORDS | {"pgettext_lazy": ((1, "c"), 2)}
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


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_what_is_marked_and_nothing_else(language, marked):
    assert len(marked) > 100
    there = {(message.id, message.context) for message in catalogue(language) if message.id}
    assert there == marked, "Run bin/catalogues and translate what is new."


@pytest.mark.parametrize("language", LANGUAGES)
def test_everything_is_translated_and_sure(language):
    for message in catalogue(language):
        if message.id:
            strings = message.string if message.pluralizable else [message.string]
            assert all(strings), message.id
            assert not message.fuzzy, message.id


def placeholders(text):
    """The names in `%(name)s` of a text."""
    return set(re.findall(r"%\((\w+)\)", text))


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_have_the_placeholders_of_their_original(language):
    for message in catalogue(language):
        if message.id:
            ids = message.id if message.pluralizable else [message.id]
            strings = message.string if message.pluralizable else [message.string]
            for string in strings:
                # Some languages say "your post" for one of them.
                left_out = {"count"} if message.pluralizable and string == strings[0] else set()
                missing = placeholders(ids[-1]) - placeholders(string)
                assert missing <= left_out, message.id
                assert placeholders(string) <= placeholders(ids[-1]), message.id


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


def _strings(message):
    return message.string if message.pluralizable else [message.string]
