"""Rows of the watch table: the newest values of a subscription as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from typing import Any, NamedTuple

from jupyter_openapi.market.symbols import market_of, zone_of
from jupyter_openapi.messages import _, pgettext
from jupyter_openapi.plots.style import MINUS
from jupyter_openapi.stream.events import Event, decimal, moment
from jupyter_openapi.stream.subscriptions import Newest

NONE = "\u2013"


class Shown(NamedTuple):
    """One cell: its text, what it means (``up``, ``down`` or nothing), and a second line."""

    text: str
    tone: str = ""
    sub: str = ""


def columns() -> list[tuple[str, bool]]:
    """Return the titles of the columns, and whether each holds numbers."""
    return [
        (pgettext("column", "Symbol"), False),
        (pgettext("column", "Last"), True),
        (pgettext("column", "Change"), True),
        (pgettext("column", "Change %"), True),
        (pgettext("column", "Bid"), True),
        (pgettext("column", "Ask"), True),
        (pgettext("column", "High"), True),
        (pgettext("column", "Low"), True),
        (pgettext("column", "Volume"), True),
        (pgettext("column", "Time"), True),
    ]


def sessions() -> dict[int, str]:
    """Return what the sessions outside regular hours are called."""
    return {1: _("pre-market"), 2: _("post-market"), 3: _("overnight")}


def row(symbol: str, newest: Newest, now: datetime | None = None) -> list[Shown]:
    """Return the cells of a symbol, in the order of `columns`."""
    quotes, book, previous_close = newest.quotes, newest.book, newest.previous_close
    last = _last(quotes.values())
    bid, ask = (_best(book, side) for side in ("bid", "ask"))
    if last is None:
        return [Shown(symbol), *[Shown(NONE)] * 3, bid, ask, *[Shown(NONE)] * 4]
    fields = last.fields
    regular = quotes.get(0)
    session = int(fields.get("trade_session", 0))
    # Outside regular hours the price is compared with the regular session's last, as the market does.
    before = regular.fields["last_done"] if session in {1, 2, 3} and regular is not None else previous_close
    change, percent, tone = _change(last.last_done, _decimal(before))
    return [
        Shown(symbol, sub=sessions().get(session, "")),
        Shown(price(fields["last_done"]), tone),
        Shown(change, tone),
        Shown(percent, tone),
        bid,
        ask,
        Shown(price(fields.get("high"))),
        Shown(price(fields.get("low"))),
        Shown(f"{int(fields.get('volume') or 0):,}"),
        Shown(_moment(symbol, int(fields.get("timestamp") or 0), now)),
    ]


def _last(quotes: Sequence[Event] | Any) -> Event | None:
    """Return the quote that is newest by the market's own time."""
    return max(quotes, key=lambda event: int(event.fields.get("timestamp") or 0), default=None)


def price(text: Any) -> str:
    """Return a price with the decimals it has, two at least."""
    value = _decimal(text)
    if value is None:
        return NONE
    whole = value.normalize()
    exponent = whole.as_tuple().exponent
    places = max(2, -exponent) if isinstance(exponent, int) else 2
    return f"{value:,.{places}f}".replace("-", MINUS)


def _decimal(text: Any) -> Decimal | None:
    return decimal(str(text)) if text not in {None, ""} else None


def _change(last: Decimal | None, before: Decimal | None) -> tuple[str, str, str]:
    if last is None or not before:
        return NONE, NONE, ""
    change = last - before
    sign = "+" if change > 0 else MINUS if change < 0 else ""
    percent = abs(100 * change / before)
    tone = "up" if change > 0 else "down" if change < 0 else ""
    return f"{sign}{price(abs(change))}", f"{sign}{percent:.2f}%", tone


def _best(book: Event | None, side: str) -> Shown:
    levels = [] if book is None else book.fields[side]
    if not levels or not levels[0]["price"]:
        return Shown(NONE)
    return Shown(price(levels[0]["price"]), sub=f"{int(levels[0]['volume']):,}")


def _moment(symbol: str, seconds: int, now: datetime | None) -> str:
    """Return the market's own time, with its date if that is another day."""
    when = moment(seconds)
    if when is None:
        return NONE
    zone: tzinfo = zone_of(market_of(symbol)) or UTC
    at = when.astimezone(zone)
    today = (now or datetime.now(UTC)).astimezone(zone).date()
    day = "" if at.date() == today else f"{at:%m-%d} "
    return f"{day}{at:%H:%M:%S %Z}"


def cells(rows: Sequence[Sequence[Shown]]) -> Iterator[tuple[str, list[str]]]:
    """Yield each cell under a key of its own: ``3.1`` is the second cell of the fourth row."""
    for place, each in enumerate(rows):
        for column, cell in enumerate(each):
            yield f"{place}.{column}", list(cell)
