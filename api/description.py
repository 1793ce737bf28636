"""The API's description of itself: OpenAPI 3.1, generated from the same declarations that check what comes in."""

import functools
import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.views.decorators.csrf import csrf_exempt

from api.answers import ApiError, answered, refused
from api.operations import Opens, Operation

REFERENCE = "#/components/schemas/{name}"
VERSION = "1"
SCHEMES = {
    "apiKeyAuth": {"type": "apiKey", "in": "header", "name": "DD-API-KEY", "description": "An API key."},
    "appKeyAuth": {
        "type": "apiKey",
        "in": "header",
        "name": "DD-APPLICATION-KEY",
        "description": "An application key beside an API key, or an access token alone.",
    },
    "bearerAuth": {"type": "http", "scheme": "bearer", "description": "A personal or service access token."},
}
SECURITY: dict[Opens, list[dict[str, list[str]]]] = {
    Opens.ANYTHING_THAT_ACTS: [{"bearerAuth": []}, {"apiKeyAuth": [], "appKeyAuth": []}, {"appKeyAuth": []}],
    Opens.API_KEY: [{"apiKeyAuth": []}],
}
REFUSALS = {
    400: "What was sent is not what this takes; the message names it.",
    401: "Nothing that could act was presented.",
    403: "What was presented is not good, or does not permit this; the message names what is missing.",
    404: "There is no such thing in the organization.",
    409: "It exists already.",
    413: "The body is too large.",
    414: "The address is too long.",
    415: "The body is not JSON, or packed strangely.",
    422: "The ids in the address and in the body differ, or an Idempotency-Key came with another request before.",
    429: "Too many requests; X-RateLimit-Reset says when to come back.",
}
LIMIT_HEADERS = {
    f"X-RateLimit-{name}": {"schema": {"type": kind}, "description": words}
    for name, kind, words in (
        ("Limit", "integer", "Requests allowed in a window."),
        ("Period", "integer", "Seconds in a window."),
        ("Remaining", "integer", "Requests left in this window."),
        ("Reset", "integer", "Seconds until the next window."),
        ("Name", "string", "The class of requests counted together."),
    )
}


class Refusal(msgspec.Struct):
    """What was wrong, and what to do about it."""

    errors: list[str]


def describe(patterns: Iterable[URLPattern]) -> Callable[[HttpRequest], HttpResponse]:
    """The view that gives the description of these addresses to anybody."""
    described = tuple(patterns)

    def view(request: HttpRequest) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return refused(ApiError(405, "Method Not Allowed", headers={"Allow": "GET, HEAD"}))
        return answered(msgspec.json.encode(document(described, settings.SITE_URL)), status=200)

    view.guarded_by = "public"  # type: ignore[attr-defined]
    view.described = described  # type: ignore[attr-defined]
    return csrf_exempt(view)


@functools.cache
def document(patterns: tuple[URLPattern, ...], site: str) -> dict[str, Any]:
    """The whole description, for a server at this address."""
    found = [(path_of(pattern), method, operation) for pattern, method, operation in operations(patterns)]
    types = _types(operation for _path, _method, operation in found)
    references, components = msgspec.json.schema_components(types, ref_template=REFERENCE)
    schemas = dict(zip(map(id, types), references, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for path, method, operation in found:
        paths.setdefault(path, {})[method.lower()] = _operation(operation, schemas, components)
    for operation in {
        id(operation.query): operation for _path, _method, operation in found if operation.query
    }.values():
        components.pop(operation.query.__name__)  # said parameter by parameter
    return {
        "openapi": "3.1.0",
        "info": {"title": settings.PRODUCT_NAME, "version": VERSION},
        "servers": [{"url": site}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": SCHEMES},
    }


def operations(patterns: Iterable[URLPattern]) -> list[tuple[URLPattern, str, Operation]]:
    """Every operation of the addresses, with its method."""
    return [
        (pattern, method, operation)
        for pattern in patterns
        for method, operation in pattern.callback.operations.items()  # type: ignore[attr-defined]
    ]


def path_of(pattern: URLPattern) -> str:
    """The address with its variables in braces: /api/v2/api_keys/{api_key_id}."""
    return "/api/" + re.sub(r"<str:(\w+)>", r"{\1}", str(pattern.pattern))


def _types(found: Iterable[Operation]) -> list[Any]:
    types: dict[int, Any] = {id(Refusal): Refusal}
    for operation in found:
        for type_ in (operation.body, operation.query, operation.answer):
            if type_ is not None:
                types[id(type_)] = type_
    return list(types.values())


def _operation(operation: Operation, schemas: dict[int, Any], components: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "security": SECURITY[operation.opens],
        "x-permissions": list(operation.needs),
        "parameters": [*map(_path_parameter, operation.path), *_query_parameters(operation, schemas, components)],
        "responses": _responses(operation, schemas),
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": operation.body_required,
            "content": {"application/json": {"schema": schemas[id(operation.body)]}},
        }
    return described


def _path_parameter(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(
    operation: Operation, schemas: dict[int, Any], components: dict[str, Any]
) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    struct = components[schemas[id(operation.query)]["$ref"].rpartition("/")[2]]
    return [
        {"name": name, "in": "query", "required": name in struct["required"], "schema": _given(schema)}
        for name, schema in struct["properties"].items()
    ]


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a parameter where it is given at all: without null, and without null as a default."""
    options = [option for option in schema.get("anyOf", []) if option.get("type") != "null"]
    merged = {**schema, **options[0]} if len(options) == 1 else schema
    if isinstance(merged.get("enum"), list):
        merged = {**merged, "enum": [value for value in merged["enum"] if value is not None]}
    return {
        name: value
        for name, value in merged.items()
        if not (name == "anyOf" and len(options) == 1) and not (name == "default" and value is None)
    }


def _responses(operation: Operation, schemas: dict[int, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done.", "headers": LIMIT_HEADERS}
    if operation.answer is not None:
        good["content"] = {operation.media: {"schema": schemas[id(operation.answer)]}}
    refusal = {"application/json": {"schema": schemas[id(Refusal)]}}
    responses = {str(operation.status): good}
    for status, words in REFUSALS.items():
        if status in statuses(operation):
            responses[str(status)] = {"description": words, "content": refusal}
    return responses


def statuses(operation: Operation) -> set[int]:
    """With what an operation may refuse."""
    found = {403, 429}
    if operation.opens is Opens.ANYTHING_THAT_ACTS:
        found |= {400, 401}
    if operation.path or operation.body is not None:
        found |= {400, 404}
    if operation.path or operation.query is not None:
        found |= {400, 414}
    if operation.body is not None:
        found |= {409, 413, 415, 422}
    return found | {operation.conflict, operation.refusal}
