"""The description of the API is complete, and is what it says that it is."""

import jsonschema
import pytest
from drf_spectacular.validation import validate_schema

pytestmark = pytest.mark.django_db


@pytest.fixture
def description(client):
    return client.get("/api/schema/").json()


def test_it_is_openapi(description):
    assert description["openapi"] == "3.1.0"
    validate_schema(description)


def test_it_is_made_without_doubts(client, capfd):
    client.get("/api/schema/")
    assert "Warning" not in capfd.readouterr().err


def test_every_operation_says_what_it_does(description):
    for path, operations in description["paths"].items():
        for method, operation in operations.items():
            assert operation.get("description"), f"{method} {path}"
            assert operation["responses"].keys() & {"200", "201", "202", "204"}, f"{method} {path}"
            assert "429" in operation["responses"], f"{method} {path}"


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
