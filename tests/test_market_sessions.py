"""Trading hours: phases, half days, holidays, the US overnight session, daylight saving."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import soak

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market import sessions
from jupyter_openapi.storage import data_folder

HK, NY = ZoneInfo("Asia/Hong_Kong"), ZoneInfo("America/New_York")
ZONES = {"HK": HK, "US": NY}


def hk(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HK)


def ny(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NY)


@pytest.mark.parametrize(
    ("time", "name", "trading", "sample"),
    [
        ("08:59:59", "closed", False, None),
        ("09:00", "pre_open_order_input", False, "AO"),
        ("09:15", "pre_open_no_cancellation", False, "ALO"),
        ("09:20", "pre_open_random_matching", False, "ALO"),
        ("09:22", "pre_open_blocking", False, None),
        ("09:30", "morning_continuous", True, "ELO"),
        ("11:59:59", "morning_continuous", True, "SLO"),
        ("12:00", "lunch", False, None),
        ("13:00", "afternoon_continuous", True, "LO"),
        ("16:00", "cas_reference_price_fixing", False, None),
        ("16:01", "cas_order_input", False, "AO"),
        ("16:06", "cas_no_cancellation", False, "AO"),
        ("16:08", "cas_random_closing", False, "ALO"),
        ("16:10", "closed", False, None),
    ],
)
def test_hong_kongs_day(time: str, name: str, trading: bool, sample: str | None) -> None:
    phase = sessions.phase("HK", hk(f"2026-11-20 {time}"))
    assert (phase.name, phase.trading, phase.regular, phase.trade_session) == (name, trading, trading, 0)
    assert (sample in phase.accepts) if sample else not phase.accepts
    assert phase.auction == name.endswith(("random_matching", "random_closing"))
    assert phase.amend_cancel == name.endswith(("order_input", "continuous"))


def test_hong_kongs_half_day_has_no_afternoon() -> None:
    day = date(2026, 12, 24)
    assert sessions.trading_day("HK", day) == "half"
    names = [phase.name for phase in sessions.schedule("HK", day)]
    assert "afternoon_continuous" not in names
    assert "lunch" not in names
    assert sessions.phase("HK", hk("2026-12-24 12:00")).name == "cas_reference_price_fixing"
    assert sessions.phase("HK", hk("2026-12-24 12:09")).name == "cas_random_closing"
    assert sessions.phase("HK", hk("2026-12-24 12:10")).name == "closed"
    assert sessions.next_open("HK", hk("2026-12-24 11:00")) == hk("2026-12-28 09:30")


@pytest.mark.parametrize(
    ("at", "name", "number", "rth"),
    [
        ("2026-11-20 00:00", "overnight", 3, ("OVERNIGHT",)),
        ("2026-11-20 03:50", "closed", 0, ()),
        ("2026-11-20 04:00", "pre", 1, ("ANY_TIME",)),
        ("2026-11-20 09:30", "regular", 0, ("RTH_ONLY", "ANY_TIME")),
        ("2026-11-20 15:59:59", "regular", 0, ("RTH_ONLY", "ANY_TIME")),
        ("2026-11-20 16:00", "post", 2, ("ANY_TIME",)),
        ("2026-11-20 20:00", "closed", 0, ()),  # Friday evening: no overnight session
        ("2026-11-22 19:59", "closed", 0, ()),
        ("2026-11-22 20:00", "overnight", 3, ("OVERNIGHT",)),  # Sunday evening
        ("2026-11-27 13:00", "post", 2, ("ANY_TIME",)),  # the half day after Thanksgiving
        ("2026-11-27 17:00", "closed", 0, ()),
        ("2026-11-25 20:30", "closed", 0, ()),  # the evening before Thanksgiving
        ("2026-11-26 20:30", "overnight", 3, ("OVERNIGHT",)),  # Thanksgiving evening
    ],
)
def test_the_us_day(at: str, name: str, number: int, rth: tuple[str, ...]) -> None:
    phase = sessions.phase("US", ny(at))
    assert (phase.name, phase.trade_session, phase.outside_rth) == (name, number, rth)
    assert phase.trading == (name != "closed")
    assert phase.regular == (name == "regular")


def test_the_overnight_session_belongs_to_the_next_day() -> None:
    evening = sessions.phase("US", ny("2026-11-22 21:00"))
    assert evening.day == date(2026, 11, 23)
    assert evening.starts == ny("2026-11-22 20:00")
    assert evening.ends == ny("2026-11-23 03:50")
    assert sessions.phase("US", ny("2026-11-23 02:00")) == evening
    assert evening.accepts == {"LO"}


def test_daylight_saving_moves_new_york_in_utc() -> None:
    summer = datetime(2026, 10, 30, 13, 30, tzinfo=UTC)
    winter = datetime(2026, 11, 2, 13, 30, tzinfo=UTC)
    assert sessions.phase("US", summer).name == "regular"
    assert sessions.phase("US", winter).name == "pre"
    assert sessions.next_open("US", winter).astimezone(UTC) == datetime(2026, 11, 2, 14, 30, tzinfo=UTC)
    # Hong Kong has none.
    assert sessions.phase("HK", datetime(2026, 7, 2, 1, 30, tzinfo=UTC)).name == "morning_continuous"
    assert sessions.phase("HK", datetime(2026, 12, 2, 1, 30, tzinfo=UTC)).name == "morning_continuous"


@pytest.mark.parametrize(
    ("market", "at", "expected"),
    [
        ("HK", hk("2026-11-20 09:29:59"), hk("2026-11-20 09:30")),
        ("HK", hk("2026-11-20 09:30"), hk("2026-11-20 13:00")),  # while trading: the next stretch
        ("HK", hk("2026-11-20 12:30"), hk("2026-11-20 13:00")),
        ("HK", hk("2026-11-20 16:30"), hk("2026-11-23 09:30")),
        ("HK", hk("2027-02-05 13:00"), hk("2027-02-10 09:30")),  # Lunar New Year
        ("US", ny("2026-11-25 17:00"), ny("2026-11-27 09:30")),
        ("US", ny("2026-07-02 17:00"), ny("2026-07-06 09:30")),
    ],
)
def test_next_open(market: str, at: datetime, expected: datetime) -> None:
    assert sessions.next_open(market, at) == expected


@pytest.mark.parametrize(
    ("market", "at", "order_type", "rth", "expected"),
    [
        ("HK", hk("2026-11-20 10:00"), "LO", None, hk("2026-11-20 10:00")),
        ("HK", hk("2026-11-20 12:30"), "LO", None, hk("2026-11-20 13:00")),
        ("HK", hk("2026-11-20 10:00"), "ALO", None, hk("2026-11-20 16:01")),
        ("HK", hk("2026-11-20 16:10"), "AO", None, hk("2026-11-23 09:00")),
        ("US", ny("2026-11-20 17:00"), "LO", None, ny("2026-11-23 09:30")),
        ("US", ny("2026-11-20 17:00"), "LO", "ANY_TIME", ny("2026-11-20 17:00")),
        ("US", ny("2026-11-20 17:00"), "LO", "OVERNIGHT", ny("2026-11-22 20:00")),
        ("US", ny("2026-11-20 17:00"), "MO", "ANY_TIME", ny("2026-11-23 09:30")),
        ("US", ny("2026-11-20 17:00"), "MO", "OVERNIGHT", None),
        ("US", ny("2026-11-20 17:00"), "ELO", None, None),
    ],
)
def test_when_an_order_is_live(
    market: str, at: datetime, order_type: str, rth: str | None, expected: datetime | None
) -> None:
    assert sessions.next_accepting(market, at, order_type, rth) == expected


def test_the_calendars_count_of_days() -> None:
    # As measured with exchange_calendars 4.13.2.
    for market, year, days, halves in (
        ("HK", 2025, 246, ["01-28", "12-24", "12-31"]),
        ("HK", 2026, 247, ["02-16", "12-24", "12-31"]),
        ("US", 2025, 250, ["07-03", "11-28", "12-24"]),
        ("US", 2026, 251, ["11-27", "12-24"]),
    ):
        full, half = sessions.trading_days(market, date(year, 1, 1), date(year, 12, 31))
        assert len(full) + len(half) == days
        assert [f"{day:%m-%d}" for day in half] == halves


@pytest.mark.parametrize("day", [date(2028, 1, 3), date(2035, 1, 1), date(2023, 12, 29)])
def test_days_of_a_year_without_a_calendar_are_not_known(day: date) -> None:
    at = datetime.combine(day, time(10), HK)
    for ask in (
        lambda: sessions.trading_day("HK", day),
        lambda: sessions.schedule("HK", day),
        lambda: sessions.phase("HK", at),
        lambda: sessions.next_open("HK", at),
        lambda: sessions.next_accepting("HK", at, "LO"),
        lambda: sessions.trading_days("HK", day, day),
    ):
        with pytest.raises(RequestRefused, match=rf"trading days of HK in {day.year} are not known"):
            ask()
    assert sessions.trading_day("HK", date(2035, 1, 6)) is None  # a Saturday all the same
    # A simulation goes on.
    assert sessions.trading_day("HK", day, assume=True) == "full"
    assert sessions.phase("HK", at, assume=True).name == "morning_continuous"


def test_the_last_day_of_the_calendars() -> None:
    assert sessions.phase("US", ny("2027-12-31 10:00")).name == "regular"
    assert sessions.phase("HK", hk("2027-12-31 08:00")).name == "closed"
    with pytest.raises(RequestRefused, match="HK in 2028 are not known"):
        sessions.next_open("HK", hk("2027-12-31 18:00"))


@pytest.fixture
def kept() -> Iterator[None]:
    sessions.forget_kept()
    yield
    (data_folder() / sessions.CALENDARS_FILE).unlink(missing_ok=True)
    sessions.forget_kept()


def broker_days(closed: set[date], half: set[date]) -> Callable[[str, Any], Any]:
    """A broker's `trading_days`: weekdays but those closed."""

    def read(operation: str, asked: Any) -> Any:
        assert operation == "trading_days"
        span = range((asked["end_day"] - asked["beg_day"]).days + 1)
        assert len(span) <= 31
        days = [asked["beg_day"] + timedelta(days=n) for n in span]
        trading = [day for day in days if day.weekday() < 5 and day not in closed]
        return {
            "trade_day": [f"{day:%Y%m%d}" for day in trading if day not in half],
            "half_trade_day": [f"{day:%Y%m%d}" for day in trading if day in half],
        }

    return read


@pytest.mark.usefixtures("kept")
def test_a_newer_calendar_is_read_and_kept() -> None:
    closed = {date(2028, 1, 26) + timedelta(days=n) for n in range(3)} | {
        date(2028, 5, 1),
        date(2028, 12, 25),
    }
    closed |= {date(2028, 4, 14), date(2028, 4, 17), date(2028, 10, 2)}
    read = broker_days(closed, {date(2028, 12, 22)})
    assert sessions.read_year(read, "HK", 2028) == 252
    sessions.forget_kept()  # as the next kernel finds it
    assert sessions.trading_day("HK", date(2028, 5, 1)) is None
    assert sessions.trading_day("HK", date(2028, 5, 2)) == "full"
    assert sessions.trading_day("HK", date(2028, 12, 22)) == "half"
    assert sessions.next_open("HK", hk("2028-01-25 18:00")) == hk("2028-01-31 09:30")
    with pytest.raises(RequestRefused, match="US in 2028"):
        sessions.trading_day("US", date(2028, 5, 1))


@pytest.mark.usefixtures("kept")
def test_a_calendar_that_is_not_finished_is_not_kept() -> None:
    with pytest.raises(RequestRefused, match="HK for 2028 is not finished: 260 trading days"):
        sessions.read_year(broker_days(set(), set()), "HK", 2028)  # every weekday
    half_a_year = {date(2028, 7, 1) + timedelta(days=n) for n in range(190)}
    with pytest.raises(RequestRefused, match="is not finished"):
        sessions.read_year(broker_days(half_a_year, set()), "HK", 2028)
    assert sessions.year_of("HK", 2028) is None
    with pytest.raises(RequestRefused, match="Calendars are read for HK and US"):
        sessions.read_year(broker_days(set(), set()), "SH", 2028)


def test_the_apis_hours() -> None:
    assert sessions.api_hours("HK") == [(930, 1200, 0), (1300, 1600, 0)]
    assert sessions.api_hours("US") == [(930, 1600, 0), (400, 930, 1), (1600, 2000, 2)]


def test_what_can_not_be_answered_is_refused() -> None:
    with pytest.raises(RequestRefused, match="has no time zone"):
        sessions.phase("HK", datetime(2026, 11, 20, 10))  # noqa: DTZ001
    with pytest.raises(RequestRefused, match="only for HK and US"):
        sessions.trading_day("SH", date(2026, 11, 20))


moments = st.datetimes(datetime(2024, 1, 1), datetime(2027, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.sampled_from(["HK", "US"]), moments)
@settings(max_examples=soak(2000))
def test_phases_cover_all_time(market: str, at: datetime) -> None:
    phase = sessions.phase(market, at)
    assert phase.starts <= at < phase.ends
    assert phase.starts.tzinfo == phase.ends.tzinfo == ZONES[market]
    after = sessions.phase(market, phase.ends.astimezone(UTC))
    assert after.starts.astimezone(UTC) == phase.ends.astimezone(UTC)
    assert (phase.day is None) == (phase.name == "closed")
    opens = sessions.next_open(market, at)
    assert opens > at
    assert sessions.phase(market, opens).regular
    assert opens - at < timedelta(days=12)
