"""Whole histories of candles, by date and by offset, from the sandbox; and today's orders in a history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from support.sandbox import SandboxProcess, start_sandbox

from jupyter_openapi import Client, Credentials, RequestRefused, TransportError
from jupyter_openapi.history import cut, fetch
from jupyter_openapi.spec import catalog

START = "2026-11-20T06:00:00Z"


def connected(sandbox: SandboxProcess) -> Client:
    keys = sandbox.credentials
    credentials = Credentials(keys.app_key, keys.app_secret, keys.access_token)
    return Client(credentials, "sandbox", sandbox.url, limits=False)


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    options = ("--limits", "off", "--seed", "3", "--clock", "manual", "--start", START)
    with start_sandbox(*options) as sandbox, connected(sandbox) as made:
        yield made


def bars(client: Client, **arguments: Any) -> Any:
    return client.pages(
        "history_candlesticks", symbol="700.HK", adjust_type="none", trade_session="intraday", **arguments
    )


def test_minutes_of_three_days_are_whole(client: Client) -> None:
    found = bars(client, period="1m", start="2026-11-16", end="2026-11-18")
    assert found.complete, found.why
    assert len(found) == 3 * 1440  # the sandbox trades round the clock
    times = [int(row["timestamp"]) for row in found.rows]
    assert times == list(range(times[0], times[0] + 60 * len(times), 60))
    frame = found.frame(tz="Asia/Hong_Kong")
    assert frame["timestamp"].iloc[0].isoformat() == "2026-11-16T00:00:00+08:00"
    assert set(frame["symbol"]) == {"700.HK"}
    assert found.pages <= 6


def test_days_of_years_have_their_dates(client: Client) -> None:
    found = bars(client, period="day", start="2023-01-01", end="2026-11-19")
    frame = found.frame()
    assert found.complete
    assert len(frame) == (date(2026, 11, 19) - date(2023, 1, 1)).days + 1
    assert frame["trade_date"].is_monotonic_increasing
    assert str(frame["trade_date"].iloc[0].date()) == "2023-01-01"
    assert str(frame["trade_date"].iloc[-1].date()) == "2026-11-19"


@pytest.mark.parametrize("direction", ["backward", "forward"])
def test_a_count_beyond_one_reply_comes_whole(client: Client, direction: str) -> None:
    found = bars(client, period="1m", count=2500, direction=direction, date="2026-11-10", minute="0930")
    times = [int(row["timestamp"]) for row in found.rows]
    edge = int(datetime(2026, 11, 10, 1, 30, tzinfo=UTC).timestamp())
    assert len(times) == len(set(times)) == 2500
    assert (times[-1] if direction == "backward" else times[0]) == edge


def test_a_history_without_end_or_start_is_refused(client: Client) -> None:
    with pytest.raises(RequestRefused, match="needs a first day, or a count"):
        bars(client, period="1m")
    with pytest.raises(RequestRefused, match="exchange them"):
        bars(client, period="1m", start="2026-11-18", end="2026-11-16")


def test_a_reply_that_was_cut_says_so(client: Client) -> None:
    operation = catalog().named("history_candlesticks")
    arguments = {"date_request": {"start_date": "20261110"}}
    full = {"candlesticks": [{"timestamp": str(60 * at)} for at in range(1000)]}
    said = cut(operation, full, arguments)
    assert said is not None
    assert said.startswith("1,000 bars, as many as one reply holds; earlier ones are missing")
    assert cut(operation, {"candlesticks": full["candlesticks"][:999]}, arguments) is None
    assert cut(operation, full, {"offset_request.count": 1000}) is None


def test_what_was_read_before_a_failure_is_kept() -> None:
    calls: list[Mapping[str, Any]] = []

    def read(_name: str, arguments: Mapping[str, Any]) -> Any:
        calls.append(arguments)
        if len(calls) > 1:
            raise TransportError("the line broke.")
        return {
            "symbol": "700.HK",
            "candlesticks": [{"timestamp": str(1_790_000_000 + 60 * at)} for at in range(1000)],
        }

    arguments = {
        "symbol": "700.HK", "period": "1m", "adjust_type": "none", "trade_session": "intraday",
        "date_request": {"start_date": "2026-01-01"},
    }  # fmt: skip
    found = fetch(read, catalog().named("history_candlesticks"), arguments)
    assert len(found) == 1000
    assert not found.complete
    assert "the line broke. 1,000 bars were read before" in found.why
    before = datetime.fromtimestamp(1_790_000_000 - 60, UTC).astimezone(ZoneInfo("Asia/Hong_Kong"))
    assert calls[1]["offset_request"]["date"] == f"{before:%Y%m%d}"
    assert calls[1]["offset_request"]["minute"] == f"{before:%H%M}"


def test_a_history_of_orders_has_todays(sandbox: SandboxProcess) -> None:
    # On a sandbox whose market has our own date, for "today" is ours.
    with connected(sandbox) as client:
        client.call(
            "submit_order",
            symbol="700.HK", side="Buy", order_type="MO", submitted_quantity="100",
            time_in_force="Day", execute=True,
        )  # fmt: skip
        alone = client.call("history_orders", start_at="-30d").frame()
        assert alone.empty  # as the broker: a history ends before today
        whole = client.pages("history_orders", start_at="-30d")
    assert len(whole) == 1
    assert whole.complete
