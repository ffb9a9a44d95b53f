"""The OpenAPI document: what FastAPI makes of the routes, with the errors and headers that all of them share."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from syncd import __version__
from syncd.entrypoints.web.api.answering import NEEDED
from syncd.entrypoints.web.api.route import KEY_HEADER, MOST_KEY, REPLAYED_HEADER
from syncd.entrypoints.web.api.shapes import Problem

ABOUT = """The operations of the `syncd` command line over HTTP, with the same documents and the same error codes.

Programs send a token of `syncd token create` (`Authorization: Bearer syncd_…`). Lists come in parts: go on with
`after` = `next`. What has a version says it in `ETag`, and is changed with `If-Match`. A `POST` with `Idempotency-Key`
has one effect however often it is sent within a day. Errors are problem details (RFC 9457)."""

_WORDS = {
    "400": "The request could not be read.",
    "401": "There is no token, or it is refused.",
    "403": "The account, or its token, may not do that.",
    "404": "There is no such thing, or it is another provider's.",
    "405": "This address does not take that method.",
    "409": "The state of things does not allow it; `code` says why.",
    "412": "It has changed since the version that If-Match names.",
    "413": "That is more than can be sent at once.",
    "422": "Something is missing or wrong; `details` says what.",
    "428": "If-Match is missing.",
    "429": "That is too often.",
    "502": "The calendar server cannot be reached.",
    "503": "The database or the key cannot be had.",
}
_KEY = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "description": "A name of your own for this request, such as a UUID: sent once more, it has no second effect.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MOST_KEY, "pattern": "^[!-~]+$"},
    "example": "0c9f1a52-9a2e-4a41-b6f5-2a1c1b7c1d55",
}
_REPLAYED = {"description": "`true`: this was answered before.", "schema": {"type": "string", "enum": ["true"]}}


def describe(app: FastAPI) -> None:
    """Have the application describe itself so."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _whole(app)
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to another document


def _whole(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(title="syncd", version=__version__, description=ABOUT, routes=app.routes)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    components["responses"] = {f"Problem{status}": _problem(words) for status, words in _WORDS.items()}
    for operations in document.get("paths", {}).values():
        for method, operation in operations.items():
            _complete(method, operation)
    return document


def _problem(words: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": words, "content": {"application/problem+json": {"schema": schema}}}


def _complete(method: str, operation: dict[str, Any]) -> None:
    """Add to an operation which errors it may answer, and the headers of its method."""
    responses: dict[str, Any] = operation["responses"]
    for status in _WORDS:
        responses[status] = {"$ref": f"#/components/responses/Problem{status}"}
    parameters = operation.setdefault("parameters", [])
    has_version = any(parameter["name"] == "If-Match" for parameter in parameters)
    for parameter in parameters:
        _plain_header(parameter)
    for status, response in responses.items():
        if status.startswith("2"):
            _add_headers(response, method, has_version=has_version)
    if method == "post":
        parameters.append(_KEY)


def _plain_header(parameter: dict[str, Any]) -> None:
    """Describe a header as what it is: absent or a text, and never null."""
    if parameter["in"] == "header":
        schema = parameter["schema"]
        parameter["required"] = bool(schema.get(NEEDED))
        text = next((one for one in schema.get("anyOf", []) if one.get("type") == "string"), schema)
        parameter["schema"] = {**text, "examples": schema.get("examples", [])}


def _add_headers(response: dict[str, Any], method: str, *, has_version: bool) -> None:
    headers = response.setdefault("headers", {})
    if method == "post":
        headers[REPLAYED_HEADER] = _REPLAYED
    if has_version:
        headers["ETag"] = {"description": "Its version, for If-Match.", "schema": {"type": "string"}}
