"""Load the documents, and find operations by name, by method and path, or by likeness."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence, short
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import (
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


_NOTHING: Mapping[str, Any] = MappingProxyType({})


@cache
def catalog() -> Catalog:
    """Return the catalog of the documents shipped with the package; loaded once."""
    return Catalog(load_operations())


class Catalog:
    """The operations of the API.

    Parameters
    ----------
    operations
        Every operation, each with a name of its own.

    Attributes
    ----------
    operations
        Operation by name.
    aliases
        Operation name by alias (``positions`` -> ``stock_positions``).
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        self.operations: Mapping[str, Operation] = MappingProxyType({o.name: o for o in operations})
        self.aliases: Mapping[str, str] = MappingProxyType(
            {alias: o.name for o in self.operations.values() for alias in o.aliases}
        )
        self._methods = self._sdk_names()
        self._exact = {(o.method, o.path): o for o in self.operations.values()}
        self._templates = [(o.path.split("/"), o) for o in self.operations.values() if "{" in o.path]

    def find(self, name: str) -> Operation | None:
        """Return the operation of this name, alias, or method of the official SDK; case does not matter.

        A method is named bare where only one context has it (``order_book``), with its context's name
        before it (``dca_pause``), or in full (``DCAContext.pause``).
        """
        word = name.lower()
        known = self.aliases.get(word, word)
        if known in self.operations:
            return self.operations[known]
        return self._methods[word][0] if word in self._methods else None

    def named(self, name: str) -> Operation:
        """Return the operation `find` finds, or refuse with the nearest names."""
        known = self.find(name) if isinstance(name, str) else None
        if known is None:
            if not isinstance(name, str):
                raise RequestRefused(
                    _("An operation's name is text, such as 'quote', not a value of type {kind}.").format(
                        kind=type(name).__name__
                    )
                )
            names = [*self.operations, *self.aliases]
            raise RequestRefused(
                sentence(
                    _("There is no operation '{name}'.").format(name=short(name, 40)),
                    did_you_mean(name, names),
                    _("See `%openapi endpoints`."),
                )
            )
        return known

    def constants(self, name: str) -> Mapping[str, Any]:
        """Return the arguments that `name` stands for, beside those given.

        ``dca_pause`` is ``dca_toggle`` with ``status=Suspended``; an operation's own name stands for none.
        """
        word = name.lower()
        if word in self.operations or word not in self._methods:
            return _NOTHING
        return self._methods[word][1].constants

    def match(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """Return the operation of a request, with the values its path holds, or None.

        A literal path wins over a template: ``/v1/sharelists/popular`` is not the list called "popular".
        """
        verb = method.upper()
        if found := self._exact.get((verb, path)):
            return found, {}
        parts = path.split("/")
        for template, operation in self._templates:
            if operation.method == verb and (held := _held(template, parts)):
                return operation, held
        return None

    def _sdk_names(self) -> dict[str, tuple[Operation, SdkMethod]]:
        """Every spelling that means one method of the SDK; its first operation, where it sends several."""
        first: dict[str, tuple[Operation, SdkMethod]] = {}
        for operation in self.operations.values():
            for method in operation.sdk:
                first.setdefault(method.name, (operation, method))
        count = Counter(word for name in first for word in _spellings(name))
        return {word: first[name] for name in first for word in _spellings(name) if count[word] == 1}


def _spellings(method: str) -> tuple[str, str, str]:
    full = method.lower()
    context, _, bare = full.partition(".")
    return full, bare, f"{context.removesuffix('context')}_{bare}"


def _held(template: list[str], parts: list[str]) -> dict[str, str]:
    """Return what a path's parts hold in the places of a template's names; nothing if they don't fit."""
    if len(template) != len(parts):
        return {}
    held = {}
    for place, part in zip(template, parts, strict=True):
        if place.startswith("{") and part:
            held[place[1:-1]] = unquote(part)
        elif place != part:
            return {}
    return held
