"""Equity, drawdown and time-weighted return, computed from snapshots."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.frames import describe
from jupyter_openapi.market.money import HUNDRED, ZERO, exactly, floats, minus, product, total
from jupyter_openapi.market.symbols import is_option
from jupyter_openapi.messages import N_, _, commas, ngettext
from jupyter_openapi.portfolio import snapshot_store as store
from jupyter_openapi.portfolio.arguments import mapping, told
from jupyter_openapi.portfolio.positions import FUND, warn
from jupyter_openapi.portfolio.prices import Rates, currency_code
from jupyter_openapi.portfolio.snapshot_store import chosen_owner

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

Row = dict[str, Any]

NOTES = (
    "Each point is a snapshot at its own rates of exchange: gains and losses of currencies are in it.",
    "Deposits and withdrawals are cash movements about no security that are named so, or transfers.",
    "All others (interest, fees, dividends) count as return; kinds={'NAME': 'deposit'} says otherwise.",
    "Shares that were transferred are not seen.",
    "Between two snapshots the return is modified Dietz: a deposit counts for the time it was there.",
    "These returns multiplied are the time-weighted return, `index`, 100 at the start.",
    "drawdown_pct is how far `index` is below its highest point before.",
)
KINDS = ("deposit", "income")
VALUED = ("holding", "cash", "flow")
NO_SNAPSHOTS = N_("any value (there are no snapshots yet: take one a day with `%openapi snapshot`)")
_CUT_OFF = Decimal("1e-20")
_INCOME = re.compile(
    r"interest|dividend|coupon|distribution|\bfees?\b|charge|commission|\btax|levy|duty|rebate|bonus"
    r"|reward|利息|息|股利|红利|紅利|分红|分紅|费|費|税|稅|佣|返现|返現|奖|獎",
    re.IGNORECASE,
)
"""What is named so came with the money that was there, or went for it: ``Deposit Interest`` is no deposit."""
_EXTERNAL = re.compile(
    r"deposit|withdraw|transfer|remittance|入金|出金|存入|存款|提取|提款|提现|提現|转入|转出|轉入|轉出|转账|轉賬|汇入|匯入|汇出|匯出",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Point:
    """One snapshot in the base currency; None where something of it is not known."""

    at: datetime
    cash: Decimal | None
    holdings: Decimal | None
    flows: tuple[tuple[datetime, Decimal], ...] | None
    """Deposits (positive) and withdrawals since the snapshot before; None where they are not known."""

    @property
    def net(self) -> Decimal | None:
        """Cash and holdings."""
        return None if self.cash is None or self.holdings is None else self.cash + self.holdings


@dataclass(frozen=True, slots=True)
class Step:
    """A point, the return since the last known one, the index there, and how far it is below its highest."""

    point: Point
    gain: Decimal | None
    index: Decimal | None
    below: Decimal | None


@guarded
def equity_curve(
    client: ClientLike | None = None,
    base_currency: str = "HKD",
    folder: str | Path | None = None,
    *,
    kinds: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return what an account was worth at each of its snapshots.

    Parameters
    ----------
    client
        Whose; None where the store holds one account only. Nothing is asked of the broker.
    base_currency
        The currency of the amounts; any that the snapshots have a rate for.
    folder
        Where the snapshots are kept; by default in this package's data folder.
    kinds
        What cash movements of a name are, where their name says it wrong: ``deposit`` (withdrawals too) or
        ``income``. The names are in ``attrs["openapi"]``, as `external` and `internal`.

    Returns
    -------
    pandas.DataFrame
        Indexed by the time of the snapshot (UTC). ``cash``, ``holdings``, ``net_value``, ``flow`` (deposits
        less withdrawals since the snapshot before), ``return_pct`` since the snapshot before, ``index`` (the
        time-weighted return, 100 at the start), ``drawdown_pct``. NaN where something is not known; the
        return then bridges the gap.

        ``attrs["openapi"]`` holds ``total_return_pct``, ``max_drawdown_pct``, the definitions (``notes``)
        and the cash movements by name that counted as deposits (``external``) and as return (``internal``).

    Raises
    ------
    RequestRefused
        There are no snapshots, or those of several accounts and `client` does not say whose; or pyarrow is
        not installed; or `kinds` holds something else than these two.

    Warns
    -----
    IncompleteWarning
        The client has no snapshots yet, or a value or a rate is not known: one line says what.
    """
    base = currency_code(base_currency)
    stated = stated_kinds(kinds)
    owner = chosen_owner(client, folder)
    groups = grouped(store.read(store.files(folder, owner)).to_pylist())
    with exactly():
        points = [point_of(rows, base, stated) for rows in groups]
        steps = linked(points)
    facts = _facts(steps, groups, stated)
    facts["missing"] = [*without_rates(groups, base), *facts["missing"]]
    if not groups:
        facts["missing"].append(_(NO_SNAPSHOTS))
    frame = describe(
        _frame(steps),
        operation="equity curve",
        mode=owner.partition("-")[0],
        base_currency=base,
        requested_at=points[-1].at if points else None,
        **facts,
    )
    warn(facts["missing"], _("Not everything is known"))
    return frame


def without_rates(groups: Sequence[Sequence[Row]], base: str) -> list[str]:
    """Return a line for the currencies that some snapshot has no rate for, where it needs one."""
    found: dict[str, None] = {}
    for rows in groups:
        rates = rates_of(rows)
        for row in rows:
            moved = row["quantity"] if row["kind"] == "holding" else row["amount"]
            if row["kind"] in VALUED and moved and rates.rate(row["currency"], base) is None:
                found[row["currency"]] = None
    if not found:
        return []
    return [_("no rate for {names} into {base}").format(names=commas(sorted(found)), base=base)]


def grouped(rows: Iterable[Row]) -> list[list[Row]]:
    """Return the rows of each snapshot, oldest first."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row["snapshot"], []).append(row)
    return list(groups.values())


def stated_kinds(kinds: Mapping[str, str] | None) -> Mapping[str, bool]:
    """Return whether movements of a name are deposits, as the user says."""
    given = mapping("kinds", kinds, "{'Gift': 'deposit'}")
    for name, kind in given.items():
        if not isinstance(kind, str) or kind not in KINDS:
            raise RequestRefused(
                _("kinds[{name}] is {kinds}, not {kind}.").format(
                    name=told(name), kinds=_(" or ").join(KINDS), kind=told(kind)
                )
            )
    return {name: kind == "deposit" for name, kind in given.items()}


def rates_of(rows: Sequence[Row]) -> Rates:
    """Return the rates of exchange of one snapshot."""
    return Rates({(row["currency"], row["into"]): row["amount"] for row in rows if row["kind"] == "rate"})


def point_of(
    rows: Sequence[Row], base: str, stated: Mapping[str, bool] | None = None, rates: Rates | None = None
) -> Point:
    """Value one snapshot in the base currency; `stated` tells by name what is a deposit and what is not.

    With `rates` it is valued at these, instead of its own.
    """
    rates = rates or rates_of(rows)
    quotes = {row["symbol"]: row for row in rows if row["kind"] == "quote"}
    held = [_worth(row, quotes, rates, base) for row in rows if row["kind"] == "holding"]
    cash = [
        product(row["amount"], rates.rate(row["currency"], base)) for row in rows if row["kind"] == "cash"
    ]
    flows = [
        (row["at"], product(row["amount"], rates.rate(row["currency"], base)))
        for row in rows
        if row["kind"] == "flow" and is_external(row["name"], stated)
    ]
    known = tuple((at, money) for at, money in flows if money is not None)
    gap = any(row["kind"] == "gap" for row in rows) or len(known) < len(flows)
    return Point(rows[0]["taken_at"], _whole(cash), _whole(held), None if gap else known)


def is_external(name: str | None, stated: Mapping[str, bool] | None = None) -> bool:
    """Tell by its name whether a cash movement is a deposit or a withdrawal, unless that is stated."""
    text = name or ""
    if stated and text in stated:
        return stated[text]
    return bool(_EXTERNAL.search(text)) and not _INCOME.search(text)


def _worth(row: Row, quotes: Mapping[str, Row], rates: Rates, base: str) -> Decimal | None:
    if row["quantity"] == 0:
        return ZERO
    quote = quotes.get(row["symbol"], {})
    fund = row["market"] == FUND
    last = row["last_done"] if fund else quote.get("last_done")
    times = quote.get("multiplier") if is_option(row["symbol"] or "") else Decimal(1)
    return product(row["quantity"], last, times, rates.rate(row["currency"], base))


def _whole(parts: Sequence[Decimal | None]) -> Decimal | None:
    """Return the sum, or None if any part is not known."""
    return None if None in parts else total(parts) or ZERO


def linked(points: Sequence[Point]) -> list[Step]:
    """Chain the returns between snapshots whose value is known.

    A stretch whose deposits are not known, or over which there was nothing to earn on, has no return, and the
    index goes on from where it was.
    """
    steps: list[Step] = []
    start: Point | None = None
    flows: list[tuple[datetime, Decimal]] | None = []
    index, highest = HUNDRED, HUNDRED
    for point in points:
        flows = None if flows is None or point.flows is None else [*flows, *point.flows]
        if point.net is None:
            steps.append(Step(point, None, None, None))
            continue
        gain = None if start is None else dietz(start, point, flows)
        index = onward(index, gain)
        highest = max(highest, index)
        steps.append(Step(point, gain, index, fallen(index, highest)))
        start, flows = point, []
    return steps


def onward(index: Decimal, gain: Decimal | None) -> Decimal:
    """Return an index after a return; one that is not known leaves it where it was.

    So does one after everything was lost, or more: there is nothing that it could be of.
    """
    return index if gain is None or index <= 0 else index * (1 + gain)


def fallen(index: Decimal, highest: Decimal) -> Decimal:
    """Return how far an index is below its highest, -0.01 for one percent.

    0 where it is back there but for what divisions cut off.
    """
    below = index / highest - 1
    return below if abs(below) > _CUT_OFF else ZERO


def dietz(start: Point, end: Point, flows: Sequence[tuple[datetime, Decimal]] | None) -> Decimal | None:
    """Return the modified Dietz return between two points, 0.01 for one percent; None where not known."""
    gained = minus(end.net, start.net)
    span = (end.at - start.at).total_seconds()
    if gained is None or start.net is None or flows is None or span <= 0:
        return None
    moved = sum((money for _, money in flows), ZERO)
    worked = start.net
    for at, money in flows:
        left = min(max((end.at - at).total_seconds(), 0.0), span)
        worked += money * Decimal(repr(left)) / Decimal(repr(span))
    return (gained - moved) / worked if worked > 0 else None


def without(count: int) -> str:
    """Return a line for returns that are not known and are in no other."""
    return ngettext(
        "{count:,} return, which the return of the whole time is then without",
        "{count:,} returns, which the return of the whole time is then without",
        count,
    ).format(count=count)


def _frame(steps: Sequence[Step]) -> pd.DataFrame:
    import pandas as pd

    points = [step.point for step in steps]
    flows = [None if point.flows is None else sum((m for _, m in point.flows), ZERO) for point in points]
    columns = {
        "cash": [point.cash for point in points],
        "holdings": [point.holdings for point in points],
        "net_value": [point.net for point in points],
        "flow": flows,
        "return_pct": [product(step.gain, HUNDRED) for step in steps],
        "index": [step.index for step in steps],
        "drawdown_pct": [product(step.below, HUNDRED) for step in steps],
    }
    index = pd.DatetimeIndex([point.at for point in points], name="taken_at", tz="UTC")
    return pd.DataFrame({name: floats(values) for name, values in columns.items()}, index=index)


def _facts(
    steps: Sequence[Step], groups: Sequence[Sequence[Row]], stated: Mapping[str, bool]
) -> dict[str, Any]:
    known = [step for step in steps if step.index is not None]
    names: dict[bool, set[str]] = {True: set(), False: set()}
    for row in (row for rows in groups for row in rows if row["kind"] == "flow"):
        names[is_external(row["name"], stated)].add(row["name"] or "")
    lost = sum(step.gain is None for step in known[1:])
    index = known[-1].index if known else None
    deepest = min((step.below for step in known if step.below is not None), default=None)
    return {
        "total_return_pct": None if index is None else float(index - HUNDRED),
        "max_drawdown_pct": None if deepest is None else float(deepest * HUNDRED),
        "external": sorted(names[True]),
        "internal": sorted(names[False]),
        "missing": [_("the value of {count:,} snapshots").format(count=len(steps) - len(known))]
        if len(known) < len(steps)
        else [],
        "notes": [*NOTES, *([_("Not known: {what}.").format(what=without(lost))] if lost else [])],
    }
