"""Deltas of options: the broker's own, else QuantLib's from the implied volatility of the quote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.market.money import known_text
from jupyter_openapi.market.replies import figure, objects
from jupyter_openapi.market.symbols import Contract, contract, today_in
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.positions import brief, names
from jupyter_openapi.portfolio.prices import Price

if TYPE_CHECKING:
    from jupyter_openapi.portfolio.positions import AccountReader

BATCH = 500  # symbols the broker takes in one request
BROKER, MODEL = "broker", "QuantLib"
STEPS = 400  # of time and price in the grid of an American option
INSTALL = "pip install 'jupyter-openapi[options]'"


@dataclass(frozen=True, slots=True)
class Delta:
    """By how much an option's price moves with its underlying's, and who says so."""

    value: Decimal
    source: str


def read_deltas(
    reader: AccountReader, symbols: Iterable[str], prices: Mapping[str, Price], rate: float
) -> dict[str, Delta]:
    """Return the delta of each option where the broker or QuantLib gives one; say of which neither does.

    Parameters
    ----------
    reader
        Reads ``calc_indexes``, and the options' quotes where that gives no delta.
    symbols
        The options.
    prices
        Of their underlyings.
    rate
        What money earns without risk, a year, as a fraction: for QuantLib.
    """
    wanted = list(dict.fromkeys(symbols))
    found = _brokers(reader, wanted)
    rest = [symbol for symbol in wanted if symbol not in found]
    if rest:
        found |= _models(reader, rest, prices, rate)
    if lost := [symbol for symbol in wanted if symbol not in found]:
        reader.miss(_("the delta of {names}").format(names=names(lost)))
    return found


def _brokers(reader: AccountReader, symbols: Sequence[str]) -> dict[str, Delta]:
    found: dict[str, Delta] = {}
    for start in range(0, len(symbols), BATCH):
        try:
            data = reader.ask(
                "calc_indexes", symbols=list(symbols[start : start + BATCH]), calc_index=["delta"]
            )
        except (OpenAPIError, RequestRefused) as failure:
            reader.asides.append(
                _("The broker's deltas could not be read ({brief}).").format(brief=brief(failure))
            )
            return found
        for row in objects(data.get("security_calc_index")):
            value = figure(row.get("delta"))
            if value is not None:
                found[known_text(row.get("symbol"))] = Delta(value, BROKER)
    return found


def _models(
    reader: AccountReader, symbols: Sequence[str], prices: Mapping[str, Price], rate: float
) -> dict[str, Delta]:
    try:
        import QuantLib  # noqa: F401 (whether it is there)
    except ImportError:
        reader.asides.append(
            _("The broker gives no delta of {names}; QuantLib works it out: {install}.").format(
                names=names(symbols), install=INSTALL
            )
        )
        return {}
    try:
        rows = reader.ask("option_quote", symbol=list(symbols)).get("secu_quote")
    except OpenAPIError as failure:
        reader.asides.append(_("Quotes of options could not be read ({brief}).").format(brief=brief(failure)))
        return {}
    found: dict[str, Delta] = {}
    for row in rows if isinstance(rows, list) else ():
        extend = row.get("option_extend") if isinstance(row, Mapping) else None
        option = contract(known_text(row.get("symbol"))) if isinstance(extend, Mapping) else None
        volatility = figure(extend.get("implied_volatility")) if isinstance(extend, Mapping) else None
        share = prices.get(option.underlying) if option is not None else None
        if option is None or not volatility or share is None or share.last is None:
            continue
        value = model_delta(
            option,
            float(share.last),
            float(volatility),
            rate,
            today_in(option.market),
            american=isinstance(extend, Mapping) and known_text(extend.get("contract_type")) != "U",
        )
        if value is not None:
            found[option.symbol] = Delta(Decimal(repr(value)), MODEL)
    if found:
        reader.asides.append(
            _(
                "Deltas of {names} are QuantLib's: Black-Scholes at the quote's implied volatility, "
                "{rate:.2f}% interest, no dividends."
            ).format(names=names(found), rate=100 * rate)
        )
    return found


def model_delta(
    option: Contract, price: float, volatility: float, rate: float, today: date, *, american: bool
) -> float | None:
    """Return an option's delta by QuantLib; None on and after its last day.

    Parameters
    ----------
    option
        The contract.
    price, volatility, rate
        Of the underlying; volatility and rate a year, as fractions.
    today
        The day of its market.
    american
        Whether it may be exercised before its end: a grid of finite differences; else the closed form.
    """
    import QuantLib as ql  # noqa: N813 (as its users write it)

    if option.expiry <= today:
        return None

    def day(value: date) -> Any:
        return ql.Date(value.day, value.month, value.year)

    count, calendar = ql.Actual365Fixed(), ql.NullCalendar()
    settings = ql.Settings.instance()
    before = settings.evaluationDate
    settings.evaluationDate = day(today)
    try:
        spot = ql.QuoteHandle(ql.SimpleQuote(price))
        flat = ql.YieldTermStructureHandle(ql.FlatForward(day(today), rate, count))
        none = ql.YieldTermStructureHandle(ql.FlatForward(day(today), 0.0, count))
        spread = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(day(today), calendar, volatility, count))
        process = ql.BlackScholesMertonProcess(spot, none, flat, spread)
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if option.call else ql.Option.Put, float(option.strike))
        if american:
            made = ql.VanillaOption(payoff, ql.AmericanExercise(day(today), day(option.expiry)))
            made.setPricingEngine(ql.FdBlackScholesVanillaEngine(process, STEPS, STEPS))
        else:
            made = ql.VanillaOption(payoff, ql.EuropeanExercise(day(option.expiry)))
            made.setPricingEngine(ql.AnalyticEuropeanEngine(process))
        return float(made.delta())
    finally:
        settings.evaluationDate = before
