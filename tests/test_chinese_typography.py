"""Chinese is set as docs/reference/glossary.zh-Hant.md says."""

import re

import pytest
from babel.messages.pofile import read_po
from django.conf import settings

HAN = "\u3400-\u9fff"
MARKS = "，。：；？！、「」（）…"
IN_CHINESE = {"%(about)s", "%(language)s"}  # what these stand for


@pytest.fixture(scope="module")
def sentences():
    with open(f"{settings.BASE_DIR}/locale/zh_Hant/LC_MESSAGES/django.po", "rb") as file:
        messages = [message for message in read_po(file, locale="zh_Hant") if message.id]
    said = [each.string[0] if each.pluralizable else each.string for each in messages]
    assert len(said) > 100
    return [re.sub("</?strong>", "", sentence) for sentence in said]


def test_letters_and_numbers_are_a_space_apart_from_chinese(sentences):
    for sentence in sentences:
        plain = re.sub("|".join(map(re.escape, IN_CHINESE)), "甲", sentence)
        assert not re.search(rf"[{HAN}][A-Za-z0-9@#%]|[A-Za-z0-9)%][{HAN}]", plain), sentence


def test_marks_are_wide_and_have_no_space_about_them(sentences):
    for sentence in sentences:
        assert not re.search(rf"[{MARKS}] | [{MARKS}]", sentence), sentence
        assert not re.search(rf"[{HAN}][,.;:!?()]|[,;:!?()][{HAN}]", sentence), sentence
