"""Refusals in the description of the API, beside those that every operation of its kind has."""

from drf_spectacular.utils import OpenApiResponse


def error(status: int, words: str) -> dict:
    """For `responses`: one of the first version."""
    schema = {"$ref": "#/components/schemas/Error"}
    return {(status, "application/json"): OpenApiResponse(schema, words)}


def problem(status: int, words: str) -> dict:
    """For `responses`: one of the second version, as a problem (RFC 9457)."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {(status, "application/problem+json"): OpenApiResponse(schema, words)}
