"""``GET /openapi.json``: what the sandbox carries, as one OpenAPI document made from the specification's.

It needs no signature. The operations it describes do.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jupyter_openapi.sandbox.dispatch import HANDLERS, PUBLIC
from jupyter_openapi.spec.load import read_documents

_SHARED = "common.json"
_HEADERS = ("X-Api-Key", "Authorization", "X-Timestamp", "X-Api-Signature")
_REFUSED = "Refused: code and message say why, data is null."


@cache
def document() -> dict[str, Any]:
    """Return the document; every reference in it leads inside it."""
    documents = read_documents()
    schemas: dict[str, Any] = {}
    paths: dict[str, Any] = {}
    for name, source in documents.items():
        for key, schema in source.get("components", {}).get("schemas", {}).items():
            schemas[_key(name, key)] = _localised(schema, name)
        for path, methods in source["paths"].items():
            carried = {verb: op for verb, op in methods.items() if op["operationId"] in HANDLERS}
            for verb, operation in carried.items():
                paths.setdefault(path, {})[verb] = _operation(operation, name)
    return {
        "openapi": "3.1.0",
        "info": {"title": "jupyter-openapi sandbox", "version": "1", "description": "A paper exchange."},
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _schemes()},
        "security": [{name: [] for name in _HEADERS}],
    }


PUBLIC["/openapi.json"] = document


def _operation(operation: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = _localised(operation, name)
    envelope = {"$ref": "#/components/schemas/Envelope"}
    refused = {"description": _REFUSED, "content": {"application/json": {"schema": envelope}}}
    found["responses"] = found["responses"] | {"4XX": refused, "5XX": refused}
    return found


def _localised(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {
            key: _reference(item, name) if key == "$ref" else _localised(item, name)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_localised(item, name) for item in value]
    return value


def _reference(text: str, name: str) -> str:
    source, _, place = text.partition("#")
    key = place.rpartition("/")[2]
    return f"#/components/schemas/{_key(source or name, key)}"


def _key(source: str, key: str) -> str:
    return key if source == _SHARED else f"{source.removesuffix('.json')}.{key}"


def _schemes() -> dict[str, Any]:
    return {name: {"type": "apiKey", "in": "header", "name": name} for name in _HEADERS}
