"""The description of the API as a page for people: no script, in the look of the site."""

import json
import shlex
from functools import cache

from django.conf import settings
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from .views import description


@require_safe
def docs(request):
    return render(request, "api/docs.html", {"versions": versions(get_language())})


@cache
def versions(language: str) -> list:
    """[(version, [(tag, [operation])])], each operation as the template wants it."""
    found = {}
    for path, methods in description(language)["paths"].items():
        version = path.split("/")[2]
        for method, operation in methods.items():
            of_tag = found.setdefault(version, {}).setdefault(operation["tags"][0], [])
            of_tag.append(_operation(path, method, operation))
    return [(version, sorted(tags.items())) for version, tags in sorted(found.items())][::-1]


def _operation(path, method, operation):
    content = operation.get("requestBody", {}).get("content", {})
    body = _example_of(content.get("application/json"))
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "description": _prose(operation["description"]),
        "is_public": {} in operation.get("security", [{}]),
        "parameters": [
            each | {"description": _prose(each.get("description", ""))}
            for each in operation.get("parameters", [])
        ],
        "curl": _curl(path, method, operation, body),
        "responses": [
            _response(status, response)
            for status, response in sorted(operation["responses"].items())
        ],
    }


def _response(status, response):
    (content,) = list(response.get("content", {}).values())[:1] or [None]
    is_refusal = status >= "4"
    example = "" if is_refusal else _text(_example_of(content))
    return {
        "status": status,
        "description": _prose(response["description"]),
        "headers": list(response.get("headers", {})),
        "example": example,
    }


def _prose(text):
    """Lines as one, and what stands between backticks as code, as in Markdown."""
    pieces = " ".join(text.split()).split("`")
    form = "".join("<code>{}</code>" if place % 2 else "{}" for place in range(len(pieces)))
    return format_html(form, *pieces)


def _curl(path, method, operation, body):
    is_told_by_body = method == "get" or (method == "post" and body is not None)
    lines = [
        " ".join(
            [
                "curl",
                *([] if is_told_by_body else ["-X", method.upper()]),
                shlex.quote(settings.SITE_URL + path),
            ]
        )
    ]
    if {} not in operation.get("security", [{}]):
        lines.append('-H "Authorization: Bearer $TOKEN"')
    if body is not None:
        lines.append(f"--json {shlex.quote(_text(body))}")
    return " \\\n  ".join(lines)


def _text(example) -> str:
    return "" if example is None else json.dumps(example, indent=2, ensure_ascii=False)


def _example_of(content):
    """The first one of a request or an answer in JSON, or None."""
    for example in (content or {}).get("examples", {}).values():
        return example["value"]
    return None
