"""Several things in one sentence. Here, for all that stand above may import it."""

from collections.abc import Iterable

from babel.lists import format_list
from django.utils.translation import get_language, to_locale

ENGLISH = "en_GB"  # ours has no comma before its "and"


def listed(things: Iterable) -> str:
    """As the reader's language has it: "a, b and c", "a, b y c", "a、b和c"."""
    locale = to_locale(get_language())
    return format_list([str(each) for each in things], locale=ENGLISH if locale == "en" else locale)
