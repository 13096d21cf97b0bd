"""Read the OpenAPI documents: operations, and the views of frames that no operation gives."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from jupyter_openapi.spec.model import (
    Catalog,
    Effect,
    Field,
    Kind,
    LazyTuple,
    Operation,
    Pages,
    Parameter,
    SdkMethod,
    Table,
    View,
    ViewColumn,
)

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

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
    found = sorted(
        (each for each in _folder().iterdir() if each.name.endswith(".json")), key=lambda e: e.name
    )
    return {entry.name: json.loads(entry.read_text(encoding="utf-8")) for entry in found}


def _folder() -> Traversable:
    from importlib.resources import files

    return files("jupyter_openapi.spec").joinpath("documents")


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
            parameters=LazyTuple(lambda: self._parameters(raw)),
            short=MappingProxyType(raw.get("x-short", {})),
            defaults=MappingProxyType(raw.get("x-defaults", {})),
            implies=MappingProxyType(raw.get("x-implies", {})),
            keeps=tuple(raw.get("x-keeps", ())),
            tables=LazyTuple(lambda: self._tables(raw)) if raw.get("x-records") else (),
            pages=_pages(raw.get("x-pages")),
            sdk=tuple(SdkMethod(m["method"], m.get("constants", {})) for m in raw.get("x-sdk", ())),
            documented=raw.get("x-documented", True),
            region=raw.get("x-region"),
            source=raw.get("x-source", ""),
            reply_source=raw.get("x-reply-source", "docs"),
            views=LazyTuple(lambda: [read_view(raw["x-view"])]) if "x-view" in raw else (),
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

    def _tables(self, raw: Schema) -> Iterator[Table]:
        data = self._data(raw)
        for record in raw["x-records"]:
            yield self._table(data, record)

    def _table(self, data: Schema, record: Schema) -> Table:
        rows = self._at(data, record["path"])
        column = record.get("column")
        named = {column: rows} if column else rows.get("properties", _ANY)
        label = next(iter(record.get("label", {}).items()), None)
        flatten = record.get("flatten", {})
        return Table(
            path=record["path"],
            fields=tuple(self._fields(named, flatten)),
            parents=tuple(
                (p["path"], self._field(p["as"], self._at(data, p["path"])))
                for p in record.get("parents", ())
            ),
            label=label,
            scalar=bool(column),
            flatten=MappingProxyType(flatten),
        )

    def _fields(self, named: Schema, flatten: Mapping[str, str]) -> Iterator[Field]:
        for name, each in named.items():
            if name not in flatten:
                yield self._field(name, each)
                continue
            prefix = flatten[name]
            for inner, schema in self._resolve(each).get("properties", _ANY).items():
                yield self._field(f"{prefix}_{inner}" if prefix else inner, schema)

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
            unit=one.get("x-unit", ""),
            names=_labels(one),
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


def _labels(schema: Schema) -> Mapping[str | int, str]:
    return MappingProxyType(dict(zip(schema.get("enum", ()), schema.get("x-labels", ()), strict=False)))


def read_view(raw: Mapping[str, Any]) -> View:
    """Return an ``x-view`` as an object."""
    columns = tuple(
        ViewColumn(
            fields=tuple(each["fields"]) if "formula" in each else (each["field"],),
            title=each["title"],
            format=each.get("format", "text"),
            key=each.get("key", False),
            formula=each.get("formula"),
            words=tuple(each.get("words", ())),
        )
        for each in raw["columns"]
    )
    below, notes = (tuple(raw.get(name, ())) for name in ("below", "notes"))
    return View(columns, raw.get("layout", "table"), below, notes)


@cache
def frame_views() -> Mapping[str, View]:
    """Return the views of frames that no operation gives, by name: ``portfolio``, ``pnl``.

    A view with ``keys`` is several: ``exposure by market`` begins with the column ``market``, whose ``words``
    are those of its key.
    """
    found: dict[str, View] = {}
    common = json.loads(_folder().joinpath("common.json").read_text(encoding="utf-8"))
    for name, each in common["x-views"].items():
        for key in each.get("keys", ()):
            title = key.replace("_", " ").capitalize()
            form = "date" if key == "date" else "text"
            words = each.get("words", {}).get(key, ())
            first = {"field": key, "title": title, "format": form, "key": True, "words": words}
            found[f"{name} by {key}"] = read_view({**each, "columns": [first, *each["columns"]]})
        if "keys" not in each:
            found[name] = read_view(each)
    return MappingProxyType(found)


def _pages(raw: Mapping[str, Any] | None) -> Pages | None:
    if raw is None:
        return None
    window = raw.get("window")
    return Pages(**{**raw, "window": tuple(window) if window else None})


@cache
def catalog() -> Catalog:
    """Return the catalog of the documents shipped with the package; loaded once."""
    return Catalog(load_operations())
