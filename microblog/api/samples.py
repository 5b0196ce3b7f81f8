"""Examples of what is sent and answered, for where a view gives none."""

NAMED = {  # texts and lists, by the name that they have where they are
    "about": "I like lemons.",
    "body": "Thank you, @bob! #lemons",
    "content": "Thank you, @bob! #lemons",
    "description": "Export of your posts",
    "display_name": "Alice",
    "error": "Not Found",
    "filename": "posts.json",
    "job": "exports.jobs.export_posts",
    "language": "en",
    "name": "My script",
    "password": "correct-horse-battery",
    "phase": "Writing your posts",
    "secret": "whsec_bGVtb25zIGFuZCBsaW1lcw",
    "time_zone": "Europe/Madrid",
    "title": "Lemons",
    "token": "Qm9iIGxpa2VzIGxlbW9ucy4gQWxpY2UgdG9v",
    "username": "alice",
}
OF_FORMAT = {
    "date": "2026-01-02",
    "date-time": "2026-01-02T03:04:05Z",
    "email": "alice@example.com",
    "uri": "https://example.org/",
    "uuid": "0198f3a2-6d1c-7c3e-9a51-3c6f1f0a7b2e",
}


def sample(schema: dict, schemas: dict, name: str = ""):
    """Something that the JSON Schema permits, which may refer to one of `schemas`. `name`: that of
    the property which it is the value of."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas, name)
    for keyword in ("example", "const", "default"):
        if schema.get(keyword) is not None:
            return schema[keyword]
    for keyword in ("examples", "enum"):
        if schema.get(keyword):
            return schema[keyword][0]
    for keyword in ("allOf", "oneOf", "anyOf"):
        if keyword in schema:
            return sample(schema[keyword][0], schemas, name)
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    return _SAMPLES.get(kind, lambda *_: None)(schema, schemas, name)


def _text(schema, schemas, name):
    return OF_FORMAT.get(schema.get("format")) or NAMED.get(name, "…")


def _object(schema, schemas, name):
    inner = schema.get("properties", {})
    return {key: sample(value, schemas, key) for key, value in inner.items()}


_SAMPLES = {
    "object": _object,
    "array": lambda schema, schemas, name: [sample(schema.get("items", {}), schemas, name)],
    "string": _text,
    "integer": lambda schema, schemas, name: schema.get("minimum", 1),
    "number": lambda schema, schemas, name: schema.get("minimum", 1.5),
    "boolean": lambda schema, schemas, name: True,
}
