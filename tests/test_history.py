"""A whole history: where it starts, how it is asked for, what it says of itself, how it goes on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from support.histories import DAY, NOW, PRESENT, Broker, execution, flow, operation, order

from jupyter_openapi.errors import ApiError, RequestRefused, TransportError
from jupyter_openapi.history import History, ProgressBar, Step, Unfinished, cut, fetch
from jupyter_openapi.history import page as reading
from jupyter_openapi.spec import catalog

ORDERS = operation("history_orders")
EXECUTIONS = operation("history_executions")
FLOWS = operation("cash_flow")


def no_read(name: str, arguments: Mapping[str, Any]) -> Any:
    raise AssertionError(f"{name} was asked for {arguments}")


def windows(broker: Broker, start: str = "start_at", end: str = "end_at") -> list[tuple[int, int]]:
    return [(asked[start], asked[end]) for name, asked in broker.requests if name == broker.operation.name]


# --- what is refused, with what to type


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("history_orders", {}, "needs a start: add start_at=2026-01-01, or start_at=-1y, to history_orders"),
        ("cash_flow", {"end_time": "today"}, "needs a start: add start_time=2026-01-01"),
        ("us_query_orders", {}, "needs a start"),
        ("history_executions", {"start_at": "-30d", "page": 2}, "page does not go with --all"),
        ("history_orders", {"start_at": "-30d", "size": 5}, "size does not go with --all"),
        ("history_orders", {"start_at": "2027-01-01"}, "start_at=2027-01-01 is in the future"),
        ("history_orders", {"start_at": 1798761600}, "start_at=2027-01-01 is in the future"),
        ("history_orders", {"start_at": "1798761600"}, "Give a day that has been, such as start_at=-30d."),
        (
            "cash_flow",
            {"start_time": 1767571200, "end_time": 1767484799},
            "start_time=2026-01-05 is after end_time=2026-01-03;",
        ),
        ("history_orders", {"start_at": "-1d", "end_at": "-2d"}, "start_at=-1d is after end_at=-2d"),
        ("history_orders", {"start_at": "last week"}, "start_at='last week' is not a time"),
        ("history_orders", {"start_at": "-1d", "symbl": "700.HK"}, "Did you mean symbol?"),
        ("stock_positions", {}, "comes whole in one reply; leave --all out."),
        ("today_executions", {}, "For earlier days: history_executions start_at=-30d."),
    ],
)
def test_refused_before_anything_is_sent(name: str, arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        fetch(no_read, catalog().operations[name], arguments, now=NOW)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


# --- how it is asked for


def test_windows_touch_and_never_overlap() -> None:
    broker = Broker(ORDERS, [])
    history = fetch(broker, ORDERS, {"start_at": "2024-01-01", "symbol": "700.HK"}, now=NOW)
    asked = windows(broker)
    assert asked[0][0] == datetime(2024, 1, 1, tzinfo=UTC).timestamp()
    assert all(after[0] == before[1] + 1 for before, after in pairwise(asked))
    assert {last - first + 1 for first, last in asked[:-1]} == {90 * DAY}
    assert asked[-1][1] >= PRESENT
    assert {request["symbol"] for _, request in broker.requests} == {"700.HK"}
    assert history.pages == len(asked) == 12
    assert history.summary() == "0 rows, 2024-01-01 to 2026-11-22, complete"


def test_a_bare_date_is_its_whole_day_in_the_zone() -> None:
    broker = Broker(ORDERS, [])
    arguments = {"start_at": date(2026, 11, 1), "end_at": "2026-11-02"}
    history = fetch(broker, ORDERS, arguments, tz="Asia/Hong_Kong", now=NOW)
    first = int(datetime(2026, 10, 31, 16, tzinfo=UTC).timestamp())
    assert windows(broker) == [(first, first + 2 * DAY - 1)]
    assert history.summary() == "0 rows, 2026-11-01 to 2026-11-02, complete"
    assert history.start is not None
    assert history.start.isoformat() == "2026-11-01T00:00:00+08:00"


def test_what_lies_ahead_is_one_window() -> None:
    broker = Broker(ORDERS, [])
    fetch(broker, ORDERS, {"start_at": "-200d", "end_at": "2029-01-01"}, now=NOW)
    assert len(broker.requests) == 4


def test_both_ends_belong_to_the_window() -> None:
    first, last = PRESENT - 180 * DAY, PRESENT - DAY
    border = first + 90 * DAY - 1
    at = [first - 1, first, border, border + 1, last, last + 1]
    broker = Broker(FLOWS, [flow(number, second) for number, second in enumerate(at)], says_more=False)
    history = fetch(broker, FLOWS, {"start_time": first, "end_time": last}, now=NOW)
    assert [int(row["business_time"]) for row in history.rows] == at[1:-1]
    assert windows(broker, "start_time", "end_time") == [(first, border), (border + 1, last)]
    assert {request["size"] for _, request in broker.requests} == {1000}


def test_a_crowded_window_is_halved_and_not_asked_for_again() -> None:
    rows = [order(number, PRESENT - 300 * DAY + number) for number in range(2500)]
    broker = Broker(ORDERS, rows)
    history = fetch(broker, ORDERS, {"start_at": "-1y"}, now=NOW)
    assert history.complete
    assert [row["order_id"] for row in history.rows] == [row["order_id"] for row in rows]
    # Four more windows, and some twenty halvings down to the crowded day and inside it.
    assert len(broker.requests) < 45
    assert len(set(windows(broker))) == len(broker.requests)


def test_a_second_that_cannot_be_had_whole_is_named() -> None:
    rows = [order(number, PRESENT - DAY) for number in range(1001)] + [order(5000, PRESENT - 5)]
    history = fetch(Broker(ORDERS, rows), ORDERS, {"start_at": "-7d"}, now=NOW)
    assert (len(history.rows), history.complete) == (1001, False)
    assert history.why == "2026-11-21 12:00:00 holds more than the 1,000 rows of it that the broker gives"
    assert history.summary() == f"1,001 rows, 2026-11-15 to 2026-11-22, incomplete: {history.why}"


def test_todays_executions_come_too_and_once() -> None:
    """Midnight falls between today's request and the history's: nothing falls with it."""
    rows = [execution(number, PRESENT - DAY + 60 * number) for number in range(1300)]
    midnight = PRESENT - 3600

    def strike(request: int) -> None:
        broker.today_from = midnight if request == 1 else PRESENT

    broker = Broker(EXECUTIONS, rows, before=strike)
    history = fetch(broker, EXECUTIONS, {"start_at": "-7d", "symbol": "700.HK"}, now=NOW)
    assert [name for name, _ in broker.requests] == ["today_executions", *["history_executions"] * 2]
    assert broker.requests[0][1] == {"symbol": "700.HK"}
    assert [row["trade_id"] for row in history.rows] == [row["trade_id"] for row in rows]


def test_a_full_page_that_is_the_last_is_taken_at_its_word() -> None:
    rows = [execution(number, PRESENT - 5000 + number) for number in range(1000)]
    broker = Broker(EXECUTIONS, rows, today_from=PRESENT + 60)
    history = fetch(broker, EXECUTIONS, {"start_at": "-1d"}, now=NOW)
    assert (len(history), history.pages, history.complete) == (1000, 2, True)


def test_todays_executions_outside_the_window_stay_out() -> None:
    rows = [execution(1, PRESENT - 7200), execution(2, PRESENT - 60)]
    broker = Broker(EXECUTIONS, rows, today_from=PRESENT - 9000)
    history = fetch(broker, EXECUTIONS, {"start_at": PRESENT - 3600}, now=NOW)
    assert [row["trade_id"] for row in history.rows] == ["t-2"]


def test_an_old_history_needs_nothing_of_today() -> None:
    broker = Broker(EXECUTIONS, [])
    fetch(broker, EXECUTIONS, {"start_at": "2026-01-01", "end_at": "2026-02-01"}, now=NOW)
    assert [name for name, _ in broker.requests] == ["history_executions"]


def test_every_filter_of_a_history_holds_for_its_today_too() -> None:
    for known in catalog().operations.values():
        if known.pages and known.pages.today:
            today = catalog().operations[known.pages.today]
            paging = {*(known.pages.window or ()), known.pages.page}
            assert {p.name for p in known.parameters} - paging <= {p.name for p in today.parameters}


def test_equal_rows_without_an_id_are_all_kept() -> None:
    rows = [flow(0, PRESENT - 60)] * 7
    broker = Broker(FLOWS, rows, says_more=False)
    history = fetch(broker, FLOWS, {"start_time": "-1d", "size": 2}, now=NOW)
    assert history.rows == rows
    assert history.complete


def test_rows_a_broker_puts_outside_their_window_are_told_of() -> None:
    """A broker that rounds windows to days gives a border's rows twice, and nothing tells them apart."""
    row = flow(0, PRESENT - 100)
    cut_at = operation("cash_flow", days=1)
    history = fetch(lambda *_: {"list": [row]}, cut_at, {"start_time": PRESENT - DAY - 50}, now=NOW)
    assert not history.complete
    assert "rows outside 2026-11-22 11:59:10 to 2026-11-22 12:00:05 came with it (1)" in history.why


def test_a_list_without_a_window_needs_no_start() -> None:
    funds = operation("fund_orders")
    rows = [{"id": str(number), "profit": number} for number in range(70)]
    broker = Broker(funds, rows, cap=30, says_more=False)
    history = fetch(broker, funds, {"currency": "HKD"}, now=NOW)
    assert history.rows == rows
    assert history.summary() == "70 rows, complete"
    assert broker.requests[0] == ("fund_orders", {"currency": "HKD", "page": 1})
    assert history.data == {"items": rows}


def test_pages_without_end_end() -> None:
    many = iter(range(10**9))

    def endless(_: str, __: Mapping[str, Any]) -> Any:
        return {"trades": [execution(next(many), PRESENT - 60)], "has_more": True}

    everything = operation("all_executions")
    with patch.object(reading, "MOST_PAGES", 50):
        history = fetch(endless, everything, {"start_at": "-1d"}, now=NOW)
    assert (history.complete, history.pages, len(history.rows)) == (False, 50, 50)
    assert "the broker does not say that it is the last" in history.why


def test_a_null_list_is_no_rows() -> None:
    history = fetch(lambda *_: {"trades": None, "has_more": False}, EXECUTIONS, {"start_at": "-1d"}, now=NOW)
    assert (history.rows, history.complete) == ([], True)


def test_a_row_booked_late_on_a_page_already_read_is_found() -> None:
    """It pushes another row onto the next page, and that row's id comes twice: the window is read again."""
    rows = [execution(number, PRESENT - 3600 + number) for number in range(2500)]
    late = execution(9999, PRESENT - 10)

    def book(request: int) -> None:
        if request == 3:
            broker.rows = [*rows, late]

    broker = Broker(EXECUTIONS, rows, today_from=PRESENT + 60, before=book)
    history = fetch(broker, EXECUTIONS, {"start_at": "-1d"}, now=NOW)
    assert history.complete
    assert [row["trade_id"] for row in history.rows] == [row["trade_id"] for row in [*rows, late]]


def test_a_window_that_never_rests_is_not_called_complete() -> None:
    rows = [flow(number, PRESENT - 3600 + number) for number in range(100)]

    def book(request: int) -> None:
        broker.rows = [*broker.rows, {**flow(0, PRESENT - 10), "description": str(request)}]

    broker = Broker(FLOWS, rows, says_more=False, before=book)
    history = fetch(broker, FLOWS, {"start_time": "-1d", "size": 40}, now=NOW)
    assert not history.complete
    assert "kept moving while they were read" in history.why
    assert len(broker.requests) < 30


def test_a_list_whose_figures_move_is_still_whole() -> None:
    funds = operation("fund_orders")

    def live(name: str, arguments: Mapping[str, Any]) -> Any:
        broker.rows = [{"id": str(number), "profit": len(broker.requests)} for number in range(70)]
        return broker(name, arguments)

    broker = Broker(funds, [], cap=30, says_more=False)
    history = fetch(live, funds, {}, now=NOW)
    assert history.complete
    assert [row["id"] for row in history.rows] == [str(number) for number in range(70)]


def test_a_broker_that_gives_its_last_page_again_and_again() -> None:
    """With ids it is plain that nothing is missing; without, equal rows could be meant."""
    executions, flows = operation("all_executions", max_rows=20), operation("cash_flow")
    some = [execution(number, PRESENT - number) for number in range(30)]
    others = [flow(number, PRESENT - number) for number in range(30)]
    with_ids = fetch(
        lambda _, asked: {"trades": some[:20] if asked["page"] == 1 else some[20:]},
        executions,
        {"start_at": "-1d"},
        now=NOW,
    )
    assert (with_ids.complete, len(with_ids)) == (True, 30)
    without = fetch(lambda *_: {"list": others}, flows, {"start_time": "-1d"}, now=NOW)
    assert (without.complete, len(without)) == (False, 30)
    assert "page 2 of 2026-11-21 00:00:00 to 2026-11-22 12:00:05 gives nothing new" in without.why


# --- what it says of itself


def test_the_frame_is_that_of_one_reply_and_says_its_window() -> None:
    rows = [execution(number, PRESENT - 100 + number // 2) for number in range(3)]
    broker = Broker(EXECUTIONS, rows, today_from=PRESENT + 60)
    facts = {"operation": "history_executions", "mode": "paper"}
    history = fetch(broker, EXECUTIONS, {"start_at": "-1d"}, now=NOW, facts=facts)
    frame = history.frame(decimals="string", tz="Asia/Hong_Kong")
    assert list(frame["trade_id"]) == ["t-1", "t-0", "t-2"]  # newest first, so the later of equal ones first
    assert frame["price"].tolist() == ["612.5"] * 3
    assert str(frame["trade_done_at"].dt.tz) == "Asia/Hong_Kong"
    said = frame.attrs["openapi"]
    assert said["window"] == ["2026-11-21T00:00:00+00:00", "2026-11-22T12:00:00+00:00"]
    assert (said["mode"], said["complete"], said["pages"]) == ("paper", True, 2)
    assert history.data == {"trades": history.rows}
    assert len(history) == 3
    assert repr(history) == "<History of history_executions: 3 rows, 2026-11-21 to 2026-11-22, complete>"


def test_an_empty_history_keeps_the_columns() -> None:
    frame = fetch(Broker(ORDERS, []), ORDERS, {"start_at": "-1d"}, now=NOW).frame()
    assert len(frame) == 0
    assert {"order_id", "submitted_at"} <= set(frame.columns)


MORE = "rows and there are more; add --all with a start."
FULL = "rows, as many as one reply holds, so there may be more; add --all with a start."


@pytest.mark.parametrize(
    ("name", "data", "arguments", "said"),
    [
        ("history_orders", {"orders": [{}] * 1000, "has_more": True}, {}, f"1,000 {MORE}"),
        ("history_orders", {"orders": [{}] * 1000}, {}, f"1,000 {FULL}"),
        ("history_orders", {"orders": [{}] * 999}, {}, None),
        ("history_orders", {"orders": [{}] * 1000, "has_more": False}, {}, None),
        ("history_executions", {"trades": [{}] * 3, "has_more": True}, {}, f"3 {MORE}"),
        ("cash_flow", {"list": [{}] * 50}, {}, f"50 {FULL}"),
        ("cash_flow", {"list": [{}] * 49}, {}, None),
        ("cash_flow", {"list": [{}] * 7}, {"size": "7"}, f"7 {FULL}"),
        ("cash_flow", {"list": [{}] * 50}, {"size": 100}, None),
        ("dca_history", {"records": [{}] * 20}, {}, f"20 {FULL.removesuffix(' with a start.')}."),
        ("today_orders", {"orders": [{}] * 3, "has_more": True}, {}, "3 rows and there are more."),
        ("stock_positions", {"list": [{}] * 1000}, {}, None),
        ("cash_flow", None, {}, None),
    ],
)
def test_a_single_reply_that_was_cut_says_so(
    name: str, data: Any, arguments: dict[str, Any], said: str | None
) -> None:
    assert cut(catalog().operations[name], data, arguments) == said


# --- how it goes on


class Stops:
    """Breaks off at the given requests."""

    def __init__(self, *at: int, how: BaseException) -> None:
        self.at, self.how, self.count = set(at), how, 0

    def __call__(self, _: int) -> None:
        self.count += 1
        if self.count in self.at:
            raise self.how


def flows_over_a_year() -> list[dict[str, Any]]:
    return [flow(number, PRESENT - 359 * DAY + number * DAY) for number in range(360)]


def year(broker: Broker, shelf: Unfinished | None, later: int = 0) -> History:
    arguments = {"start_time": PRESENT - 359 * DAY, "size": 40}
    return fetch(broker, FLOWS, arguments, now=NOW + timedelta(seconds=later), resume=shelf)


def test_ctrl_c_keeps_what_there_is_and_the_same_call_goes_on() -> None:
    whole = Broker(FLOWS, flows_over_a_year(), says_more=False)
    needed = year(whole, None).pages
    broker = Broker(FLOWS, flows_over_a_year(), says_more=False, before=Stops(14, how=KeyboardInterrupt()))
    shelf = Unfinished()
    partial = year(broker, shelf)
    assert partial.interrupted
    assert not partial.complete
    assert partial.why == ("interrupted, read up to 2026-05-27 11:59:59; the same call goes on from there")
    assert 180 <= len(partial) < 360
    assert len(shelf) == 1
    rest = year(broker, shelf, later=30)
    assert rest.complete
    assert not rest.interrupted
    assert rest.rows == whole.rows
    assert rest.pages == needed
    assert len(broker.requests) == needed + 1  # only the one that was broken off is asked for again
    assert len(shelf) == 0


def test_without_a_shelf_nothing_is_promised() -> None:
    broker = Broker(FLOWS, flows_over_a_year(), says_more=False, before=Stops(2, how=KeyboardInterrupt()))
    partial = year(broker, None)
    assert partial.why == "interrupted, read with 1 request"
    assert len(partial) == 40


@pytest.mark.parametrize(
    "error",
    [
        TransportError("cash_flow: no answer from the broker.", http_status=502),
        ApiError("too fast", code=429002, http_status=429, advice="Wait a little."),
    ],
)
def test_an_error_midway_says_what_is_kept(error: Exception) -> None:
    broker = Broker(FLOWS, flows_over_a_year(), says_more=False, before=Stops(14, how=error))
    shelf = Unfinished()
    with pytest.raises(type(error)) as caught:
        year(broker, shelf)
    text = str(caught.value)
    assert text.endswith("rows, read up to 2026-05-27 11:59:59, are kept; the same call goes on from there.")
    assert "\n" not in text
    assert caught.value is error
    assert year(broker, shelf).rows == broker.rows


def test_an_error_at_once_stays_as_it_is() -> None:
    shelf = Unfinished()
    broker = Broker(FLOWS, [], before=Stops(1, how=TransportError("no answer.")))
    with pytest.raises(TransportError, match=r"^no answer\.$"):
        year(broker, shelf)
    assert len(shelf) == 0


def test_only_the_same_call_and_only_soon_goes_on() -> None:
    def broken_off() -> tuple[Broker, Unfinished]:
        broker = Broker(
            FLOWS, flows_over_a_year(), says_more=False, before=Stops(14, how=KeyboardInterrupt())
        )
        shelf = Unfinished()
        year(broker, shelf)
        broker.requests.clear()
        return broker, shelf

    broker, shelf = broken_off()
    year(broker, shelf, later=3601)
    assert broker.requests[0][1]["start_time"] == PRESENT - 359 * DAY
    broker, shelf = broken_off()
    fetch(
        broker,
        FLOWS,
        {"start_time": PRESENT - 359 * DAY, "size": 40, "symbol": "700.HK"},
        now=NOW,
        resume=shelf,
    )
    assert broker.requests[0][1]["start_time"] == PRESENT - 359 * DAY
    assert len(shelf) == 1


def test_the_shelf_holds_only_the_last_few() -> None:
    shelf = Unfinished()
    for day in range(1, 10):
        broker = Broker(FLOWS, [], says_more=False, before=Stops(2, how=KeyboardInterrupt()))
        fetch(broker, FLOWS, {"start_time": f"-{day * 100}d"}, now=NOW, resume=shelf)
    assert len(shelf) == 4


def test_today_is_remembered_when_midnight_falls_between_two_calls() -> None:
    """The first window ends today; it was read when the history left today out, and is not read again."""
    start = PRESENT - 90 * DAY - 600  # the first window ends ten minutes ago
    rows = [execution(number, at) for number, at in enumerate([start, PRESENT - 700, PRESENT - 500])]
    broker = Broker(EXECUTIONS, rows, today_from=PRESENT - 3600, before=Stops(3, how=KeyboardInterrupt()))
    shelf = Unfinished()
    assert not fetch(broker, EXECUTIONS, {"start_at": start}, now=NOW, resume=shelf).complete
    broker.today_from = PRESENT + 5
    history = fetch(broker, EXECUTIONS, {"start_at": start}, now=NOW + timedelta(seconds=20), resume=shelf)
    assert history.complete
    assert [row["trade_id"] for row in history.rows] == ["t-0", "t-1", "t-2"]


def test_what_was_read_ahead_of_the_present_is_read_again() -> None:
    two = operation("history_orders", max_rows=2)
    rows = [order(number, at) for number, at in enumerate([PRESENT - 1, PRESENT])]
    # Seven seconds are halved down to the two crowded ones; the sixth request is for two that lie ahead.
    broker = Broker(two, rows, cap=2, before=Stops(7, how=KeyboardInterrupt()))
    shelf = Unfinished()
    fetch(broker, two, {"start_at": PRESENT - 1}, now=NOW, resume=shelf)
    assert windows(broker)[5] == (PRESENT + 1, PRESENT + 2)
    broker.rows = [*rows, order(2, PRESENT + 1)]
    history = fetch(broker, two, {"start_at": PRESENT - 1}, now=NOW + timedelta(seconds=20), resume=shelf)
    assert history.complete
    assert [row["order_id"] for row in history.rows] == [row["order_id"] for row in broker.rows]


# --- the bar


def steps(rows: int) -> list[Step]:
    seen: list[Step] = []
    broker = Broker(ORDERS, [order(number, PRESENT - number * DAY) for number in range(rows)])
    fetch(broker, ORDERS, {"start_at": PRESENT - rows * DAY}, now=NOW, progress=seen.append)
    return seen


def test_progress_is_told_after_every_request_and_at_the_end() -> None:
    seen = steps(200)
    assert [step.requests for step in seen] == [1, 2, 3]
    assert [step.over for step in seen] == [False, False, True]
    assert [round(step.share, 2) for step in seen] == [0.45, 0.9, 1.0]
    assert seen[-1].rows == 200


def test_a_bar_shows_from_the_second_request_on(capsys: pytest.CaptureFixture[str]) -> None:
    with patch.dict(sys.modules, {"tqdm": None, "tqdm.auto": None}):
        for rows in (30, 200):
            bar = ProgressBar("history_orders")
            for step in steps(rows):
                bar(step)
            shown = capsys.readouterr()
            assert shown.out == ""
            if rows == 30:
                assert shown.err == ""
    text = "history_orders: 89%, 179 rows, 2 requests"
    assert shown.err == f"\r{text}\r{' ' * len(text)}\r"


def test_tqdm_draws_the_bar_where_it_is_installed() -> None:
    calls: list[Any] = []

    class Tqdm:
        n = 0

        def __init__(self, **options: Any) -> None:
            calls.append(options)

        def update(self, more: int) -> None:
            self.n += more

        def set_postfix_str(self, text: str) -> None:
            calls.append((self.n, text))

        def close(self) -> None:
            calls.append("closed")

    module = ModuleType("tqdm.auto")
    module.tqdm = Tqdm  # type: ignore[attr-defined]
    bar = ProgressBar("history_orders")
    with patch.dict(sys.modules, {"tqdm": ModuleType("tqdm"), "tqdm.auto": module}):
        for step in steps(300):
            bar(step)
    assert calls == [
        {"total": 100, "desc": "history_orders", "unit": "%", "leave": False},
        (59, "179 rows, 2 requests"),
        (89, "269 rows, 3 requests"),
        "closed",
    ]
