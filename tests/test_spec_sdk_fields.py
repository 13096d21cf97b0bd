"""Every field that a published SDK reads is in the specification: Python 5.3.0's stubs, Node 4.5.0's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

from support.each import each
from support.sdk_types import (
    ALIASES,
    DTS,
    MADE,
    RAW,
    SPELLED,
    SURFACES,
    bare,
    calls,
    lacking,
    node,
    python,
    reached,
)

from jupyter_openapi.spec.loader import read_documents


def names_in(schema: Any, file: str, depth: int = 0) -> Iterator[str]:
    """Every name of a field at any depth of a schema."""
    if not isinstance(schema, dict) or depth > 14:
        return
    if "$ref" in schema:
        where, _, pointer = schema["$ref"].partition("#/")
        target: Any = read_all()[where or file]
        for word in pointer.split("/"):
            target = target[word]
        yield from names_in(target, where or file, depth + 1)
    for name, inner in schema.get("properties", {}).items():
        yield name
        yield from names_in(inner, file, depth + 1)
    for key in ("items", "additionalProperties"):
        yield from names_in(schema.get(key), file, depth + 1)


@cache
def read_all() -> dict[str, dict[str, Any]]:
    return read_documents()


@cache
def described() -> dict[str, set[str]]:
    """The names of fields in the replies of every operation that a method of an SDK sends."""
    found: dict[str, set[str]] = defaultdict(set)
    for file, document in read_all().items():
        for methods in document["paths"].values():
            for raw in methods.values():
                schema = raw["responses"]["200"]["content"]["application/json"]["schema"]
                names = set(map(bare, names_in(schema.get("properties", {}).get("data"), file)))
                for method in raw.get("x-sdk", ()):
                    found[method["method"].lower()] |= names
    return found


@each("sdk, method", calls())
def test_every_field_an_sdk_reads_is_described(sdk: str, method: str) -> None:
    known = described()[ALIASES.get(method) or method.lower()]
    assert known or not reached(SURFACES[sdk](), SURFACES[sdk]().methods[method], {}), "no such operation"
    assert lacking(sdk, method, known) == []


def test_both_sdks_are_compared() -> None:
    assert DTS.exists(), "type `npm ci`"
    compared = [sdk for sdk, _ in calls()]
    assert compared.count("node") > 140
    assert compared.count("python") > 180
    fields = {
        sdk: sum(len(fields) for fields in surface.fields.values())
        for sdk, surface in (("node", node()), ("python", python()))
    }
    assert fields["node"] > 1800
    assert fields["python"] > 2300


def test_the_lists_of_what_differs_hold_nothing_that_is_gone() -> None:
    both = [node(), python()]
    kinds = {name for surface in both for name in surface.fields}
    every = {
        f"{kind}.{field}" for surface in both for kind, names in surface.fields.items() for field in names
    }
    plain = {name.partition(".")[2] for name in every}
    assert {name for name in SPELLED if name not in (every if "." in name else plain)} == set()
    exact = {name for name in MADE.keys() | RAW if not name.endswith(".*")}
    assert exact <= every
    assert {name.removesuffix(".*") for name in MADE if name.endswith(".*")} <= kinds
