"""The official SDK subscribes on the sandbox as it does at the broker."""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from support.sandbox import SandboxProcess, free_port, start_sandbox
from support.sdk_agent import Agent
from support.socket_client import SocketClient

from jupyter_openapi.market.symbols import SECURITIES
from jupyter_openapi.protocol import message

OPEN = "2026-11-23T10:30:00+08:00"  # a Monday morning in Hong Kong
HK, US = "700.HK", "AAPL.US"
ALL = ["Quote", "Depth", "Brokers", "Trade"]


@pytest.fixture
def sandbox() -> Iterator[SandboxProcess]:
    with start_sandbox("--limits", "off", "--clock", "manual", "--start", OPEN, "--seed", "7") as running:
        yield running


@pytest.fixture
def agent(sandbox: SandboxProcess) -> Iterator[Agent]:
    with Agent(sandbox.info) as found:
        yield found


def advance(sandbox: SandboxProcess, seconds: float) -> None:
    sandbox.client.post("/sandbox/clock", advance=seconds)


PULLS: list[tuple[str, list[Any]]] = [
    ("quote", [[HK, US]]),
    ("static_info", [[HK, US]]),
    ("depth", [HK]),
    ("brokers", [HK]),
    ("trades", [US, 30]),
    ("intraday", [HK]),
    ("participants", []),
    ("trading_session", []),
    ("trading_days", ["Market::HK", "date:2026-12-01", "date:2026-12-28"]),
    ("candlesticks", [US, "Period::Min_5", 10, "AdjustType::NoAdjust"]),
    ("candlesticks", [HK, "Period::Day", 10, "AdjustType::NoAdjust"]),
    ("history_candlesticks_by_offset", [HK, "Period::Day", "AdjustType::NoAdjust", False, 5]),
    (
        "history_candlesticks_by_date",
        [HK, "Period::Week", "AdjustType::NoAdjust", "date:2026-09-01", "date:2026-11-01"],
    ),
    ("option_chain_expiry_date_list", [US]),
    ("warrant_issuers", []),
    ("warrant_list", [HK, "WarrantSortBy::Volume", "SortOrderType::Descending"]),
    ("capital_flow", [HK]),
    ("capital_distribution", [HK]),
    ("calc_indexes", [[HK, US], ["CalcIndex::LastDone", "CalcIndex::Volume", "CalcIndex::PeTtmRatio"]]),
]


def test_every_pull_gives_the_same_over_the_socket_as_over_http(agent: Agent) -> None:
    for name, arguments in PULLS:
        socket, http = agent.ask("pull", name=name, arguments=arguments)
        assert socket == http, name
        assert socket, name


def test_options_and_warrants_over_the_socket(agent: Agent) -> None:
    (warrants, _) = agent.ask(
        "pull", name="warrant_list", arguments=[HK, "WarrantSortBy::Volume", "SortOrderType::Descending"]
    )
    names = [row["symbol"] for row in warrants[:3]]
    socket, http = agent.ask("pull", name="warrant_quote", arguments=[names])
    assert socket == http
    assert [row["symbol"] for row in socket] == names


def test_first_pushes_equal_rest_at_the_same_moment(sandbox: SandboxProcess, agent: Agent) -> None:
    agent.ask("subscribe", symbols=[HK, US], kinds=ALL)
    agent.until(2, "depth")
    agent.until(2, "brokers")
    for symbol in (HK, US):
        (quote,) = sandbox.client.post("/quote/quotes", symbol=[symbol])["secu_quote"]
        (pushed,) = agent.ask("realtime", what="quote", arguments=[[symbol]])
        assert [Decimal(pushed[name]) for name in ("last_done", "open", "high", "low", "turnover")] == [
            Decimal(quote[name]) for name in ("last_done", "open", "high", "low", "turnover")
        ]
        assert pushed["volume"] == int(quote["volume"])
        book = sandbox.client.post("/quote/depth", symbol=symbol)
        depth = agent.ask("realtime", what="depth", arguments=[symbol])
        for side, wire in (("asks", "ask"), ("bids", "bid")):
            assert [(Decimal(row["price"]), row["volume"]) for row in depth[side]] == [
                (Decimal(row["price"]), int(row["volume"])) for row in book[wire]
            ]
    brokers = sandbox.client.post("/quote/brokers", symbol=HK)
    pushed = agent.ask("realtime", what="brokers", arguments=[HK])
    assert [row["broker_ids"] for row in pushed["ask_brokers"]] == [
        row["broker_ids"] for row in brokers["ask_brokers"]
    ]


def test_a_moved_clock_pushes_what_happened_and_volumes_add_up(sandbox: SandboxProcess, agent: Agent) -> None:
    (before,) = sandbox.client.post("/quote/quotes", symbol=[HK])["secu_quote"]
    agent.ask("subscribe", symbols=[HK], kinds=ALL)
    first = len(agent.until(1, "quote"))
    advance(sandbox, 600)
    (after,) = sandbox.client.post("/quote/quotes", symbol=[HK])["secu_quote"]
    traded = int(after["volume"]) - int(before["volume"])
    assert traded > 0
    deadline = time.monotonic() + 30
    while True:
        events = agent.ask("events")
        quotes = [row[2] for row in events if row[0] == "quote"][first:]
        if quotes and quotes[-1]["volume"] == int(after["volume"]):
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert sum(row["current_volume"] for row in quotes) == traded
    assert sum(Decimal(row["current_turnover"]) for row in quotes) == Decimal(after["turnover"]) - Decimal(
        before["turnover"]
    )
    assert quotes[-1]["last_done"] == after["last_done"]
    trades = [trade for row in events if row[0] == "trades" for trade in row[2]["trades"]]
    assert sum(trade["volume"] for trade in trades) == traded
    book = sandbox.client.post("/quote/depth", symbol=HK)
    wanted = [(Decimal(row["price"]), int(row["volume"])) for row in book["bid"]]

    def bids() -> list[tuple[Decimal, int]]:
        depth = agent.ask("realtime", what="depth", arguments=[HK])
        return [(Decimal(row["price"]), row["volume"]) for row in depth["bids"]]

    while bids() != wanted and time.monotonic() < deadline:  # the book comes after the quotes
        time.sleep(0.05)
    assert bids() == wanted


def test_its_bars_equal_those_of_rest(sandbox: SandboxProcess, agent: Agent) -> None:
    agent.ask("candles", symbol=HK, period="Min_1")
    for _ in range(12):
        advance(sandbox, 30)
    rest = sandbox.client.post(
        "/quote/candlesticks", symbol=HK, period=1, count=6, adjust_type=0, trade_session=0
    )["candlesticks"]
    names = ("open", "high", "low", "close")
    wanted = [[Decimal(row[n]) for n in names] + [int(row["volume"])] for row in rest]

    def built() -> list[list[Any]]:
        found = agent.ask("realtime", what="candlesticks", arguments=[HK, "Min_1", 6])
        return [[Decimal(row[n]) for n in names] + [row["volume"]] for row in found]

    deadline = time.monotonic() + 30
    while built() != wanted and time.monotonic() < deadline:  # the last pushes may still be on their way
        time.sleep(0.05)
    assert built() == wanted


def test_every_change_of_an_order_is_pushed_after_it_is_booked(sandbox: SandboxProcess, agent: Agent) -> None:
    agent.ask("orders")
    client = sandbox.client
    bid = Decimal(client.post("/quote/depth", symbol=HK)["bid"][0]["price"])
    bought = client.submit(order_type="MO")
    rejected = client.submit(submitted_price=str(bid), submitted_quantity="100000")
    resting = client.submit(submitted_price=str(bid - 20))
    body = {"order_id": resting, "quantity": "200", "price": str(bid - 21)}
    client.call("PUT", "/v1/trade/order", json_body=body)
    client.call("DELETE", "/v1/trade/order", {"order_id": resting})
    conditional = client.submit(order_type="LIT", submitted_price=str(bid + 5), trigger_price=str(bid - 30))
    client.call("DELETE", "/v1/trade/order", {"order_id": conditional})
    rows = [row[2] for row in agent.until(8, "order")]
    by_order: dict[str, list[str]] = {}
    for row in rows:
        by_order.setdefault(row["order_id"], []).append(row["status"].rpartition(".")[2])
    assert by_order[bought] == ["New", "Filled"]
    assert by_order[rejected] == ["Rejected"]
    assert by_order[resting] == ["New", "Replaced", "Canceled"]
    assert by_order[conditional] == ["VarietiesNotReported", "Canceled"]
    filled = next(row for row in rows if row["order_id"] == bought and row["status"].endswith(".Filled"))
    detail = client.order(bought)
    assert Decimal(filled["last_price"]) == Decimal(detail["executed_price"])
    assert filled["last_share"] == "100"
    assert filled["executed_quantity"] == detail["executed_quantity"]
    replaced = next(row for row in rows if row["status"].endswith(".Replaced"))
    assert [replaced["submitted_quantity"], Decimal(replaced["submitted_price"])] == ["200", bid - 21]
    waiting = next(row for row in rows if row["status"].endswith("NotReported"))
    assert waiting["trigger_status"] == "TriggerStatus.Active"


def test_a_partial_fill_is_pushed(sandbox: SandboxProcess, agent: Agent) -> None:
    agent.ask("orders")
    client = sandbox.client
    for known in SECURITIES.values():
        symbol, lot = known.symbol, known.lot_size
        best = client.post("/quote/depth", symbol=symbol)["ask"][0]
        worth = Decimal(best["price"]) * (int(best["volume"]) + lot)
        if worth < (900_000 if known.market == "HK" else 90_000):
            break
    size = str(int(best["volume"]) + lot)
    order = client.submit(symbol, submitted_price=best["price"], submitted_quantity=size)
    rows = [row[2] for row in agent.until(2, "order") if row[2]["order_id"] == order]
    states = [row["status"].rpartition(".")[2] for row in rows]
    assert states[:2] in (["New", "PartialFilled"], ["Rejected"])
    assert states[1] == "PartialFilled", rows[0]["msg"]
    assert rows[1]["executed_quantity"] == rows[1]["last_share"] == best["volume"]


def subscribed(sandbox: SandboxProcess) -> set[str]:
    """Return the gateways with a link that has subscribed to something."""
    links = sandbox.client.get("/sandbox/status")["links"]
    return {link["gateway"] for link in links if link["subscriptions"]}


@pytest.mark.parametrize("way", ["drop", "restart", "kill"])
def test_the_sdk_comes_back_after_its_links_are_gone(way: str, tmp_path: Any) -> None:
    options = ["--limits", "off", "--db", str(tmp_path / "s.db")]
    port = str(free_port())
    sandbox = start_sandbox(*options, "--port", port)
    try:
        with Agent(sandbox.info) as agent:
            agent.ask("subscribe", symbols=[HK], kinds=["Quote"])
            agent.ask("orders")
            agent.until(1, "quote")
            if way == "drop":
                sandbox.client.post("/sandbox/sockets", drop="all")
            else:
                sandbox.kill() if way == "kill" else sandbox.stop()
                sandbox = start_sandbox(*options, "--port", port)
            agent.ask("forget")
            deadline = time.monotonic() + 90
            while subscribed(sandbox) != {"quote", "trade"}:
                assert time.monotonic() < deadline
                time.sleep(0.1)
            sandbox.client.submit(order_type="MO")
            agent.until(2, "order")
            agent.until(1, "quote")
    finally:
        sandbox.stop()


def test_a_session_is_taken_up_once_and_a_password_used_once(sandbox: SandboxProcess) -> None:
    password = sandbox.client.get("/v1/socket/token")["otp"]
    with SocketClient(sandbox.info["quote_ws_url"]) as link:
        session = link.authenticate(password)
        with (
            SocketClient(sandbox.info["quote_ws_url"]) as again,
            pytest.raises(PermissionError, match="5 401004"),
        ):
            again.authenticate(password)
    with SocketClient(sandbox.info["quote_ws_url"]) as link:
        assert link.take_up(session) != session
        with (
            SocketClient(sandbox.info["quote_ws_url"]) as again,
            pytest.raises(PermissionError, match="5 401004"),
        ):
            again.take_up(session)


def test_an_invented_password_another_gateways_session_and_nothing_at_all_are_refused(
    sandbox: SandboxProcess,
) -> None:
    with SocketClient(sandbox.info["quote_ws_url"]) as link, pytest.raises(PermissionError, match="5 401004"):
        link.authenticate("invented")
    with SocketClient(sandbox.info["quote_ws_url"]) as link, pytest.raises(PermissionError, match="5 401004"):
        link.request(5)
    with SocketClient(sandbox.info["trade_ws_url"]) as link:
        session = link.authenticate(sandbox.client.get("/v1/socket/token")["otp"])
    with SocketClient(sandbox.info["quote_ws_url"]) as link, pytest.raises(PermissionError, match="5 401004"):
        link.take_up(session)


def test_the_eleventh_link_is_refused_and_dead_ones_are_not_counted(sandbox: SandboxProcess) -> None:
    links = [SocketClient(sandbox.info["quote_ws_url"]) for _ in range(11)]
    passwords = [sandbox.client.get("/v1/socket/token")["otp"] for _ in links]
    for link, password in zip(links[:10], passwords, strict=False):
        link.authenticate(password)
    assert sandbox.client.get("/v1/socket/token")["online"] == 10
    with pytest.raises(PermissionError, match=r"6 403 .*limit = 10, online = 10"):
        links[10].authenticate(passwords[10])
    for link in links:
        link.abort()
    deadline = time.monotonic() + 30
    while sandbox.client.get("/v1/socket/token")["online"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_is_no_packet_harms_nobody(sandbox: SandboxProcess) -> None:
    with SocketClient(sandbox.info["quote_ws_url"]) as link:
        link.authenticate(sandbox.client.get("/v1/socket/token")["otp"])
        for junk in (b"", b"\x01", b"\x01\x05\x00\x00", b"\x03\x65\x00\x00\x00", b"\xff" * 40):
            link.socket.send(junk)
        link.socket.send(b"\x01\x05\x00\x00\x00\x63\x13\x88\x00\x00\x09x")
        with pytest.raises(PermissionError, match="3 301600"):
            link.answer(0x63)
        with pytest.raises(PermissionError, match="3 301600"):
            link.request(77)
        with pytest.raises(PermissionError, match="3 301600"):
            link.request(6, b"\xff\xff\xff")
        assert link.request(5, compress=True) == b""


def test_the_sockets_limits_and_lack_of_access(sandbox: SandboxProcess) -> None:
    def ask(symbols: list[str]) -> bytes:
        return message("SubscribeRequest").encode({"symbol": symbols, "sub_type": [1]})

    with SocketClient(sandbox.info["quote_ws_url"]) as link:
        link.authenticate(sandbox.client.get("/v1/socket/token")["otp"])
        with pytest.raises(PermissionError, match="7 301607"):
            link.request(6, ask([f"{n}.HK" for n in range(501)]))
        with pytest.raises(PermissionError, match="7 301600 symbol not found"):
            link.request(6, ask(["NOBODY.HK"]))
        sandbox.client.post("/sandbox/sockets", deny=["US"])
        with pytest.raises(PermissionError, match="7 301604 no quote access"):
            link.request(6, ask([US]))
        link.request(6, ask([HK]))
        (row,) = sandbox.client.get("/sandbox/status")["links"]
        assert row == {"gateway": "quote", "subscriptions": {HK: [1]}}


def test_overnight_figures_only_for_those_who_ask(tmp_path: Any) -> None:
    night = "2026-11-24T22:00:00-05:00"
    options = ("--limits", "off", "--clock", "manual", "--sessions", "real", "--start", night)
    with (
        start_sandbox(*options) as sandbox,
        Agent(sandbox.info) as day,
        Agent(sandbox.info, overnight=True) as owl,
    ):
        for agent in (day, owl):
            agent.ask("subscribe", symbols=[US], kinds=["Quote", "Trade"])
        advance(sandbox, 300)
        owl.until(3, "trades")
        sessions = {row[2]["trade_session"] for row in owl.until(2, "quote")}
        assert "TradeSession.Overnight" in sessions
        assert not [row for row in day.ask("events") if row[0] == "trades"]
        assert {row[2]["trade_session"] for row in day.ask("events")} <= {
            "TradeSession.Intraday",
            "TradeSession.Post",
        }
