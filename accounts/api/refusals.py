"""Refusals beside those that every operation of its kind has."""

from drf_spectacular.utils import OpenApiResponse
from rest_framework.exceptions import APIException


class TooLate(APIException):
    """It is gone."""

    status_code = 410


class Outdated(APIException):
    """It is not any more what the program believes (RFC 9110, section 13.1.1)."""

    status_code = 412


def error(status: int, words: str) -> dict:
    """For `responses`: one of the first version."""
    schema = {"$ref": "#/components/schemas/Error"}
    return {(status, "application/json"): OpenApiResponse(schema, words)}
