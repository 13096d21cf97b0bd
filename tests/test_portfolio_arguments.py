"""Odd arguments of every analysis function: a result, or one sentence that names the argument."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from support.sandbox import SandboxProcess, start_sandbox

from jupyter_openapi import Client, Credentials, portfolio
from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.portfolio import tear_sheet
from jupyter_openapi.portfolio.arguments import days, window

DAYS = ("start", "end")


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxProcess]:
    with start_sandbox("--limits", "off", "--history", "40") as sandbox:
        yield sandbox


def opened(server: SandboxProcess) -> Client:
    keys = server.credentials
    made = Credentials(keys.app_key, keys.app_secret, keys.access_token)
    return Client(made, "sandbox", server.url, limits=False, trading=True)


@pytest.fixture(autouse=True)
def somewhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some odd paths are good ones, and are written."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module", autouse=True)
def _each_picture_drawn_once() -> Iterator[None]:
    """A tear sheet's pictures are of its frame alone: they are drawn where it has other rows than before."""
    drawn: dict[Any, list[Any]] = {}
    draw = tear_sheet._pictures

    def pictures(frame: pd.DataFrame) -> list[Any]:
        key = (tuple(frame.columns), len(frame), *frame.notna().sum())
        if key not in drawn:
            drawn[key] = list(draw(frame))
        return drawn[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tear_sheet, "_pictures", pictures)
        yield


@pytest.fixture(scope="module")
def client(server: SandboxProcess) -> Iterator[Client]:
    with opened(server) as made:
        yield made


@pytest.fixture(scope="module")
def folder(client: Client, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("store")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        portfolio.backfill(client, "-8d", made)
    return made


ORDERS = [{"symbol": "700.HK", "side": "Buy", "quantity": 100}]
Given = dict[str, Any]


def weights(client: Any) -> Given:
    """Something to sell all of."""
    if not isinstance(client, Client):
        return {"700.HK": 0.1}
    rows = client.call("stock_positions").frame()
    mine = rows[(rows["available_quantity"] > 0) & rows["symbol"].str.fullmatch(r"\d+\.HK")]
    return {str(mine["symbol"].iloc[0]): 0}


def calls(client: Any, folder: Path) -> dict[str, tuple[Callable[..., Any], Given]]:
    """Every function with arguments that it takes."""
    page, book = folder / "page.html", folder / "tax.xlsx"
    return {
        "value": (portfolio.value, {"client": client}),
        "pnl": (portfolio.pnl, {"client": client, "start": "-20d", "fees": False}),
        "lots": (portfolio.lots, {"client": client, "fees": False}),
        "trade_stats": (portfolio.trade_stats, {"client": client, "start": "-20d", "fees": False}),
        "income": (portfolio.income, {"client": client, "start": "-20d"}),
        "total_return": (portfolio.total_return, {"client": client, "start": "-20d", "fees": False}),
        "slippage": (portfolio.slippage, {"client": client, "start": "-5d", "arrival": False}),
        "tax_year": (portfolio.tax_year, {"client": client, "year": 2020, "path": book}),
        "returns": (portfolio.returns, {"client": client, "folder": folder}),
        "equity_curve": (portfolio.equity_curve, {"client": client, "folder": folder}),
        "tearsheet": (portfolio.tearsheet, {"client": client, "path": page, "folder": folder}),
        "exposure": (portfolio.exposure, {"client": client}),
        "what_if": (portfolio.what_if, {"client": client, "orders": ORDERS}),
        "rebalance": (portfolio.rebalance, {"client": client, "weights": weights(client)}),
        "rebalance_plan": (portfolio.rebalance_plan, {"client": client, "weights": weights(client)}),
        "backfill": (portfolio.backfill, {"client": client, "start": "-4d", "folder": folder}),
        "snapshot": (portfolio.snapshot, {"client": client, "folder": folder}),
        "snapshots": (portfolio.snapshots, {"client": client, "folder": folder}),
        "archived_rates": (portfolio.archived_rates, {"client": client, "folder": folder}),
    }


NAMES = tuple(calls(None, Path()))
OPTIONAL_CLIENT = frozenset({"returns", "equity_curve", "tearsheet", "snapshots", "archived_rates"})
TODAY = datetime.now(UTC).date()
FUTURE = f"{TODAY + timedelta(days=400)}"
TIMES: tuple[Any, ...] = (
    "",
    "yesterday",
    "-30d",
    "2026年1月5日",
    "someday",
    "20260105",
    FUTURE,
    "+3d",
    "1900-01-01",
    "2015-01-01",
    TODAY - timedelta(days=9),
    datetime.now(UTC).replace(tzinfo=None) - timedelta(days=9),
    datetime.now(UTC) - timedelta(days=9),
    datetime.now(ZoneInfo("America/New_York")) - timedelta(days=2),
    pd.Timestamp.now().normalize() - pd.Timedelta(days=9),
    pd.Timestamp.now("Asia/Hong_Kong"),
    np.datetime64(datetime.now(UTC).date() - timedelta(days=9)),
    np.datetime64("2026-01-05T09:30:00.123456789"),
    np.datetime64("NaT", "ns"),
    pd.NaT,
    pd.NA,
    None,
    20260105,
    np.int64(20260105),
    1767571200,
    1767571200000,
    -1,
    0,
    1.5,
    float("nan"),
    float("inf"),
    Decimal(5),
    True,
    np.True_,
    b"2026",
    [],
    {},
    object(),
    "2026-13-45",
    "-9999999d",
)
WORDS: tuple[Any, ...] = (
    None,
    "",
    "lifo",
    "FIFO",
    "own",
    "Base",
    "DAY",
    "lo",
    "Symbol",
    "fifo ",
    5,
    True,
    [],
    ["fifo"],
    {},
    object(),
    b"fifo",
)
FLAGS: tuple[Any, ...] = (None, "yes", "", 0, 1, [], object(), np.True_)
CURRENCIES: tuple[Any, ...] = ("usd", "", "XXX", "DOLLAR", None, 5, True, ["HKD"], object(), "港元", " hkd ")
SYMBOLS: tuple[Any, ...] = (
    "700.HK",
    "700",
    "nothing",
    "",
    5,
    ["700.HK"],
    pd.Series(["700.HK"]),
    {},
    object(),
    "9999.US",
)
NUMBERS: tuple[Any, ...] = (
    None,
    "",
    "four",
    "4",
    -5,
    True,
    float("nan"),
    float("inf"),
    [],
    {},
    object(),
    Decimal("sNaN"),
)
PATHS: tuple[Any, ...] = (5, "", [], object(), "x.pdf", "\0.html", b"x.html", True, "~nobody-here/x.html")
MAPPINGS: tuple[Any, ...] = (
    {},
    [],
    "700.HK",
    5,
    object(),
    {"700.HK": 5},
    {"700.HK": (1, "x")},
    {"700.HK": (1, 2, 3)},
    {5: (1, 2)},
    {"700.HK": (True, 1)},
    {"700.HK": None},
    {"nothing": (1, 2)},
    {"Gift": "deposit"},
    {"Gift": []},
    pd.Series({"700.HK": 1}),
)
SHARES: tuple[Any, ...] = (
    None,
    {},
    [],
    "700.HK",
    5,
    object(),
    {"700.HK": -0.1},
    {"700.HK": 1.1},
    {"700.HK": float("nan")},
    {"700.HK": "a"},
    {"700.HK": ""},
    {"700.HK": None},
    {"700.HK": True},
    {"700.HK": [0.1]},
    {"nothing": 0.1},
    {5: 0.1},
    {"9999.US": 0.1},
    {"": 0.1},
    {"700.HK": 0.6, "5.HK": 0.6},
    {"700.HK": 0.1, "0700.HK": 0.1},
    {"700.HK": "0.1"},
    {"700.HK": Decimal("0.1")},
    pd.Series({"700.HK": 0.1}),
    pd.Series([0.1]),
    pd.DataFrame({"700.HK": [0.1]}),
    pd.DataFrame(),
    {"700.HK": Decimal("sNaN")},
)
BASKETS: tuple[Any, ...] = (
    None,
    [],
    {},
    "buy",
    5,
    object(),
    ORDERS[0],
    [None],
    ["700.HK"],
    [5],
    pd.DataFrame(),
    pd.DataFrame(ORDERS),
    pd.DataFrame({"a": [1]}),
    pd.Series(ORDERS[0]),
    [{}],
    [{"symbol": "700.HK"}],
    [{**ORDERS[0], "side": "hold"}],
    [{**ORDERS[0], "side": None}],
    [{**ORDERS[0], "quantity": -1}],
    [{**ORDERS[0], "quantity": True}],
    [{**ORDERS[0], "price": "x"}],
    [{**ORDERS[0], "symbol": "nothing"}],
    [{**ORDERS[0], "symbol": None}],
    [{**ORDERS[0], "symbol": ["700.HK"]}],
    [{**ORDERS[0], "quantity": float("inf")}],
    [{5: 6}],
    ORDERS * 101,
    tuple(ORDERS),
)
ODD: dict[str, tuple[Any, ...]] = {
    "start": TIMES,
    "end": TIMES,
    "since": TIMES,
    "method": WORDS,
    "by": WORDS,
    "session": WORDS,
    "currency": WORDS,
    "engine": WORDS,
    "order_type": WORDS,
    "fees": FLAGS,
    "arrival": FLAGS,
    "base_currency": CURRENCIES,
    "benchmark": SYMBOLS,
    "rate_pct": NUMBERS,
    "risk_free_pct": NUMBERS,
    "path": PATHS,
    "folder": PATHS,
    "opening": MAPPINGS,
    "kinds": MAPPINGS,
    "weights": SHARES,
    "orders": BASKETS,
    "reserve": (
        None,
        "x",
        -1,
        True,
        {},
        {"HKD": -1},
        {"DOLLAR": 5},
        {5: 5},
        [],
        object(),
        Decimal("NaN"),
        "5",
    ),
    "override": (None, 5, "short", ["short"], [5], object(), {}, ["nothing"]),
    "year": (None, "2020", "x", 2020.5, True, -1, 99999, [], object(), np.int64(2020)),
    "first_day": (None, "", "13-01", "02-29", 5, [], object(), "04-01"),
    "rates": (
        {},
        {"USD": 7.8},
        {"USD": -1},
        {"USD": "x"},
        {"US": 1},
        {5: 1},
        [],
        "x",
        5,
        object(),
        pd.DataFrame(),
        pd.DataFrame({"USD": [7.8]}),
        pd.DataFrame({"USD": [7.8]}, index=pd.DatetimeIndex(["2026-01-05"])),
    ),
}
SAYS = {
    "weights": "weight",
    "rates": "rate",
    "opening": "opening|code.market|[Ss]ymbol",
    "kinds": r"kinds",
    "folder": "folder|path|kept",
}
"""What a refusal may say instead of the argument's name."""


def parameters(ask: Callable[..., Any]) -> list[str]:
    import inspect

    return list(inspect.signature(ask).parameters)


NONE_FIT = {
    ("value", "session"),
    ("tax_year", "path"),
    ("tearsheet", "path"),
    ("backfill", "folder"),
    ("rebalance", "weights"),
}
CASES = [
    (name, parameter)
    for name, (ask, _given) in calls(None, Path()).items()
    for parameter in parameters(ask)
    if parameter in ODD
]


def sound(error: OpenAPIError, named: str) -> None:
    """It is one line for a person, about the argument."""
    said = str(error)
    assert "\n" not in said, said
    assert "object at 0x" not in said, said
    assert re.search(named, said), f"{named}: {said}"
    assert len(said) < 400, said
    assert said[-1] in ".?)", said


def attempt(ask: Callable[..., Any], given: Given, named: str, *, what: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            found = ask(**given)
        except RequestRefused as refused:
            sound(refused, named)
            return None
        except Exception as error:
            raise AssertionError(f"{what}: {type(error).__name__}: {error}") from error
    if isinstance(found, pd.DataFrame):
        assert found.attrs.get("openapi") or "snapshot" in found.columns or found.index.name == "date"
    else:
        assert found is not None
    return found


@pytest.mark.parametrize(("name", "parameter"), CASES)
def test_an_odd_argument_works_or_is_refused_by_its_name(
    client: Client, folder: Path, name: str, parameter: str, tmp_path: Path
) -> None:
    ask, given = calls(client, folder)[name]
    if name in {"backfill", "snapshot"}:
        given = {**given, "folder": tmp_path}
    named = SAYS.get(parameter, parameter)
    refused = 0
    for value in ODD[parameter][:: 3 if name == "tearsheet" and parameter in DAYS else 1]:
        if parameter == "start" and isinstance(value, str) and value == "2015-01-01" and name == "backfill":
            continue
        with_it = {**given, parameter: value}
        allowed = f"{named}|There is nothing to trade" if name == "rebalance" else named
        allowed += "|tax year" * (parameter in {"year", "first_day"})
        allowed += "|[Ss]ymbol|700|Nothing is rebalanced" * (parameter in {"weights", "orders", "benchmark"})
        allowed += "|rate" * (parameter in {"base_currency", "reserve"})
        allowed += r"|\.html|\.xlsx|was not written" * (parameter == "path")
        allowed += "|limit" * (parameter == "override")
        refused += attempt(ask, with_it, allowed, what=f"{name}({parameter}={value!r})") is None
    assert refused > 0
    # One that fits is among them, where a value for one function is none for another.
    assert refused < len(ODD[parameter]) or (name, parameter) in NONE_FIT


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_client_is_refused(
    server: SandboxProcess, folder: Path, name: str, client: Client
) -> None:
    ask, given = calls(client, folder)[name]
    for value in (
        None,
        "client",
        ["client"],
        [],
        {},
        {"a": 5},
        5,
        object(),
        Client,
        SimpleNamespace(tz="UTC"),
        [client, 5],
    ):
        if value is None and name in OPTIONAL_CLIENT:
            continue
        assert attempt(ask, {**given, "client": value}, "client", what=f"{name}({value!r})") is None
    closed = opened(server)
    closed.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:  # a client that was closed opens its connection again, or says that it is closed
            found = ask(**{**given, "client": closed})
        except OpenAPIError as error:
            sound(error, "closed|nothing to trade")
        else:
            assert found is not None


@pytest.mark.parametrize("name", ["months", "statistics", "by_symbol", "totals", "notes"])
def test_another_frame_is_refused(client: Client, folder: Path, name: str) -> None:
    ask = getattr(portfolio, name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        others = [
            portfolio.value(client),
            portfolio.pnl(client, "-20d", fees=False),
            portfolio.returns(client, folder=folder),
        ]
    broken = [frame.drop(columns=frame.columns[-3:]) for frame in others] + [
        frame.iloc[:0] for frame in others
    ]
    bare = [pd.DataFrame(frame.to_dict("list")) for frame in others]
    odd: list[Any] = [
        None,
        "frame",
        5,
        [],
        {},
        object(),
        pd.DataFrame(),
        pd.DataFrame({"a": [1]}),
        pd.Series([1.0]),
    ]
    refused = 0
    for value in [*odd, *others, *broken, *bare]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                found = ask(value)
            except RequestRefused as error:
                sound(error, "frame")
                refused += 1
            else:
                assert isinstance(found, (pd.DataFrame, str))
    assert len(odd) <= refused < len(odd) + len(others) + len(broken) + len(bare)


def test_statistics_of_a_frame_read_from_a_file_are_the_same(client: Client, folder: Path) -> None:
    frame = portfolio.returns(client, folder=folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = portfolio.statistics(frame)
        for days in (frame["date"].astype(str), frame["date"].astype("datetime64[ns]").astype("int64")):
            pd.testing.assert_frame_equal(portfolio.statistics(frame.assign(date=days)), expected)
    with pytest.raises(RequestRefused, match="Its column date holds no days"):
        portfolio.statistics(frame.assign(date="soon"))


def test_orders_may_be_previews_or_a_basket(client: Client) -> None:
    last = float(client.call("quote", symbol=["700.HK"]).frame()["last_done"].iloc[0])
    order = {
        "symbol": "700.HK",
        "side": "Buy",
        "order_type": "MO",
        "submitted_quantity": "100",
        "time_in_force": "Day",
    }
    preview = client.call("submit_order", **order)
    basket = client.call("submit_order", orders=[order])
    assert last > 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for orders in (order, [order], preview, [preview], (preview,), basket):
            frame = portfolio.what_if(client, orders).set_index("symbol")
            row = frame.loc["700.HK"]
            assert row["quantity_after"] == row["quantity"] + 100
        cancel = SimpleNamespace(operation=SimpleNamespace(name="submit_order"))
        with pytest.raises(RequestRefused, match="orders takes a DataFrame or a list of orders"):
            portfolio.what_if(client, cancel)


# Windows


HERE = "Asia/Hong_Kong"
MIDNIGHT = int(datetime(2024, 1, 5, tzinfo=ZoneInfo(HERE)).timestamp())
LAST = MIDNIGHT + 86_399


@pytest.mark.parametrize(
    ("given", "first", "last"),
    [
        ("2024-01-05", MIDNIGHT, LAST),
        ("20240105", MIDNIGHT, LAST),
        (20240105, MIDNIGHT, LAST),
        (np.int64(20240105), MIDNIGHT, LAST),
        (date(2024, 1, 5), MIDNIGHT, LAST),
        (pd.Timestamp("2024-01-05"), MIDNIGHT, LAST),
        (np.datetime64("2024-01-05"), MIDNIGHT, LAST),
        (np.datetime64("2024-01-05", "ns"), MIDNIGHT, LAST),
        (datetime(2024, 1, 5), MIDNIGHT, MIDNIGHT),  # noqa: DTZ001
        (datetime(2024, 1, 5, 9, 30), MIDNIGHT + 34_200, MIDNIGHT + 34_200),  # noqa: DTZ001
        ("2024-01-05T09:30", MIDNIGHT + 34_200, MIDNIGHT + 34_200),
        (pd.Timestamp("2024-01-05 09:30"), MIDNIGHT + 34_200, MIDNIGHT + 34_200),
        (np.datetime64("2024-01-05T09:30:00.123456789"), MIDNIGHT + 34_200, MIDNIGHT + 34_200),
        (datetime(2024, 1, 5, 1, 30, tzinfo=UTC), MIDNIGHT + 34_200, MIDNIGHT + 34_200),
        (pd.Timestamp("2024-01-05 01:30", tz="UTC"), MIDNIGHT + 34_200, MIDNIGHT + 34_200),
        (pd.Timestamp("2024-01-05", tz=HERE), MIDNIGHT, MIDNIGHT),
        (MIDNIGHT + 5, MIDNIGHT + 5, MIDNIGHT + 5),
        (MIDNIGHT + 5.9, MIDNIGHT + 5, MIDNIGHT + 5),
    ],
)
def test_a_time_means_the_same_however_it_is_given(given: Any, first: int, last: int) -> None:
    assert window(given, given, HERE) == (first, last)


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        (None, None, r"^start is missing: give a day, such as 2026-01-05, or -30d for 30 days ago\.$"),
        (FUTURE, None, rf"^start \({FUTURE}\) is in the future: today is .*Asia/Hong_Kong.* such as -30d\.$"),
        ("2026-01-05", "2026-01-01", r"^start \(2026-01-05\) is after end \(2026-01-01\): swap them\.$"),
        (datetime(2026, 1, 5, 9, 30), "2026-01-01", r"^start \(2026-01-05 09:30\) is after"),  # noqa: DTZ001
        (MIDNIGHT, MIDNIGHT - 60, r"^start \(2024-01-05\) is after end \(2024-01-04 23:59\)"),
        ("someday", None, r"^start='someday' is not a time: write 2026-01-05, .*, today or -30d\.$"),
        ("2026-01-05", "2026年2月", r"^end='2026年2月' is not a time: write"),
        ("-5d", "", r"^end='' is not a time: write"),
        (True, None, r"^start=True is not a time: write"),
        (
            np.datetime64("NaT", "ns"),
            None,
            r"^start=a value of type datetime64 is not a time: it is not a time",
        ),
        (pd.NaT, None, r"^start=a value of type NaTType is not a time: it is not a time \(NaT\)\.$"),
        ("1900-01-01", None, r"^start='1900-01-01' is not a time: times run from 1970 to 5138\.$"),
        (1767571200000, None, r"^start=1767571200000 is not a time: it looks like milliseconds"),
    ],
)
def test_what_is_no_window_is_said_in_days(start: Any, end: Any, said: str) -> None:
    with pytest.raises(RequestRefused, match=said):
        window(start, end, HERE)


@pytest.mark.parametrize(
    "name",
    [name for name, parameter in CASES if parameter == "start"],
)
def test_a_start_in_the_future_is_refused_before_anything_is_read(folder: Path, name: str) -> None:
    asked: list[str] = []

    def call(operation: str, **_more: Any) -> None:
        asked.append(operation)

    account = SimpleNamespace(mode="sandbox", digits="1", source="x", host="http://127.0.0.1:1")
    silent = SimpleNamespace(call=call, account=account, tz=HERE, live=None, throttled=0)
    ask, given = calls(silent, folder)[name]
    with pytest.raises(RequestRefused, match=rf"^start \({FUTURE}\) is in the future"):
        ask(**{**given, "start": FUTURE})
    assert asked == []
    assert not re.search(r"\d{9}", FUTURE)


@pytest.mark.parametrize("hour", [1, 17, 23])
def test_a_day_that_has_begun_in_a_market_is_none_of_the_future(
    hour: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From 16:00 UTC on it is the next day in Hong Kong, and such a window is of days of the market."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime(2026, 11, 28, hour, tzinfo=UTC).astimezone(tz)

    monkeypatch.setattr("jupyter_openapi.portfolio.arguments.datetime", Clock)
    begun = int(datetime(2026, 11, 28, 16, tzinfo=UTC).timestamp())
    if hour >= 16:
        assert window("2026-11-29", None, "UTC") == (begun, None)
        assert days("2026-11-29", None, "UTC") == (date(2026, 11, 29), None)
    else:
        with pytest.raises(
            RequestRefused, match=r"start \(2026-11-29\) is in the future: today is 2026-11-28 \(UTC\)"
        ):
            window("2026-11-29", None, "UTC")
        with pytest.raises(RequestRefused, match=r"start \(2026-11-29\) is in the future: today is"):
            days("2026-11-29", None, "UTC")
    with pytest.raises(RequestRefused, match=r"start \(2026-11-30\) is in the future"):
        window("2026-11-30", None, "UTC")
    with pytest.raises(RequestRefused, match=r"start \(2026-11-29 00:30\) is in the future"):
        window(datetime(2026, 11, 29, 0, 30), None, "UTC")  # noqa: DTZ001


COMMANDS = ("pnl", "trade_stats", "returns")


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_say_the_same(
    server: SandboxProcess, command: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from support.shell import loaded_shell

    keys = server.credentials
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for name, value in (
        ("APP_KEY", keys.app_key),
        ("APP_SECRET", keys.app_secret),
        ("ACCESS_TOKEN", keys.access_token),
        ("HTTP_URL", server.url),
    ):
        monkeypatch.setenv(f"LONGBRIDGE_{name}", value)
    refusals = {
        "start=-1d end=-5d": r"start \(20..-..-..\) is after end \(20..-..-..\): swap them\.",
        "start=''": r"start='' is not a time: write 2026-01-05",
        "start=2026年1月5日": r"start='2026年1月5日' is not a day: write 2026-01-05",
        "start={5}": r"start=5 is not a day: write it as 2026-01-05\.",
        "start={1767571200}": r"start=1767571200 is not a day: write it as 2026-01-05\.",
        "start={True}": "start=True is not a day: write 2026-01-05",
        "start={float('nan')}": "is NaN, a missing value",
        "base_currency=港元": "base_currency is a code such as HKD or USD, not '港元'",
    }
    refusals[f"start={FUTURE}"] = rf"start \({FUTURE}\) is in the future: today is"
    if command != "returns":
        refusals["method=平均"] = "Type method=average"
    if command != "pnl":
        refusals["--by 按月"] = "type --by month"
    with loaded_shell() as shell, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shell.run("%openapi connect sandbox")
        for line, said in refusals.items():
            assert re.search(said, shell.fail(f"x = %openapi {command} {line}")), line
        for line in (
            "",
            "start=yesterday",
            "start=20240110 end=20240110",
            "start={None}",
            f"start=-5d end={FUTURE}",
            "base_currency=usd",
        ):
            assert isinstance(shell.run(f"x = %openapi {command} {line}\nx"), pd.DataFrame)


# Histories on disk, and frames of executions


def executions() -> pd.DataFrame:
    names = ("trade_id", "order_id", "symbol", "side", "quantity", "price", "trade_done_at")
    rows = [
        ("1", "a", "AAPL.US", "Buy", 10.0, 200.0, "2026-03-02T15:00Z"),
        ("2", "b", "AAPL.US", "Sell", 4.0, 210.0, "2026-03-03T15:00Z"),
    ]
    made = pd.DataFrame(rows, columns=pd.Index(names))
    return made.assign(trade_done_at=pd.to_datetime(made["trade_done_at"]))


ANYTHING: tuple[Any, ...] = (
    None,
    "x",
    5,
    [],
    {},
    object(),
    True,
    pd.Series([1]),
    pd.DataFrame(),
    pd.DataFrame({"a": [1]}),
    [5],
    ["x"],
    {"a": 1},
    {5: 6},
    {"AAPL.US": [("2026-03-03", 0, 1)]},
    {"US": object()},
    float("nan"),
    ("a", 1),
)
ON_DISK = ("trips_of", "lots_of", "archived_trips", "archived_lots", "closed_by_day", "archive")


def given_on_disk(name: str, root: Path) -> Given:
    if name == "closed_by_day":
        return {"trips": portfolio.trips_of(executions())}
    if name == "archive":
        account = SimpleNamespace(mode="sandbox", digits="1", source="x", host="http://127.0.0.1:1")

        def call(operation: str, **_more: Any) -> Any:
            raise RequestRefused(f"nothing is sent here: {operation} start_at root progress.")

        client = SimpleNamespace(call=call, account=account, tz=HERE)
        return {"client": client, "operation": "history_executions", "root": root, "start": "-1d"}
    return {"path": root} if name.startswith("archived") else {"executions": executions()}


@pytest.mark.parametrize("name", ON_DISK)
def test_what_goes_through_executions_refuses_by_name(name: str, tmp_path: Path) -> None:
    ask = getattr(portfolio, name)
    refused = 0
    for parameter in parameters(ask):
        if parameter == "filters":
            continue
        named = {"rates": "rate", "path": "path|archive", "account": "account|archive"}.get(
            parameter, parameter
        )
        named += "|archive of executions" * name.startswith("archived")
        named += "|execution" * (parameter == "executions")
        for value in (*ANYTHING, np.datetime64("NaT", "ns"), 20260105):
            given = {**given_on_disk(name, tmp_path / "history"), parameter: value}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    ask(**given)
                except RequestRefused as error:
                    sound(error, named)
                    refused += 1
                except Exception as error:
                    raise AssertionError(f"{name}({parameter}={value!r}): {error!r}") from error
    assert refused > len(ANYTHING) // 2


@pytest.mark.parametrize("name", ["trips_of", "lots_of"])
def test_a_frame_of_executions_with_odd_columns_is_refused(name: str) -> None:
    ask, good = getattr(portfolio, name), executions()
    assert len(ask(good)) == 1
    assert ask(good.iloc[:0]).empty
    for frame in (
        good.drop(columns="side"),
        good.assign(side=None),
        good.assign(quantity="x"),
        good.assign(quantity=-1.0),
        good.assign(trade_done_at="x"),
        good.assign(trade_done_at=None),
        good.assign(symbol=5),
        portfolio.trips_of(good),
    ):
        with pytest.raises(RequestRefused) as refused:
            ask(frame)
        sound(refused.value, "execution")
