"""Pages of lists, linked by `Link` headers (RFC 8288)."""

from django.core.exceptions import ValidationError as DjangoValidationError
from django.utils.translation import gettext as _
from rest_framework import pagination
from rest_framework.exceptions import NotFound, ValidationError

LIMIT, LIMIT_MAX = 20, 100  # items


class Pages(pagination.CursorPagination):
    """Each page is named by a place in the list, not by a number: nothing repeats or is skipped
    while things are added. A view names its `ordering`, with a column that is unique at its end."""

    ordering = ("-id",)
    page_size = LIMIT
    page_size_query_param = "limit"
    max_page_size = LIMIT_MAX

    def get_page_size(self, request):
        asked = request.query_params.get(self.page_size_query_param, str(LIMIT))
        if asked.isascii() and asked.isdecimal() and 1 <= int(asked) <= LIMIT_MAX:
            return int(asked)
        words = _("A whole number from 1 to %(most)s, please.") % {"most": LIMIT_MAX}
        raise ValidationError({self.page_size_query_param: [words]})

    def get_ordering(self, request, queryset, view):
        return tuple(getattr(view, "ordering", self.ordering))

    def paginate_queryset(self, queryset, request, view=None):
        try:
            return super().paginate_queryset(queryset, request, view)
        except (NotFound, DjangoValidationError, ValueError, TypeError, OverflowError) as error:
            words = _("This is no cursor of ours. Take them as the answers have them.")
            raise ValidationError({self.cursor_query_param: [words]}) from error

    def get_paginated_response(self, data):
        response = super().get_paginated_response(data)
        links = {"next": self.get_next_link(), "prev": self.get_previous_link()}
        if said := ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items() if url):
            response["Link"] = said
        return response
