"""From text to terms. Pure: no database, no clock, no settings.

A word in letters is found by its stem in English and in Spanish (Snowball), in any case, with or
without its accents. Chinese, Japanese and Korean are written without spaces between words, so each
character and each pair of neighbours is a term.
"""

import re
import threading
import unicodedata
from functools import lru_cache

import snowballstemmer
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

WORDS_MAX = 10  # of a query; what is beyond is not looked for
CJK = (
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"  # kana, Han, Hangul
    "\U00020000-\U0003ffff"
)
TOKEN = re.compile(rf"(?P<cjk>[{CJK}]+)|(?:(?![{CJK}])[^\W_])+")

_stemmers = threading.local()  # they are no good for two threads at once


def terms(*texts: str) -> list[str]:
    """All terms of the texts, in their order."""
    return [term for text in texts for token in TOKEN.finditer(text) for term in _terms(token)]


def wanted(query: str) -> list[set[str]]:
    """What to look for: a text is found that has of each set at least one term."""
    found = []
    for token in TOKEN.finditer(query):
        if not token["cjk"]:
            found.append(_stems(token[0]))
            continue
        characters = _folded(token[0])
        found += [{pair} for pair in _pairs(characters)] or [set(characters)]
    return [each for each in found if each][:WORDS_MAX]  # of some tokens no letter is left


def highlight(text: str, query: str, begun: bool = False) -> SafeString:
    """The text as HTML with what the query found in <mark>; begun: its last word may have been the
    beginning of one."""
    groups = wanted(query)
    sought = set().union(*groups)
    beginnings = tuple(groups[-1]) if begun and groups else ()
    marked = []
    for token in TOKEN.finditer(text):
        start = token.start()
        if not token["cjk"]:
            stems = _stems(token[0])
            if sought & stems or any(stem.startswith(beginnings) for stem in stems):
                marked.append((start, token.end()))
            continue
        for place, character in enumerate(token[0], start):
            if _folded(character) in sought:
                marked.append((place, place + 1))
            if _folded(text[place : place + 2]) in sought:
                marked.append((place, place + 2))
    html, end = [], 0
    for start, stop in _joined(marked):
        html += [escape(text[end:start]), "<mark>", escape(text[start:stop]), "</mark>"]
        end = stop
    return mark_safe("".join(html) + escape(text[end:]))  # noqa: S308 (all parts are escaped)


def _joined(spans):
    """Spans in order, those that touch made one."""
    joined = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


def _terms(token):
    if not token["cjk"]:
        return sorted(_stems(token[0]))
    characters = _folded(token[0])
    return [*characters, *_pairs(characters)]


def _pairs(characters):
    return [first + second for first, second in zip(characters, characters[1:], strict=False)]


@lru_cache(50_000)
def _stems(word) -> frozenset[str]:
    word = unicodedata.normalize("NFKC", word).casefold()
    if not hasattr(_stemmers, "english"):
        _stemmers.english = snowballstemmer.stemmer("english")
        _stemmers.spanish = snowballstemmer.stemmer("spanish")
    stems = _stemmers.english.stemWord(_folded(word)), _stemmers.spanish.stemWord(word)
    return frozenset(filter(None, map(_folded, stems)))


def _folded(text):
    """Without case and accents; what stands for the same is the same (Unicode: NFKC)."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    # Composed again: of Korean syllables it is not the letters that are looked for.
    return unicodedata.normalize("NFC", "".join(each for each in text if each.isalnum()))
