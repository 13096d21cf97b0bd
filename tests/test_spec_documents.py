"""The OpenAPI documents: valid, complete, and read as they are written."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from support.each import each

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.spec import Effect, Kind, Operation, Parameter, Table, catalog
from jupyter_openapi.spec.check import check, names
from jupyter_openapi.spec.loader import load_operations, read_documents
from jupyter_openapi.spec.model import Catalog

FOLDER = Path(inspect.getfile(Catalog)).parent / "documents"
DOCUMENTS = read_documents()
OPERATIONS = list(catalog().operations.values())
OPERATION_KEYS = {
    "x-aliases", "x-defaults", "x-documented", "x-effect", "x-implies", "x-keeps", "x-limit", "x-main",
    "x-pages", "x-records", "x-region", "x-reply-source", "x-sdk", "x-short", "x-source", "x-view",
}  # fmt: skip
SCHEMA_KEYS = {
    "x-above", "x-date-format", "x-free-text", "x-kind", "x-labels", "x-names", "x-nulls", "x-style",
    "x-unit", "x-views",
}  # fmt: skip

STREAMING = re.compile(r"\w+\.(set_on_|subscri|unsubscri|realtime_)")
COMMANDS = {
    "connect", "disconnect", "status", "login", "refresh", "forget", "check", "order", "blotter", "portfolio",
    "pnl", "wait", "send", "cancel_all", "reconcile", "journal", "snapshot", "sandbox", "endpoints", "help",
}  # fmt: skip


def raw_operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for document in DOCUMENTS.values():
        for path, methods in document["paths"].items():
            for method, raw in methods.items():
                yield f"{method.upper()} {path}", raw


def every(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from every(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from every(inner)


def by_name(operation: Operation) -> str:
    return operation.name


@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_is_valid_openapi_with_its_references_followed(name: str) -> None:
    errors = list(
        OpenAPIV31SpecValidator(DOCUMENTS[name], base_uri=FOLDER.joinpath(name).as_uri()).iter_errors()
    )
    assert [error.message for error in errors] == []


def test_every_reference_leads_to_a_schema() -> None:
    dead = []
    for name, document in DOCUMENTS.items():
        for node in every(document):
            if "$ref" not in node:
                continue
            file, _, pointer = node["$ref"].partition("#/")
            target: Any = DOCUMENTS[file or name]
            for word in pointer.split("/"):
                target = target.get(word, {})
            if not target:
                dead.append((name, node["$ref"]))
    assert dead == []


def test_every_shared_schema_is_used() -> None:
    used = {
        node["$ref"].rpartition("/")[2] for d in DOCUMENTS.values() for node in every(d) if "$ref" in node
    }
    defined = {name for d in DOCUMENTS.values() for name in d.get("components", {}).get("schemas", {})}
    assert defined - used == set()


def test_our_own_keys_are_the_known_ones() -> None:
    on_operations = {key for _, raw in raw_operations() for key in raw if key.startswith("x-")}
    anywhere = {key for d in DOCUMENTS.values() for node in every(d) for key in node if key.startswith("x-")}
    assert on_operations == OPERATION_KEYS
    assert anywhere - on_operations == SCHEMA_KEYS


@each("route, raw", raw_operations(), lambda route, _: route)
def test_every_operation_says_its_effect_and_its_limit(route: str, raw: dict[str, Any]) -> None:
    assert raw["x-effect"] in {"read", "write", "trade"}, route
    assert raw["x-limit"] in {"trade", "quote", "none"}, route
    assert raw["summary"], route
    assert not raw["summary"].endswith("."), route


def test_the_documents_name_nothing_outside_the_project() -> None:
    text = " ".join(path.read_text(encoding="utf-8") for path in FOLDER.iterdir())
    assert not re.search(r"/work/|shared/|/tmp|reference/", text)


def test_the_documents_are_laid_out_one_way() -> None:
    for path in FOLDER.iterdir():
        text = path.read_text(encoding="utf-8")
        assert text.endswith("}\n")
        assert not re.search(r"[ \t]+$", text, re.MULTILINE)


def test_there_are_the_operations_of_the_sdk_of_the_pages_and_of_the_brokers_own_programs() -> None:
    assert len(OPERATIONS) == sum(1 for _ in raw_operations()) == 237
    assert len({(o.method, o.path) for o in OPERATIONS}) == 237
    assert sum(o.source == "cli" for o in OPERATIONS) == 35
    added = ["token_refresh", "socket_token", "statements", "statement_download_url"]
    assert all(catalog().find(name) for name in added)


def test_every_rest_method_of_the_official_sdk_is_listed() -> None:
    import longbridge.openapi as sdk

    methods = {
        f"{name}.{method}"
        for name in dir(sdk)
        if name.endswith("Context") and not name.startswith("Async")
        for method in dir(getattr(sdk, name))
        if not method.startswith("_")
    }
    rest = {method for method in methods if not STREAMING.match(method)} - {"QuoteContext.subscriptions"}
    listed = {method.name for operation in OPERATIONS for method in operation.sdk}
    assert listed == rest | {"Config.refresh_access_token"}


def house_name(method: str) -> str:
    """Quote, Trade and Asset stand bare; another context's name goes before, unless it is there already."""
    context, _, bare = method.partition("Context.")
    if context in {"Quote", "Trade", "Asset"} or bare == "exchange_rate":
        return bare
    return bare if context.lower() in bare.split("_") else f"{context.lower()}_{bare}"


# where the rule cannot be kept: one name for several methods, or a name that is taken
RENAMED = {
    "history_candlesticks": "two methods: by_date and by_offset",
    "dca_toggle": "three methods: pause, resume, stop",
    "alert_add": "two methods: add, update",
    "agent_conversation": "two methods: plain and streamed",
    "agent_continue_conversation": "two methods: plain and streamed",
    "socket_token": "three methods, none named after it",
    "token_refresh": "the SDK's method belongs to its Config",
    "fund_positions_overview": "fund_positions is TradeContext's",
    "portfolio_profit_analysis_sublist": "the second of two requests of one method",
    "fundamental_institution_rating_latest": "the second of two requests of one method",
    "short_positions_us": "the US half of one method",
    "short_trades_us": "the US half of one method",
}


@each("operation", OPERATIONS, by_name)
def test_names_are_the_sdks(operation: Operation) -> None:
    if operation.name in RENAMED or operation.source == "cli":
        return
    raw = next(raw for _, raw in raw_operations() if raw["operationId"] == operation.name)
    method = operation.sdk[0].name if operation.sdk else raw["x-source"]
    assert operation.name == house_name(method)


@each("method", sorted({m.name for o in OPERATIONS for m in o.sdk}))
def test_every_sdk_method_is_found(method: str) -> None:
    found = catalog().find(method)
    assert found is not None
    assert method in {each.name for each in found.sdk}
    if method.rpartition(".")[2] not in {"list", "create", "delete", "detail", "update"}:
        assert catalog().find(method.rpartition(".")[2]) is not None


def test_an_ambiguous_method_is_not_guessed() -> None:
    assert catalog().find("detail") is None
    assert catalog().find("list") is None


@pytest.mark.parametrize(
    ("alias", "name"),
    [
        ("positions", "stock_positions"),
        ("balance", "account_balance"),
        ("orders", "today_orders"),
        ("executions", "today_executions"),
        ("funds", "fund_positions"),
        ("submit", "submit_order"),
        ("replace", "replace_order"),
        ("cancel", "cancel_order"),
        ("candles", "candlesticks"),
        ("rates", "exchange_rate"),
        ("POSITIONS", "stock_positions"),
        ("Submit_Order", "submit_order"),
        ("dca_pause", "dca_toggle"),
        ("history_candlesticks_by_offset", "history_candlesticks"),
        ("short_positions", "short_positions"),
    ],
)
def test_pinned_aliases(alias: str, name: str) -> None:
    found = catalog().find(alias)
    assert found is not None
    assert found.name == name


def test_an_alias_stands_for_its_constants() -> None:
    assert catalog().constants("dca_pause") == {"status": "Suspended"}
    assert catalog().constants("DCAContext.stop") == {"status": "Finished"}
    assert catalog().constants("history_candlesticks_by_offset") == {"query_type": 1}
    assert catalog().constants("dca_toggle") == {}
    assert catalog().constants("no_such_thing") == {}


def test_aliases_shadow_neither_operations_nor_each_other() -> None:
    aliases = [alias for operation in OPERATIONS for alias in operation.aliases]
    assert len(set(aliases)) == len(aliases)
    assert not set(aliases) & set(catalog().operations)
    assert not set(aliases) & COMMANDS
    assert not set(catalog().operations) & COMMANDS
    assert dict(catalog().aliases) == {alias: o.name for o in OPERATIONS for alias in o.aliases}


def test_unknown_names_have_neighbours() -> None:
    assert catalog().find("positons") is None
    with pytest.raises(RequestRefused, match=r"Did you mean .*positions"):
        catalog().named("positons")


@each("operation", OPERATIONS, by_name)
def test_a_request_is_matched_to_its_operation(operation: Operation) -> None:
    path = re.sub(r"\{\w+\}", "a%20b", operation.path)
    found, values = catalog().match(operation.method.lower(), path)
    assert found is operation
    assert set(values.values()) <= {"a b"}
    assert len(values) == operation.path.count("{")


def test_a_literal_path_wins_over_a_template() -> None:
    assert catalog().match("GET", "/v1/sharelists/popular")[0].name == "sharelist_popular"
    assert catalog().match("GET", "/v1/sharelists/7")[1] == {"id": "7"}
    assert catalog().match("GET", "/v1/content/topics/mine")[0].name == "content_my_topics"
    assert catalog().match("GET", "/v1/sharelists/7/") is None
    assert catalog().match("PATCH", "/v1/trade/order") is None


def parameters(found: tuple[Parameter, ...]) -> Iterator[Parameter]:
    for parameter in found:
        yield parameter
        yield from parameters(parameter.fields)


@each("operation", OPERATIONS, by_name)
def test_every_parameter_is_described(operation: Operation) -> None:
    for parameter in parameters(operation.parameters):
        assert parameter.description.endswith((".", "}")), parameter.name
        assert parameter.where in {"query", "body", "path"}
        if parameter.kind is Kind.ENUM:
            assert parameter.values
            assert all(str(value) in parameter.values for value in parameter.values.values())
        if parameter.array and parameter.where == "query":
            assert parameter.style in {"repeat", "comma", "json"}
    in_path = re.findall(r"\{(\w+)\}", operation.path)
    assert in_path == [p.name for p in operation.parameters if p.where == "path"]


@each("operation", OPERATIONS, by_name)
def test_short_names_defaults_and_the_main_parameter_exist(operation: Operation) -> None:
    wire = {parameter.name for parameter in operation.parameters}
    assert not wire & set(operation.short)
    assert all(operation.parameter(short) is not None for short in operation.short)
    assert all(operation.parameter(name) is not None for name in operation.defaults)
    for cause, effects in operation.implies.items():
        assert {cause, *effects} <= wire
    assert set(operation.keeps) <= {each.name for each in operation.parameters if each.required}
    assert operation.main in wire | {None}
    if any(p.required and p.name not in operation.defaults for p in operation.parameters):
        assert operation.main or operation.name in {"submit_multileg", "us_transaction_history"}
    if operation.pages:
        used = [*(operation.pages.window or ()), operation.pages.page, operation.pages.size]
        assert {name for name in used if name} <= wire
        assert operation.pages.today in {None, *catalog().operations}
    assert set(names(operation)) >= wire


EXAMPLES: dict[Kind, Any] = {
    Kind.SYMBOL: "700.HK", Kind.ID: "7", Kind.DECIMAL: "1.5", Kind.INTEGER: 1, Kind.BOOLEAN: True,
    Kind.TIMESTAMP: "1767605400", Kind.DATE: "2026-01-05", Kind.TEXT: "ib_x", Kind.OBJECT: {},
}  # fmt: skip


def example(parameter: Parameter) -> Any:
    if parameter.kind is Kind.ENUM:
        one: Any = next(iter(parameter.values))
    elif parameter.fields:
        one = {inner.name: example(inner) for inner in parameter.fields if inner.required}
    elif parameter.kind is Kind.SYMBOL and parameter.pattern and "(?!" in parameter.pattern:
        one = "AAPL.US"
    else:
        one = EXAMPLES[parameter.kind]
    return [one] if parameter.array else one


@each("operation", OPERATIONS, by_name)
def test_every_default_passes_its_own_check(operation: Operation) -> None:
    given = {
        p.name: example(p) for p in operation.parameters if p.required and p.name not in operation.defaults
    }
    given = {name: value for name, value in given.items() if f"{name}." not in "".join(operation.defaults)}
    checked = check(operation, given)
    assert set(checked) >= {p.name for p in operation.parameters if p.required}
    assert check(operation, checked) == checked


def labelled(table: Table) -> str | None:
    return table.label[0] if table.label else None


@each("operation", [o for o in OPERATIONS if o.tables], by_name)
def test_columns_of_a_table_are_distinct(operation: Operation) -> None:
    for table in operation.tables:
        label = [table.label[0]] if table.label else []
        columns = [*(field.name for _, field in table.parents), *label, *(f.name for f in table.fields)]
        assert len(set(columns)) == len(columns), table.path
        assert not table.scalar or len(table.fields) == 1
    first = operation.tables[0]
    union = [table for table in operation.tables if labelled(table) and labelled(table) == labelled(first)]
    assert len({tuple(field.name for field in table.fields) for table in union}) <= 1


def column(name: str, operation: str, table: int = 0) -> Any:
    fields = catalog().operations[operation].tables[table].fields
    return next(field for field in fields if field.name == name)


def test_kinds_of_columns() -> None:
    assert column("order_id", "today_orders").kind is Kind.ID
    assert column("quantity", "today_orders").kind is Kind.DECIMAL
    assert column("executed_price", "today_orders").nulls == ("0",)
    assert column("submitted_at", "today_orders").kind is Kind.TIMESTAMP
    assert column("expire_date", "today_orders").kind is Kind.DATE
    assert column("trigger_count", "order_detail").nulls == (0,)
    assert column("average_rate", "exchange_rate").number
    assert column("volume", "quote").kind is Kind.INTEGER
    assert not column("volume", "quote").number
    assert column("listing_date", "static_info").date_format == "%Y%m%d"
    assert column("dt", "statements").number
    assert column("trade_session", "candlesticks").values == (0, 1, 2, 3)


def test_records_with_parents_and_labels() -> None:
    positions = catalog().operations["stock_positions"].tables[0]
    assert positions.path == "list[].stock_info[]"
    assert [(path, field.name) for path, field in positions.parents] == [
        ("list[].account_channel", "account_channel")
    ]
    depth = catalog().operations["depth"].tables
    assert [(table.path, table.label) for table in depth] == [
        ("ask[]", ("side", "ask")),
        ("bid[]", ("side", "bid")),
    ]
    days = catalog().operations["trading_days"].tables
    assert [(table.path, table.label, table.scalar) for table in days] == [
        ("trade_day[]", ("kind", "full"), True),
        ("half_trade_day[]", ("kind", "half"), True),
    ]
    groups = catalog().operations["watchlist"].tables[0]
    assert [field.name for _, field in groups.parents] == ["group_id", "group_name"]


def test_effects_of_what_moves_money_and_what_does_not() -> None:
    effects = {operation.name: operation.effect for operation in OPERATIONS}
    trades = {name for name, effect in effects.items() if effect is Effect.TRADE}
    assert trades == {
        "submit_order", "replace_order", "cancel_order", "submit_multileg", "fund_submit_order",
        "fund_cancel_order", "grid_submit", "grid_replace", "grid_cancel", "grid_suspend", "grid_restart",
        "dca_create", "dca_update", "dca_toggle",
    }  # fmt: skip
    posts_that_read = {o.name for o in OPERATIONS if o.method != "GET" and o.effect is Effect.READ}
    assert all(catalog().operations[name].method == "POST" for name in posts_that_read)
    assert {"fund_validate_order", "grid_list_by_ids", "dca_calc_date", "screener_search"} <= posts_that_read
    assert effects["token_refresh"] is Effect.WRITE
    writes = {o.name for o in OPERATIONS if o.effect is Effect.WRITE}
    assert {o.name for o in OPERATIONS if o.method != "GET"} == trades | posts_that_read | writes - {
        "token_refresh"
    }


def test_loading_takes_less_than_30_ms_and_imports_nothing_heavy() -> None:
    def spent() -> float:
        start = time.process_time()
        Catalog(load_operations())
        return time.process_time() - start

    assert min(spent() for _ in range(7)) < 0.030
    code = (
        "import sys, jupyter_openapi.spec as s; s.catalog();"
        "import jupyter_openapi.spec.check, jupyter_openapi.spec.request;"
        "print(sorted({'yaml', 'jsonschema', 'pandas', 'numpy', 'requests', 'IPython'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.strip() == "[]"


def test_documents_are_plain_json() -> None:
    for path in FOLDER.iterdir():
        assert json.loads(path.read_text(encoding="utf-8")) == DOCUMENTS[path.name]


def test_the_reference_pages_are_what_the_documents_say() -> None:
    root = FOLDER.parents[2]
    done = subprocess.run(
        [sys.executable, "docs/operations.py", "--check"],
        cwd=root,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    pages = (root / "docs" / "reference" / "operations").glob("*.md")
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert all(f"\n## {name}\n" in text for name in catalog().operations)
