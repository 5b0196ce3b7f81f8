"""JSON as RFC 8259 has it, taken at its word."""

import codecs
import json

from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.renderers import JSONRenderer


class StrictJSONParser(JSONParser):
    """Takes nothing that programs read differently: no name twice, no NaN, no other charset than
    UTF-8; and nothing nested deeper than Python goes. Raises ParseError."""

    renderer_class = JSONRenderer

    def parse(self, stream, media_type=None, parser_context=None):
        try:
            text = codecs.decode(stream.read(), "utf-8")
            return json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise ParseError(_("The body is no JSON: %(why)s.") % {"why": error}) from error


def _once(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _refuse(constant):
    raise ValueError(f"{constant} is not in JSON")
