"""The log of admins, in the language of who reads it."""

from django import template
from django.utils.translation import pgettext_lazy

register = template.Library()

DONE = {  # as the log has it: one of these, and perhaps what was said with it, behind a colon
    "cancelled": pgettext_lazy("log", "cancelled"),
    "tried again": pgettext_lazy("log", "tried again"),
    "hidden": pgettext_lazy("log", "hidden"),
    "shown again": pgettext_lazy("log", "shown again"),
    "dismissed": pgettext_lazy("log", "dismissed"),
    "suspended": pgettext_lazy("log", "suspended"),
    "restored": pgettext_lazy("log", "restored"),
    "picture removed": pgettext_lazy("log", "picture removed"),
    "export begun for them": pgettext_lazy("log", "export begun for them"),
}


@register.filter
def logged(entry) -> str:
    """What an entry says was done."""
    said = entry.get_change_message()
    what, colon, more = said.partition(":")
    return f"{DONE[what]}{colon}{more}" if what in DONE else said
