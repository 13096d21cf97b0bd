"""Companies, sectors, and what the account has none of: every described field, and replies that agree."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from support.each import each
from support.sandbox import SandboxClient, SandboxProcess, start_sandbox
from support.sdk_types import bare, calls, lacking

from jupyter_openapi.sandbox.exchange.past import DIVIDENDS
from jupyter_openapi.sandbox.simulation.securities import LISTED, SECTORS, sector_of
from jupyter_openapi.spec.loader import read_documents

ARGUMENTS = ("--limits", "off", "--clock", "manual", "--start", "2026-11-23T10:00:00+08:00")


@pytest.fixture(scope="module")
def past() -> Iterator[SandboxProcess]:
    with start_sandbox(*ARGUMENTS, "--history", "200") as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def client(past: SandboxProcess) -> SandboxClient:
    return past.client


SYMBOL = {"symbol": "5.HK"}
PAGE = {"page": 1, "limit": 10}
ASKED: dict[str, dict[str, Any]] = {
    "portfolio_profit_analysis": {},
    "portfolio_profit_analysis_sublist": {"profit_or_loss": "all"},
    "portfolio_profit_analysis_by_market": {"page": 1, "size": 20},
    "portfolio_profit_analysis_detail": SYMBOL,
    "portfolio_profit_analysis_flows": {**SYMBOL, "page": 1, "size": 20, "derivative": "false"},
    "fundamental_company": SYMBOL,
    "fundamental_institution_rating": SYMBOL,
    "fundamental_institution_rating_latest": SYMBOL,
    "fundamental_dividend": SYMBOL,
    "fundamental_dividend_detail": SYMBOL,
    "fundamental_buyback": SYMBOL,
    "alert_list": {},
    "dca_list": PAGE,
    "dca_stats": {},
    "grid_list": {},
    "sharelist_list": {"size": 10, "self": "true", "subscription": "true"},
    "sharelist_popular": {"size": 10},
    "content_my_topics": {},
    "agent_workspaces": {},
    "fund_orders": {},
    "fund_positions_overview": {},
    "short_margin": {},
    "screener_user_strategies": {"market": "HK"},
}
EARLIER = {"counter_id"}  # as SDKs before version 5 read it; it is not described any more


@cache
def documents() -> dict[str, dict[str, Any]]:
    return read_documents()


def operations() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for file, document in documents().items():
        for path, methods in document["paths"].items():
            for method, raw in methods.items():
                if raw["operationId"] in ASKED:
                    yield raw["operationId"], method.upper(), path, {"file": file, **raw}


OPERATIONS = {name: (method, path, raw) for name, method, path, raw in operations()}


def ask(client: SandboxClient, name: str) -> Any:
    method, path, _ = OPERATIONS[name]
    return client.call(method, path, ASKED[name]).data


def resolved(schema: dict[str, Any], file: str) -> dict[str, Any]:
    """A schema with what its `$ref` names."""
    if "$ref" not in schema:
        return schema
    where, _, pointer = schema["$ref"].partition("#/")
    target: Any = documents()[where or file]
    for word in pointer.split("/"):
        target = target[word]
    return resolved(target, where or file) | {key: value for key, value in schema.items() if key != "$ref"}


KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,), "integer": (int,), "boolean": (bool,), "object": (dict,), "array": (list,),
    "number": (int, float),
}  # fmt: skip


def compare(schema: dict[str, Any], file: str, value: Any, path: str, wrong: list[str]) -> None:
    """Note every described field that is missing, every other one, and every value of another JSON type."""
    schema = resolved(schema, file)
    kinds = schema.get("type", ())
    expected = tuple(kind for name in ([kinds] if isinstance(kinds, str) else kinds) for kind in KINDS[name])
    if value is None:
        return
    if expected and not (isinstance(value, expected) and isinstance(value, bool) == (bool in expected)):
        wrong.append(f"{path} is {value!r}")
    elif isinstance(value, dict) and "properties" in schema:
        described = schema["properties"].keys()
        wrong += [f"{path}.{name} lacks" for name in described - value.keys()]
        wrong += [f"{path}.{name} more" for name in value.keys() - described - EARLIER]
        for name in described & value.keys():
            compare(schema["properties"][name], file, value[name], f"{path}.{name}", wrong)
    elif isinstance(value, list) and "items" in schema:
        for item in value:
            compare(schema["items"], file, item, f"{path}[]", wrong)
    if "enum" in schema and value not in schema["enum"]:
        wrong.append(f"{path} is {value!r}")


@pytest.mark.parametrize("name", ASKED)
def test_a_reply_is_what_the_specification_describes(client: SandboxClient, name: str) -> None:
    _, _, raw = OPERATIONS[name]
    envelope = raw["responses"]["200"]["content"]["application/json"]["schema"]
    wrong: list[str] = []
    compare(envelope["properties"]["data"], raw["file"], ask(client, name), "", wrong)
    assert wrong == []


def names(value: Any) -> set[str]:
    if isinstance(value, list):
        return {name for item in value for name in names(item)}
    if not isinstance(value, dict):
        return set()
    return {bare(key) for key in value} | {name for item in value.values() for name in names(item)}


METHODS = {
    f"{sdk['method']}".lower(): name
    for name, (_, _, raw) in OPERATIONS.items()
    for sdk in raw.get("x-sdk", ())
}
FULL = {name for name in ASKED if name.startswith(("portfolio", "fundamental"))} - {"fundamental_buyback"}


@each("sdk, method", [call for call in calls() if METHODS.get(call[1].lower()) in FULL])
def test_every_field_an_sdk_reads_is_sent(client: SandboxClient, sdk: str, method: str) -> None:
    known: set[str] = set()
    for name, (_, _, raw) in OPERATIONS.items():
        if method.lower() in {each["method"].lower() for each in raw.get("x-sdk", ())}:
            known |= names(ask(client, name))
    assert lacking(sdk, method, known) == []


# What companies are


def test_every_company_is_in_one_sector_and_funds_in_none() -> None:
    named = [symbol for symbols in SECTORS.values() for symbol in symbols.split()]
    assert len(named) == len(set(named))
    for security in LISTED.values():
        assert (sector_of(security) is None) == (security.kind == "etf"), security.symbol
    assert sector_of(LISTED["80700.HK"]) == sector_of(LISTED["700.HK"])


@pytest.mark.parametrize("symbol", ["700.HK", "AAPL.US", "2800.HK", "80700.HK"])
def test_the_replies_about_a_company_agree(client: SandboxClient, symbol: str) -> None:
    company = client.get("/v1/quote/comp-overview", symbol=symbol)
    rating = client.get("/v1/quote/institution-rating-latest", symbol=symbol)
    (static,) = client.post("/quote/static-info", symbol=[symbol])["secu_static_info"]
    (quote,) = client.post("/quote/quotes", symbol=[symbol])["secu_quote"]
    assert company["sector"] == rating["industry_id"]
    assert (company["name"], company["listing_date"].replace("-", "")) == (
        static["name_en"], static["listing_date"]
    )  # fmt: skip
    assert rating["target"]["prev_close"] == quote["prev_close"]
    assert (rating["industry_name"] == "") == (rating["industry_total"] == 0) == (symbol == "2800.HK")


def test_an_industry_is_named_in_the_language_asked_for(past: SandboxProcess) -> None:
    told = {}
    for language in ("en", "zh-CN", "zh-HK"):
        client = SandboxClient(past.info)
        headers = client.headers("GET", "/v1/quote/institution-rating-latest", "symbol=AAPL.US", b"")
        reply = client.send(
            "GET", "/v1/quote/institution-rating-latest", "symbol=AAPL.US", b"",
            {**headers, "Accept-Language": language},
        )  # fmt: skip
        told[language] = reply.data["industry_name"]
        client.close()
    assert told == {"en": "Information Technology", "zh-CN": "信息技术", "zh-HK": "資訊科技"}


@pytest.mark.parametrize("symbol", ["5.HK", "AAPL.US", "9988.HK"])
def test_dividends_are_those_that_were_paid(client: SandboxClient, symbol: str) -> None:
    rows = client.get("/v1/quote/dividends", symbol=symbol)["list"]
    flows = client.get("/v1/asset/cashflow", start_time=0, end_time=1_795_399_200, symbol=symbol, size=500)[
        "list"
    ]
    paid = {flow["business_time"] for flow in flows if flow["transaction_flow_name"] == "Dividend"}
    assert len(paid) <= len(rows)  # one may come before the first share
    assert bool(rows) == (symbol in DIVIDENDS)
    actions = client.get("/v1/quote/company-act", symbol=symbol, req_type=1, version=3)["items"]
    assert [(row["ex_date"].replace(".", ""), row["desc"]) for row in rows] == [
        (row["date"], row["act_desc"]) for row in actions if row["action"] == "dividend"
    ]


@pytest.mark.parametrize(
    ("path", "more", "name"),
    [
        ("/v1/quote/comp-overview", {"symbol": "NONE.HK"}, "symbol"),
        ("/v1/quote/dividends", {}, "symbol"),
        ("/v1/quote/buy-backs", {"symbol": "AAPL"}, "symbol"),
        ("/v1/content/NONE.HK/news", {}, "symbol"),
        ("/v1/dailycoins/query", {"page": 1}, "limit"),
        ("/v1/dailycoins/query", {"page": 0, "limit": 1}, "page"),
        ("/v1/gridtrading/list", {"symbol": "X.HK"}, "symbol"),
        ("/v1/sharelists", {"size": 10, "self": "yes", "subscription": "true"}, "self"),
    ],
)
def test_a_wrong_parameter_is_named(
    client: SandboxClient, path: str, more: dict[str, Any], name: str
) -> None:
    reply = client.call("GET", path, more)
    assert (reply.status, reply.code) == (400, 602001), json.dumps(reply.envelope)
    assert name in reply.message
