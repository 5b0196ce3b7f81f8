"""The description of the API is complete, and is what it says that it is."""

import jsonschema
import pytest
from drf_spectacular.validation import validate_schema

from microblog.api import views

pytestmark = pytest.mark.django_db


@pytest.fixture
def description(client):
    return client.get("/api/schema/").json()


@pytest.mark.slow
def test_it_is_openapi(description):
    assert description["openapi"] == "3.1.0"
    validate_schema(description)


def test_who_has_it_gets_no_second_one(client):
    etag = client.get("/api/schema/")["ETag"]
    assert client.get("/api/schema/", headers={"If-None-Match": etag}).status_code == 304


def test_it_is_made_without_doubts(client, capfd):
    views.description.cache_clear()
    views.description("en")
    assert "Warning" not in capfd.readouterr().err


def test_every_operation_says_what_it_does(description):
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path}"
            assert operation["responses"].keys() & {"200", "201", "202", "204"}, f"{method} {path}"
            assert "429" in operation["responses"], f"{method} {path}"


def test_every_way_to_show_who_one_is_is_said(description):
    named = {
        name
        for operations in description["paths"].values()
        for operation in operations.values()
        for way in operation.get("security", [])
        for name in way
    }
    assert named == description["components"]["securitySchemes"].keys()


def test_what_is_chosen_from_has_a_name(description):
    schemas = description["components"]["schemas"]
    assert not [name for name in schemas if name.endswith("Enum") and name != "NullEnum"]
    assert not [name for name in schemas if name.endswith("RequestRequest")]


def test_files_are_bytes_to_who_takes_the_first_of_their_kinds(description):
    download = description["paths"]["/api/v2/exports/{id}/download"]["get"]
    for status in ("200", "206"):
        kinds = list(download["responses"][status]["content"])
        assert kinds[0] == "application/octet-stream"
        assert {"application/zip", "application/json"} <= set(kinds)


def test_a_token_is_wanted_or_may_be_shown(description):
    paths = description["paths"]
    assert paths["/api/v1/posts"]["get"]["security"] == [{"token": []}, {}]
    assert paths["/api/v1/posts"]["post"]["security"] == [{"token": []}]


def test_every_call_has_examples_of_its_form(description):
    """Of what is sent and of what is answered; in JSON Schema 2020-12, as OpenAPI 3.1 has it."""
    components = {"components": description["components"]}
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            answers = [said for status, said in operation["responses"].items() if status < "4"]
            for said in [operation.get("requestBody", {}), *answers]:
                if content := said.get("content", {}).get("application/json"):
                    form = jsonschema.Draft202012Validator(content["schema"] | components)
                    assert content["examples"], f"{method} {path}"
                    for example in content["examples"].values():
                        form.validate(example["value"])


@pytest.mark.parametrize(
    ("path", "method", "status", "headers"),
    [
        ("/api/v1/posts", "get", "200", {"Link"}),
        ("/api/v1/posts", "post", "201", {"Location"}),
        ("/api/v1/posts", "post", "401", {"WWW-Authenticate"}),
        ("/api/v1/users", "post", "201", {"Location"}),
        ("/api/v1/users", "post", "429", {"Retry-After"}),
        ("/api/v2/posts", "post", "201", {"ETag", "Location"}),
        ("/api/v2/posts/{id}", "get", "200", {"ETag"}),
        ("/api/v2/posts/{id}", "get", "304", {"ETag"}),
        ("/api/v2/posts/{id}", "patch", "200", {"ETag"}),
        ("/api/v2/posts/{id}", "delete", "204", set()),
        ("/api/v2/timelines/home", "get", "200", {"Link"}),
        ("/api/v2/tasks", "get", "200", {"ETag", "Link", "Retry-After"}),
        ("/api/v2/tasks/{id}", "get", "200", {"ETag", "Retry-After"}),
        ("/api/v2/exports", "post", "202", {"Location", "Retry-After"}),
        ("/api/v2/exports/{id}", "get", "304", {"ETag"}),
        ("/api/v2/exports/{id}/download", "get", "206", {"Content-Range", "ETag"}),
        ("/api/v2/exports/{id}/download", "get", "302", {"Location"}),
        ("/api/v2/webhooks/{id}/ping", "post", "202", {"Location", "Retry-After"}),
    ],
)
def test_headers_of_answers(description, path, method, status, headers):
    answer = description["paths"][path][method]["responses"][status]
    assert answer.get("headers", {}).keys() == headers
