"""Which language a text is in. Pure: text in, code out."""

from functools import cache

from blog import markup

# What people write; among fewer, fewer are mistaken for one another.
LANGUAGES = (
    *("ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr"),
    *("gl", "he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nl", "no", "pl"),
    *("pt", "ro", "ru", "sk", "sl", "sr", "sv", "sw", "ta", "th", "tl", "tr", "uk", "ur", "vi"),
    "zh",
)
LENGTH_MIN = 3  # letters
CERTAINTY_MIN = 3.0  # natural logarithm of how much likelier it is than the next one


def guess(*texts: str) -> str:
    """The language of the texts together as a code of ISO 639-1, or "" when they hardly say."""
    text = markup.without_links(" ".join(texts))
    if sum(map(str.isalpha, text)) < LENGTH_MIN:
        return ""
    (first, likely), (_, next_likely), *_ = _rank()(text)
    return first if likely - next_likely >= CERTAINTY_MIN else ""


@cache
def _rank():
    import py3langid  # takes a second and 60 MB: only where people write

    py3langid.set_languages(LANGUAGES)
    return py3langid.rank
