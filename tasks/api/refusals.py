"""What may be refused beside what `microblog/api/schema.py` adds to every operation of its kind."""

from drf_spectacular.utils import OpenApiResponse
from rest_framework.exceptions import APIException

from tasks.registry import Refused


class Conflict(APIException):
    """What was asked for does not go with how things are."""

    status_code = 409


class TooLate(APIException):
    """It is gone."""

    status_code = 410


class Outdated(APIException):
    """It is not any more what the program believes (RFC 9110, section 13.1.1)."""

    status_code = 412


class Refusing:
    """A view in which Refused is answered in its words."""

    def handle_exception(self, error):
        return super().handle_exception(
            Conflict(error.words) if isinstance(error, Refused) else error
        )


def problem(status: int, words: str) -> dict:
    """For `responses`: that something may be refused, and why."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {(status, "application/problem+json"): OpenApiResponse(schema, words)}


def error(status: int, words: str) -> dict:
    """The same, of the first version."""
    schema = {"$ref": "#/components/schemas/Error"}
    return {(status, "application/json"): OpenApiResponse(schema, words)}
