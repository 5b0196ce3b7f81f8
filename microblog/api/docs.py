"""The description of the API as a page for people: no script, in the look of the site."""

import json
import shlex
from functools import cache

from django.conf import settings
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

EXAMPLES = {  # of texts, by their format
    "date-time": "2026-01-02T03:04:05Z",
    "date": "2026-01-02",
    "uuid": "0198f3a2-6d1c-7c3e-9a51-3c6f1f0a7b2e",
    "uri": "https://example.org/",
    "email": "alice@example.com",
}


@require_safe
def docs(request):
    return render(request, "api/docs.html", {"versions": versions()})


@cache
def versions() -> list:
    """[(version, [(tag, [operation])])], each operation as the template wants it."""
    description = SchemaGenerator().get_schema(public=True)
    found = {}
    for path, methods in description["paths"].items():
        version = path.split("/")[2]
        for method, operation in methods.items():
            of_tag = found.setdefault(version, {}).setdefault(operation["tags"][0], [])
            of_tag.append(_operation(path, method, operation, description["components"]["schemas"]))
    return [(version, sorted(tags.items())) for version, tags in sorted(found.items())][::-1]


def _operation(path, method, operation, schemas):
    content = operation.get("requestBody", {}).get("content", {})
    body = _example_of(content.get("application/json"), schemas)
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "description": operation["description"],
        "is_public": {} in operation.get("security", [{}]),
        "parameters": operation.get("parameters", []),
        "curl": _curl(path, method, operation, body),
        "responses": [
            _response(status, response, schemas)
            for status, response in sorted(operation["responses"].items())
        ],
    }


def _response(status, response, schemas):
    (content,) = list(response.get("content", {}).values())[:1] or [None]
    is_refusal = status >= "4"
    example = "" if is_refusal else _text(_example_of(content, schemas))
    return {
        "status": status,
        "description": response["description"],
        "headers": list(response.get("headers", {})),
        "example": example,
    }


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


def _example_of(content, schemas):
    """The one that a view gives, or one that is made from the schema; None where there is none."""
    if not content:
        return None
    for example in content.get("examples", {}).values():
        return example["value"]
    return _sample(content["schema"], schemas)


def _sample(schema, schemas):
    """Something that the JSON Schema permits."""
    if "$ref" in schema:
        return _sample(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for keyword in ("example", "const", "default"):
        if schema.get(keyword) is not None:
            return schema[keyword]
    for keyword in ("examples", "enum"):
        if schema.get(keyword):
            return schema[keyword][0]
    for keyword in ("allOf", "oneOf", "anyOf"):
        if keyword in schema:
            return _sample(schema[keyword][0], schemas)
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    return _SAMPLES.get(kind, lambda *_: None)(schema, schemas)


_SAMPLES = {
    "object": lambda schema, schemas: {
        name: _sample(inner, schemas) for name, inner in schema.get("properties", {}).items()
    },
    "array": lambda schema, schemas: [_sample(schema.get("items", {}), schemas)],
    "string": lambda schema, schemas: EXAMPLES.get(schema.get("format"), "…"),
    "integer": lambda schema, schemas: schema.get("minimum", 1),
    "number": lambda schema, schemas: schema.get("minimum", 1.5),
    "boolean": lambda schema, schemas: True,
}
