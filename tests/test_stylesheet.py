"""The look is one thing: room, letters and corners are from one scale each."""

import re

import pytest
from django.conf import settings

ROOM = {"0", "0.25", "0.5", "0.75", "1", "1.5", "2", "3", "4"}  # rem
LETTERS = {"0.75", "0.875", "1", "1.125", "1.5", "2.25"}  # rem
DECLARATION = re.compile(r"^\s*([\w-]+): ([^;{}]*);", re.MULTILINE)
REM = re.compile(r"-?([\d.]+)rem")


@pytest.fixture(scope="module")
def declarations():
    text = (settings.BASE_DIR / "static/css/site.css").read_text()
    return DECLARATION.findall(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))


def off(declarations, like, scale):
    """The declarations of properties like this that say a length that is not on the scale."""
    return {
        f"{name}: {value}"
        for name, value in declarations
        if re.fullmatch(like, name) and not scale.issuperset(REM.findall(value))
    }


def test_there_is_one_scale_for_room(declarations):
    assert not off(declarations, r"(padding|margin)[\w-]*|(row-|column-)?gap", ROOM | {"3.75"})


def test_there_is_one_scale_for_letters(declarations):
    assert not off(declarations, "font|font-size", LETTERS)


def test_corners_are_as_round_as_bootstrap_s_variables_say(declarations):
    """Or a circle; or those of a mark in a text, which are hardly round."""
    said = {value for name, value in declarations if name.endswith("border-radius")}
    variables = {f"var(--bs-border-radius{size})" for size in ("", "-lg", "-pill")}
    assert said <= variables | {"50%", "0.25rem", "0.5rem"}


def test_colours_have_names(declarations):
    """Names are what light and dark differ in; black in shadows is in both."""
    named = {f"{name}: {value}" for name, value in declarations if name.startswith("--")}
    raw = re.compile(r"#[0-9a-f]{3,8}\b|\brgb\((?!0 0 0)")
    assert not {f"{name}: {value}" for name, value in declarations if raw.search(value)} - named
