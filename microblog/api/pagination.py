"""Pages of lists, linked by `Link` headers (RFC 8288)."""

import base64
import json
import re

from django.core.exceptions import ValidationError as DjangoValidationError
from django.db.models import Q
from django.utils.translation import gettext as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

from tasks.statements import Selected

CURSOR, LIMIT = "cursor", "limit"
ITEMS, ITEMS_MAX = 20, 100
ONWARD, BACK = "onward", "back"
NAIVE = re.compile(r"\d+-\d+-\d+(.\d+:[\d:.]+)?\s*")  # a moment without its zone
FORGED = (DjangoValidationError, ValueError, TypeError, OverflowError)
URL = {"type": ["string", "null"], "format": "uri"}


class Pages(BasePagination):
    """Each page is named by the row before it or after it, not by a number: nothing repeats or is
    skipped while things are added. A view names its `ordering`, with a column that is unique at its
    end and none that may be null; and as its `page_size` how many items it gives to who does not
    say."""

    ordering = ("-id",)

    def paginate_queryset(self, queryset, request, view=None):
        self.url = request.build_absolute_uri()
        size, ordering = self.size(request, view), getattr(view, "ordering", self.ordering)
        self.columns = [name.lstrip("-") for name in ordering]
        way, place = self._place(request)
        if way == BACK:
            ordering = tuple(_turned(name) for name in ordering)
        place = dict(zip(self.columns, place, strict=False))
        try:
            if isinstance(queryset, Selected):
                rows = queryset.all(_cut, ordering, size + 1, **place)
            else:
                rows = list(_cut(queryset, ordering, size + 1, **place))
        except FORGED as error:
            raise self._no_cursor() from error
        more, rows = len(rows) > size, rows[:size]
        if way == BACK:
            rows.reverse()
        self.next = self._link(ONWARD, rows[-1]) if rows and (more or way == BACK) else None
        self.previous = (
            self._link(BACK, rows[0]) if rows and place and (more or way == ONWARD) else None
        )
        if way == BACK and not rows:
            self.next = remove_query_param(self.url, CURSOR)
        return rows

    def size(self, request, view) -> int:
        """How many items there are on a page. Raises ValidationError."""
        asked = request.query_params.get(LIMIT, str(getattr(view, "page_size", ITEMS)))
        if (
            asked.isascii()
            and asked.isdecimal()
            and len(asked) < 5
            and 1 <= int(asked) <= ITEMS_MAX
        ):
            return int(asked)
        words = _("A whole number from 1 to %(most)s, please.") % {"most": ITEMS_MAX}
        raise ValidationError({LIMIT: [words]})

    def get_paginated_response(self, data):
        response = Response({"next": self.next, "previous": self.previous, "results": data})
        self.link(response)
        return response

    def link(self, response):
        """Say in a header of the response where the pages beside this one are."""
        links = {"next": self.next, "prev": self.previous}
        if said := ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items() if url):
            response["Link"] = said

    def get_paginated_response_schema(self, schema):
        return {
            "type": "object",
            "properties": {"next": URL, "previous": URL, "results": schema},
            "required": ["next", "previous", "results"],
        }

    def get_schema_operation_parameters(self, view):
        size = getattr(view, "page_size", ITEMS)
        items = {"type": "integer", "minimum": 1, "maximum": ITEMS_MAX, "default": size}
        cursor = "Names a page. Take it from where the answers link to the next one."
        return [
            {"in": "query", "name": CURSOR, "description": cursor, "schema": {"type": "string"}},
            {"in": "query", "name": LIMIT, "description": "Items on a page.", "schema": items},
        ]

    def _place(self, request):
        """(which way to go, from where: what the columns are there, or nothing)."""
        cursor = request.query_params.get(CURSOR)
        if not cursor:
            return ONWARD, []
        try:
            way, *place = json.loads(base64.urlsafe_b64decode(cursor))
        except (*FORGED, RecursionError) as error:
            raise self._no_cursor() from error
        is_ours = all(isinstance(value, str) and not NAIVE.fullmatch(value) for value in place)
        if way not in (ONWARD, BACK) or not is_ours or len(place) != len(self.columns):
            raise self._no_cursor()
        return way, place

    def _no_cursor(self):
        words = _("This is no cursor of ours. Take them as the answers have them.")
        return ValidationError({CURSOR: [words]})

    def _link(self, way, row):
        there = row.__getitem__ if isinstance(row, dict) else lambda name: getattr(row, name)
        place = json.dumps([way, *(str(there(name)) for name in self.columns)])
        cursor = base64.urlsafe_b64encode(place.encode()).decode()
        return replace_query_param(self.url, CURSOR, cursor)


def _cut(rows, ordering, size, **place):
    """At most so many of the rows of a QuerySet: those that come after a place, or the first."""
    if place:
        rows = rows.filter(_beyond(ordering, place.values()))
    return rows.order_by(*ordering)[:size]


def _turned(name):
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(ordering, place):
    """The condition of rows that come after `place`. Says first what an index can begin with."""
    (name, *others), (value, *values) = ordering, place
    column, side = name.lstrip("-"), "lt" if name.startswith("-") else "gt"
    if not others:
        return Q(**{f"{column}__{side}": value})
    beside = Q(**{f"{column}__{side}": value}) | _beyond(others, values)
    return Q(**{f"{column}__{side}e": value}) & beside
