import pytest

from microblog.api import docs
from microblog.api.samples import sample

pytestmark = pytest.mark.django_db


def test_the_page_has_every_operation(client):
    description = client.get("/api/schema/").json()
    page = client.get("/api/docs/").content.decode()
    for path, operations in description["paths"].items():
        for operation in operations.values():
            assert f'id="{operation["operationId"]}"' in page, path
            assert path in page


def test_the_page_says_which_headers_come(client):
    assert "<code>Location, Retry-After</code>" in client.get("/api/docs/").content.decode()


def test_words_are_set_as_in_markdown():
    assert docs._prose("Its `ETag`,\n  if < 2") == "Its <code>ETag</code>, if &lt; 2"


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "…"),
        ({"type": ["string", "null"], "format": "date"}, "2026-01-02"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Ref"}}, [{"a": 3}]),
        ({"oneOf": [{"enum": ["x", "y"]}, {"type": "null"}]}, "x"),
        ({"type": "object", "properties": {"b": {"type": "boolean"}}}, {"b": True}),
        ({"type": "object", "properties": {"title": {"type": "string"}}}, {"title": "Lemons"}),
        ({}, {}),
    ],
)
def test_samples(schema, expected):
    a = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 3}}}
    assert sample(schema, {"Ref": a}) == expected
