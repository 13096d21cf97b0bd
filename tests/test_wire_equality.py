"""The requests the official SDK 5.3.0 was recorded sending, built again from the same arguments."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from support.each import each

from jupyter_openapi.spec import SdkMethod, catalog
from jupyter_openapi.spec.request import Built, build, encode_body, encode_query

DATA = Path(__file__).parent / "data"

# Every difference there is, with its reason. Method, path, ordered query pairs and JSON body are the same
# in all rows; what differs here is how the same pairs are written in the query string.
DIFFERENCES = {
    (
        "CalendarContext.finance_calendar",
        "min",
    ): "the SDK leaves the brackets of types[] bare, we write %5B%5D",
    (
        "CalendarContext.finance_calendar",
        "max",
    ): "the SDK leaves the brackets of types[] bare, we write %5B%5D",
}


@cache
def rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


RECORDED = rows("sdk_wire.jsonl")  # every method, minimal and full arguments
MORE = rows("sdk_wire_more.jsonl")  # arrays of two, attached orders, grid rules, the US data centre


def called(row: dict[str, Any]) -> str:
    return f"{row['sdk']}-{row['args']}"


def pairs(row: dict[str, Any]) -> list[tuple[str, str]]:
    return parse_qsl(row["query"], keep_blank_values=True, strict_parsing=bool(row["query"]))


def arguments(row: dict[str, Any]) -> dict[str, Any]:
    """What the caller gave: the wire's own values, a repeated key as a list."""
    operation, given = catalog().match(row["method"], row["path"])
    found: dict[str, Any] = {**given, **(row["body"] or {})}
    for name, value in pairs(row):
        array = operation.parameter(name).array and operation.parameter(name).style == "repeat"
        found[name] = [*found.get(name, []), value] if array else value
    return found


def same(built: Built, row: dict[str, Any]) -> bool:
    return built == Built(row["method"], row["path"], pairs(row), row["body"])


@each("row", [*RECORDED, *MORE], called)
def test_the_request_is_the_one_the_sdk_sends(row: dict[str, Any]) -> None:
    operation, _ = catalog().match(row["method"], row["path"])
    built = build(operation, arguments(row))
    assert (built.method, built.path) == (row["method"], row["path"])
    assert built.query == pairs(row)
    assert built.body == row["body"]
    if built.body is not None:
        assert json.loads(encode_body(built.body)) == row["body"]


def test_matched_254_of_254() -> None:
    operations = [catalog().match(row["method"], row["path"])[0] for row in RECORDED]
    matched = [
        same(build(operation, arguments(row)), row)
        for operation, row in zip(operations, RECORDED, strict=True)
    ]
    assert (sum(matched), len(matched)) == (254, 254)
    assert len({operation.name for operation in operations}) == 169


def test_the_query_string_is_the_same_text_save_for_the_differences_listed() -> None:
    different = {
        (row["sdk"], row["args"])
        for row in [*RECORDED, *MORE]
        if encode_query(build(catalog().match(row["method"], row["path"])[0], arguments(row)).query)
        != row["query"]
    }
    assert different == set(DIFFERENCES)


def listed(row: dict[str, Any]) -> SdkMethod | None:
    operation, _ = catalog().match(row["method"], row["path"])
    return next((method for method in operation.sdk if method.name == row["sdk"]), None)


@each("row", [*RECORDED, *MORE], called)
def test_the_operation_lists_the_sdk_method_with_the_constants_it_sends(row: dict[str, Any]) -> None:
    method = listed(row)
    assert method is not None
    sent = {**dict(pairs(row)), **(row["body"] or {})}
    for name, value in method.constants.items():
        text = str(value).lower() if isinstance(value, bool) else value
        assert str(sent[name]) in {str(text), str(value)}


@each("row", RECORDED, called)
def test_the_body_keeps_the_order_of_the_sdk(row: dict[str, Any]) -> None:
    if row["body"] is None:
        assert row["method"] in {"GET", "DELETE"}
        return
    operation, _ = catalog().match(row["method"], row["path"])
    assert list(build(operation, arguments(row)).body) == list(row["body"])
