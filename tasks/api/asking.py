"""Asking again: when to, and whether there is anything new."""

from django.utils.cache import get_conditional_response, set_response_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework.permissions import SAFE_METHODS

ASK_AGAIN = 2  # seconds, of what is under way

IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `ETag` of an answer that you have.",
)
NOT_MODIFIED = OpenApiResponse(description="It is still as the answer says that you have.")


class Conditional:
    """A view that tells who has its answer already no more than that (RFC 9110, section 13)."""

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        if request.method not in SAFE_METHODS or response.status_code != 200:
            return response
        set_response_etag(response.render())
        answer = get_conditional_response(request, etag=response["ETag"], response=response)
        if "Retry-After" in response:
            answer["Retry-After"] = response["Retry-After"]
        return answer


def say_when(response, is_active):
    """Have the response say when to ask again, while there is something under way."""
    if is_active:
        response["Retry-After"] = str(ASK_AGAIN)
    return response
