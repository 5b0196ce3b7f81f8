"""What the description of the API (OpenAPI 3.1) says that no view has to."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema as SpectacularAutoSchema
from rest_framework.permissions import SAFE_METHODS

from .errors import FIRST, PROBLEM
from .pagination import CURSOR
from .samples import sample

TEXT, SENTENCES = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
FIELDS = {"type": "object", "additionalProperties": SENTENCES}
COMPONENTS = {
    "Error": {
        "type": "object",
        "description": "What went wrong: its name, and a sentence.",
        "properties": {"error": TEXT, "message": TEXT, "fields": FIELDS},
        "required": ["error", "message"],
    },
    "Problem": {
        "type": "object",
        "description": "What went wrong (RFC 9457); `errors`: with which of what was sent.",
        "properties": {
            "type": TEXT,
            "title": TEXT,
            "status": {"type": "integer"},
            "detail": TEXT,
            "errors": FIELDS,
        },
        "required": ["type", "title", "status"],
    },
}
HEADERS = {
    "Content-Range": {
        "description": "Which part it is, or how large the whole is (RFC 9110, section 14.4).",
        "required": True,
        "schema": TEXT,
    },
    "ETag": {
        "description": "Names what the answer says, for conditions.",
        "required": True,
        "schema": TEXT,
    },
    "Link": {
        "description": "The pages beside this one (RFC 8288): `next`, `prev`.",
        "schema": TEXT,
    },
    "Location": {
        "description": "Where it is to be had.",
        "required": True,
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Retry-After": {
        "description": "In how many seconds to come back, where there is reason to.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "How to show who you are (RFC 9110, section 11.6.1).",
        "required": True,
        "schema": TEXT,
    },
}
WORDS = {
    "400": "What was sent can't be taken.",
    "401": "The token is missing, unknown, revoked or has expired.",
    "403": "The token, or its person, may not do this.",
    "404": "There is no such thing, or none that you may see.",
    "411": "The body came without its length.",
    "413": "The body is too large.",
    "415": "The body is no JSON.",
    "429": "Too often. `Retry-After` says in how many seconds to come back.",
}


class AutoSchema(SpectacularAutoSchema):
    """Adds the refusals that every operation of its kind may answer with, and the headers of its
    answers; and says where a token may be shown and need not be. A view names as its
    `answer_headers`, by method, those that what it does has beside those that follow from its
    kind."""

    def get_auth(self):
        schemes = super().get_auth()
        return [*schemes, {}] if self.method in getattr(self.view, "public", ()) else schemes

    def get_operation(self, *args, **kwargs):
        operation = super().get_operation(*args, **kwargs)
        if operation:
            for status in sorted(self._refusals(operation)):
                operation["responses"].setdefault(status, self._refusal(status))
            for status, response in operation["responses"].items():
                if names := sorted(self._headers(operation, status)):
                    response["headers"] = {name: HEADERS[name] for name in names}
        return operation

    def _refusals(self, operation):
        first = self.path.startswith(FIRST)
        statuses = {"429"}
        if self.method not in getattr(self.view, "public", ()):
            statuses |= {"401", "403"}
        elif operation.get("security"):
            statuses |= {"401"}  # a token that is shown has to be a good one
        if operation.get("parameters") or "requestBody" in operation:
            statuses |= {"400"}
        if "{" in self.path:
            statuses |= {"404"}
        if self.method not in SAFE_METHODS:
            statuses |= {"400", "411", "413"} | (set() if first else {"415"})
        return statuses

    def _headers(self, operation, status):
        names = set()
        if status == "401":
            names |= {"WWW-Authenticate"}
        if status in {"202", "429"}:
            names |= {"Retry-After"}
        if status in {"202", "302"}:
            names |= {"Location"}
        if status in {"206", "416"}:
            names |= {"Content-Range"}
        if status in {"200", "206", "304"} and "304" in operation["responses"]:
            names |= {"ETag"}
        if status == "200" and CURSOR in {each["name"] for each in operation.get("parameters", ())}:
            names |= {"Link"}
        if status.startswith("2"):
            names |= set(getattr(self.view, "answer_headers", {}).get(self.method, ()))
        return names

    def _refusal(self, status):
        first = self.path.startswith(FIRST)
        name, media_type = ("Error", "application/json") if first else ("Problem", PROBLEM)
        schema = {"$ref": f"#/components/schemas/{name}"}
        return {"description": WORDS[status], "content": {media_type: {"schema": schema}}}


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer"}


def finish(result, generator, request, public):
    """What hooks into the end of making the description: the two forms of errors; that what is not
    described is refused, not ignored; and an example of all that is sent and answered."""
    schemas = result["components"]["schemas"]
    for name, schema in schemas.items():
        if name.endswith("Request"):
            schema["additionalProperties"] = False
    schemas.update(COMPONENTS)
    for content in _contents(result):
        if not content.get("examples"):
            value = sample(content["schema"], schemas)
            content["examples"] = {"Example": {"value": value}}
    # That of one operation alone, which names it.
    result["components"]["securitySchemes"]["basicAuth"] = {"type": "http", "scheme": "basic"}
    return result


def _contents(result):
    """All that is sent as JSON, and answered to who is not refused."""
    for operations in result["paths"].values():
        for operation in operations.values():
            answers = [
                answer for status, answer in operation["responses"].items() if status < "400"
            ]
            for said in [operation.get("requestBody", {}), *answers]:
                if content := said.get("content", {}).get("application/json"):
                    yield content
