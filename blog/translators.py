"""Services that translate what people write. One is asked when somebody wants to read a post in
their own language, if settings.TRANSLATOR names it."""

import logging
import threading
import time

import orjson
import requests
from django.conf import settings
from django.core.exceptions import ValidationError
from urllib3.exceptions import HTTPError

from accounts.validators import validate_not_blank, validate_storable

CONNECT_TIMEOUT = 1  # seconds
TIMEOUT = 5  # seconds, for the whole of an answer
REST = 30.0  # seconds in which a service that did not answer is not asked again
AT_ONCE = 2  # questions of a process, whose other threads draw pages meanwhile
ANSWER_MAX = 100_000  # bytes

SILENCE = (requests.ConnectionError, requests.Timeout, HTTPError)
JUNK = (requests.RequestException, HTTPError, LookupError, TypeError, ValueError, ValidationError)

logger = logging.getLogger(__name__)

_free = threading.BoundedSemaphore(AT_ONCE)
_rest_until = {}  # by the address of a service


class TranslationFailed(Exception):
    """The service can't be reached, is too slow, or does not answer with a translation."""


class Translator:
    """A service that is sent JSON by HTTP. What it is asked and how it answers is a subclass's."""

    name = ""
    codes = {}  # of languages, where its own differ; None: it finds out by itself

    def __init__(self, url: str, key: str = "", region: str = ""):
        self.url, self.key, self.region = url.rstrip("/"), key, region

    def question(self, text, source, target) -> dict:
        """What requests.post() is called with."""
        raise NotImplementedError

    def answer(self, said) -> str:
        """The text in the decoded answer. Raises LookupError or TypeError if there is none."""
        raise NotImplementedError

    def translate(self, text: str, source: str, target: str) -> str:
        """The text of the language `source` (ISO 639-1) in `target` (one of settings.LANGUAGES).

        Raises TranslationFailed.
        """
        source, target = (self.codes.get(code, code) for code in (source, target))
        try:
            translation = self.answer(self._ask(self.question(text, source, target)))
            validate_storable(translation)
            validate_not_blank(translation)
        except JUNK as error:
            logger.warning("%s at %s does not translate: %r", self.name, self.url, error)
            raise TranslationFailed from error
        return translation

    def _ask(self, question):
        """The decoded answer, or what failed as one of JUNK. A service that hangs holds only so
        many threads, and those only once in a while."""
        if time.monotonic() < _rest_until.get(self.url, 0.0) or not _free.acquire(blocking=False):
            raise TranslationFailed
        try:
            return _post(**question)
        except SILENCE:
            _rest_until[self.url] = time.monotonic() + REST
            raise
        finally:
            _free.release()


class LibreTranslate(Translator):
    """A server of one's own, or any that speaks like it: https://docs.libretranslate.com"""

    name = "LibreTranslate"
    codes = {"no": "nb", "zh-hant": "zt"}

    def question(self, text, source, target):
        asked = {"q": text, "source": source, "target": target, "format": "text"}
        if self.key:
            asked["api_key"] = self.key
        return {"url": f"{self.url}/translate", "json": asked}

    def answer(self, said):
        return said["translatedText"]


class Azure(Translator):
    """Azure Translator, version 3.0 of its interface:
    https://learn.microsoft.com/azure/ai-services/translator/text-translation/reference/v3/translate
    """

    name = "Azure Translator"
    # It has Chinese and Serbian by their script only, which nobody has told us.
    codes = {"no": "nb", "tl": "fil", "zh-hant": "zh-Hant", "zh": None, "sr": None}

    def question(self, text, source, target):
        headers = {"Ocp-Apim-Subscription-Key": self.key}
        if self.region:
            headers["Ocp-Apim-Subscription-Region"] = self.region
        return {
            "url": f"{self.url}/translate",
            "params": {"api-version": "3.0", "from": source, "to": target},
            "headers": headers,
            "json": [{"Text": text}],
        }

    def answer(self, said):
        return said[0]["translations"][0]["text"]


def _post(url, **asked):
    """The decoded answer, or what failed as one of JUNK."""
    until = time.monotonic() + TIMEOUT
    answer = b""
    with requests.post(
        url, timeout=(CONNECT_TIMEOUT, TIMEOUT), stream=True, allow_redirects=False, **asked
    ) as response:
        response.raise_for_status()
        # The time-out of requests is for each piece; a server may send one a second for ever.
        while piece := response.raw.read1(ANSWER_MAX, decode_content=True):
            answer += piece
            if len(answer) > ANSWER_MAX:
                raise ValueError("The answer is too long.")
            if time.monotonic() > until:
                raise requests.Timeout
    return orjson.loads(answer)


KINDS = {"libretranslate": LibreTranslate, "azure": Azure}


def configured() -> Translator | None:
    """The service that this site asks, if there is one."""
    kind = KINDS.get(settings.TRANSLATOR)
    return kind and kind(**settings.TRANSLATOR_OPTIONS)
