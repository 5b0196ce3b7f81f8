"""`manage.py`, as who runs the site reads it."""

import os
import sys
from collections.abc import Mapping

from django.apps import apps
from django.conf import settings
from django.core.management import ManagementUtility
from django.utils import translation


class Commands(ManagementUtility):
    """Django's, in the language of the shell: Django itself leaves them in LANGUAGE_CODE, which is
    that of our sources, whoever reads them."""

    def fetch_command(self, subcommand):
        command = super().fetch_command(subcommand)
        if apps.ready:  # not where the settings are wrong, and there is only help to be had
            translation.activate(language_of(os.environ, sys.stdout.encoding))
        return command


def language_of(environment: Mapping[str, str], encoding: str) -> str:
    """The one of ours that the shell wants, by the variables that gettext(3) reads, in their order.
    That of the sources in the locale C, where LANGUAGE does not count either, and where `encoding`
    may lack letters: no command is to fall over its words."""
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "C")
    if _code(locale) in {"c", "posix"} or encoding.lower() != "utf-8":
        return settings.LANGUAGE_CODE
    for wanted in [*environment.get("LANGUAGE", "").split(":"), locale]:
        try:
            return translation.get_supported_language_variant(_code(wanted))
        except LookupError:
            continue
    return settings.LANGUAGE_CODE


def _code(locale):
    """That of "zh_TW.UTF-8@modifier" is "zh-tw"."""
    return locale.partition("@")[0].partition(".")[0].replace("_", "-").lower()
