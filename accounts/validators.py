"""What text may hold, whoever writes it."""

import re
import unicodedata
import zoneinfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

BLANK = _("Write something first.")
SURROGATE = re.compile("[\ud800-\udfff]")
# Unicode Standard Annex 9: marks that turn the direction of what follows, also outside of the name.
BIDIRECTIONAL_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Letters that take up room and show nothing: Hangul fillers, the empty Braille pattern.
BLANK_LETTERS = "\u115f\u1160\u3164\uffa0\u2800"


def validate_storable(text: str):
    """Refuse the two things that a database or a file can't hold: NUL and lone surrogates. Other
    control characters are kept, real text has them."""
    if "\0" in text:
        raise ValidationError(_("Null characters are not allowed."), code="null_characters")
    if SURROGATE.search(text):
        raise ValidationError(_("The text contains a broken character."), code="surrogate")


def validate_not_blank(text: str):
    if not text.strip():
        raise ValidationError(BLANK, code="blank")


def validate_display_name(name: str):
    """Any script will do, but it has to be seen, and may not rearrange what stands beside it."""
    validate_storable(name)
    if BIDIRECTIONAL_CONTROLS.search(name) or any(map(_is_control, name)):
        raise ValidationError(_("A name has no control characters."), code="control_characters")
    if not any(map(_is_visible, name)):
        raise ValidationError(_("A name has at least one character to be seen."), code="invisible")


def _is_control(character):
    return unicodedata.category(character) in {"Cc", "Zl", "Zp"}


def _is_visible(character):
    # Categories of the Unicode Standard: letters, numbers, punctuation, symbols. A mark is seen on
    # one of these; by itself, many a one is not.
    return unicodedata.category(character)[0] in "LNPS" and character not in BLANK_LETTERS


def validate_time_zone(name: str):
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("This time zone is not known."), code="time_zone")
