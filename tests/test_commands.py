"""What commands say, in the language of who runs them."""

import os
import subprocess
import sys

import pytest
from django.core.management import get_commands, load_command_class
from django.utils import translation
from django.utils.translation import gettext

from microblog.commands import language_of


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-hant"),
        ({"LANG": "zh_CN"}, "zh-hant"),
        ({"LANG": "es_MX.UTF-8@euro"}, "es"),
        ({"LANG": "fr_FR.UTF-8"}, "en"),
        ({"LANG": "es_ES", "LC_MESSAGES": "en_GB"}, "en"),
        ({"LANG": "en_US", "LC_MESSAGES": "en_GB", "LC_ALL": "es_ES"}, "es"),
        ({"LANG": "es_ES", "LC_ALL": ""}, "es"),
        ({"LANG": "en_US", "LANGUAGE": "fr:zh_TW:es"}, "zh-hant"),
        ({"LANG": "es_ES", "LANGUAGE": "fr"}, "es"),
        ({"LANG": "es_ES", "LANGUAGE": "es", "LC_ALL": "C"}, "en"),
        ({"LANGUAGE": "es", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "POSIX"}, "en"),
        ({"LANG": "../../etc/passwd"}, "en"),
    ],
)
def test_the_shell_says_the_language(environment, language):
    assert language_of(environment, "utf-8") == language


def test_a_terminal_that_lacks_the_letters_gets_those_of_the_sources():
    assert language_of({"LANG": "zh_TW.Big5"}, "big5") == "en"


@pytest.mark.slow
def test_a_command_speaks_it():
    settings = {"DJANGO_SETTINGS_MODULE": "microblog.settings", "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "manage.py", "verify_archive", "--help"],
        env=os.environ | settings | {"LC_ALL": "zh_TW.UTF-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    with translation.override("zh-hant"):
        assert gettext("The archive.") in done.stdout


def test_all_of_ours_say_what_they_are_for_in_the_reader_s_language():
    """At the time of asking: a text of the class would be of the moment of its import."""
    ours = {
        name
        for name, app in get_commands().items()
        if app in {"accounts", "blog", "exports", "microblog", "tasks"}
    }
    assert len(ours) > 5
    for name in ours:
        command = load_command_class(get_commands()[name], name)
        assert isinstance(type(command).help, property), name
