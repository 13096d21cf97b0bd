"""From the OpenAPI documents to the model.

The documents are JSON and lie in ``documents/``: ``common.json`` holds the shared schemas, every other file
is a group of operations. What OpenAPI has no word for stands under ``x-`` keys:

==============  ======================================================================================
on an operation ``x-effect`` read, write or trade; ``x-limit`` trade, quote or none; ``x-aliases``;
                ``x-main`` the parameter bare words fill; ``x-short`` short names of parameters;
                ``x-defaults``; ``x-implies`` what giving a parameter fixes; ``x-records`` the tables in a
                reply; ``x-pages``; ``x-sdk`` the official SDK's methods; ``x-source`` its method where no
                release has it yet; ``x-documented``; ``x-region``
on a schema     ``x-kind`` a `Kind`; ``x-names`` readable spellings of enum values; ``x-nulls`` values
                that mean none; ``x-date-format``; ``x-style`` how an array travels; ``x-free-text``;
                ``x-above`` exclusive lower bound
==============  ======================================================================================
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from jupyter_openapi.spec.model import Effect, Field, Kind, Operation, Pages, Parameter, SdkMethod, Table

Schema = Mapping[str, Any]
_KINDS = {
    "string": Kind.TEXT,
    "integer": Kind.INTEGER,
    "number": Kind.DECIMAL,
    "boolean": Kind.BOOLEAN,
    "object": Kind.OBJECT,
    "array": Kind.OBJECT,
}
_ANY: Schema = {}


def read_documents() -> dict[str, dict[str, Any]]:
    """Return every OpenAPI document by its file name, in alphabetical order."""
    folder = files("jupyter_openapi.spec").joinpath("documents")
    found = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".json")), key=lambda e: e.name
    )
    return {entry.name: json.loads(entry.read_text(encoding="utf-8")) for entry in found}


def load_operations() -> Iterator[Operation]:
    """Yield every operation of every document."""
    documents = read_documents()
    for name, document in documents.items():
        reader = _Reader(documents, name)
        for path, methods in document["paths"].items():
            for method, raw in methods.items():
                yield reader.operation(method.upper(), path, raw)


class _Reader:
    """Reads one document; `$ref` leads inside it or to another."""

    def __init__(self, documents: Mapping[str, Any], name: str) -> None:
        self._documents = documents
        self._name = name
        self._resolved: dict[str, Schema] = {}

    def operation(self, method: str, path: str, raw: Schema) -> Operation:
        data = self._data(raw)
        return Operation(
            name=raw["operationId"],
            method=method,
            path=path,
            effect=Effect(raw["x-effect"]),
            group=raw["tags"][0],
            limit=raw["x-limit"],
            summary=raw["summary"],
            description=raw.get("description", ""),
            aliases=tuple(raw.get("x-aliases", ())),
            main=raw.get("x-main"),
            parameters=tuple(self._parameters(raw)),
            short=MappingProxyType(raw.get("x-short", {})),
            defaults=MappingProxyType(raw.get("x-defaults", {})),
            implies=MappingProxyType(raw.get("x-implies", {})),
            tables=tuple(self._table(data, record) for record in raw.get("x-records", ())),
            pages=_pages(raw.get("x-pages")),
            sdk=tuple(SdkMethod(m["method"], m.get("constants", {})) for m in raw.get("x-sdk", ())),
            documented=raw.get("x-documented", True),
            region=raw.get("x-region"),
        )

    def _parameters(self, raw: Schema) -> Iterator[Parameter]:
        for each in raw.get("parameters", ()):
            yield self._parameter(
                each["name"],
                each["in"],
                each["schema"],
                required=each.get("required", False),
                description=each["description"],
            )
        if "requestBody" in raw:
            body = self._resolve(raw["requestBody"]["content"]["application/json"]["schema"])
            yield from self._properties(body)

    def _properties(self, schema: Schema) -> Iterator[Parameter]:
        required = schema.get("required", ())
        for name, each in schema.get("properties", {}).items():
            yield self._parameter(name, "body", each, required=name in required)

    def _parameter(
        self,
        name: str,
        where: str,
        schema: Schema,
        *,
        required: bool,
        description: str = "",
    ) -> Parameter:
        outer = self._resolve(schema)
        array = outer.get("type") == "array"
        one = self._resolve(outer.get("items", _ANY)) if array else outer
        kind = _kind(one)
        return Parameter(
            name=name,
            where=where,
            kind=kind,
            required=required,
            array=array,
            values=_values(one),
            description=description or outer.get("description", ""),
            minimum=one.get("minimum"),
            maximum=one.get("maximum"),
            above=one.get("x-above"),
            max_length=one.get("maxLength"),
            min_length=one.get("minLength"),
            max_items=outer.get("maxItems"),
            pattern=one.get("pattern"),
            date_format=one.get("x-date-format", "%Y-%m-%d"),
            number=one.get("type") in ("integer", "number"),
            free_text=one.get("x-free-text", False),
            style=outer.get("x-style", "repeat"),
            fields=tuple(self._properties(one)) if kind is Kind.OBJECT else (),
        )

    def _data(self, raw: Schema) -> Schema:
        reply = raw["responses"]["200"]["content"]["application/json"]["schema"]
        return self._resolve(reply.get("properties", _ANY).get("data", _ANY))

    def _table(self, data: Schema, record: Schema) -> Table:
        rows = self._at(data, record["path"])
        column = record.get("column")
        named = {column: rows} if column else rows.get("properties", _ANY)
        label = next(iter(record.get("label", {}).items()), None)
        return Table(
            path=record["path"],
            fields=tuple(self._field(name, each) for name, each in named.items()),
            parents=tuple(
                (p["path"], self._field(p["as"], self._at(data, p["path"])))
                for p in record.get("parents", ())
            ),
            label=label,
            scalar=bool(column),
        )

    def _field(self, name: str, schema: Schema) -> Field:
        one = self._resolve(schema)
        return Field(
            name=name,
            kind=_kind(one),
            nulls=tuple(one.get("x-nulls", ())),
            description=schema.get("description", one.get("description", "") if "enum" in one else ""),
            values=tuple(one.get("enum", ())),
            date_format=one.get("x-date-format", "%Y-%m-%d"),
            number=one.get("type") in ("integer", "number"),
        )

    def _at(self, schema: Schema, path: str) -> Schema:
        """Return the schema at a record path such as ``list[].stock_info[]``."""
        for word in filter(None, path.split(".")):
            name = word.removesuffix("[]")
            if name:
                schema = self._resolve(schema["properties"][name])
            if word.endswith("[]"):
                schema = self._resolve(schema["items"])
        return schema

    def _resolve(self, schema: Schema) -> Schema:
        """Follow ``$ref``; keys beside it win, as in JSON Schema 2020-12."""
        if "$ref" not in schema:
            return schema
        target = self._lookup(schema["$ref"])
        return target if len(schema) == 1 else {**target, **schema}

    def _lookup(self, reference: str) -> Schema:
        if reference not in self._resolved:
            file, _, pointer = reference.partition("#/")
            found: Any = self._documents[file or self._name]
            for word in pointer.split("/"):
                found = found[word]
            self._resolved[reference] = found
        return self._resolved[reference]


def _kind(schema: Schema) -> Kind:
    if "x-kind" in schema:
        return Kind(schema["x-kind"])
    if "enum" in schema:
        return Kind.ENUM
    return _KINDS.get(schema.get("type", ""), Kind.ANY)


def _values(schema: Schema) -> Mapping[str, str | int]:
    if "enum" not in schema:
        return MappingProxyType({})
    return MappingProxyType({str(v): v for v in schema["enum"]} | schema.get("x-names", {}))


def _pages(raw: Mapping[str, Any] | None) -> Pages | None:
    if raw is None:
        return None
    window = raw.get("window")
    return Pages(**{**raw, "window": tuple(window) if window else None})
