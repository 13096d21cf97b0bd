"""Rates of exchange, as the account's broker gives them now."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused
from jupyter_openapi.portfolio.exact import known_text
from jupyter_openapi.portfolio.reading import brief
from jupyter_openapi.trading.words import amount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jupyter_openapi.portfolio.reading import Reader

_YUAN = {"CNY": "CNH", "CNH": "CNY"}
"""Onshore and offshore renminbi: a rate of either serves both, for the broker gives only one."""
_CODE_LENGTH = 3


def currency_code(text: object) -> str:
    """Return a currency's code in capitals.

    Raises
    ------
    RequestRefused
        It is no code of three letters.
    """
    code = known_text(text).upper()
    if len(code) != _CODE_LENGTH or not code.isalpha():
        raise RequestRefused(f"base_currency is a code such as HKD or USD, not {text!r}.")
    return code


class Rates:
    """How much of one currency one unit of another is worth.

    Parameters
    ----------
    pairs
        (from, into) to rate. The other direction, and ways over one other currency, follow from them.
    """

    def __init__(self, pairs: Mapping[tuple[str, str], Decimal] | None = None) -> None:
        self.pairs = dict(pairs or {})
        self._found: dict[tuple[str, str], Decimal | None] = {}

    @classmethod
    def of_rows(cls, rows: Iterable[Mapping[str, Any]]) -> Rates:
        """Read ``exchange_rate``: one `base_currency` is worth `average_rate` of `other_currency`."""
        pairs = {}
        for row in rows:
            base, other = (known_text(row.get(name)).upper() for name in ("base_currency", "other_currency"))
            rate = amount(row.get("average_rate")) or _middle(row)
            if base and other and rate is not None and rate > 0:
                pairs[base, other] = rate
        return cls(pairs)

    def rate(self, currency: str, into: str) -> Decimal | None:
        """Return what one unit of `currency` is worth in `into`, or None where no rate tells."""
        if currency == into:
            return Decimal(1)
        key = (currency, into)
        if key not in self._found:
            self._found[key] = self._search(currency, into)
        return self._found[key]

    def _search(self, currency: str, into: str) -> Decimal | None:
        ways = [(one, other) for one in _alike(currency) for other in _alike(into)]
        for one, other in ways:
            found = Decimal(1) if one == other else self._direct(one, other)
            if found is not None:
                return found
        for one, other in ways:
            for between in sorted({name for pair in self.pairs for name in pair}):
                first, second = self._direct(one, between), self._direct(between, other)
                if first is not None and second is not None:
                    return first * second
        return None

    def _direct(self, currency: str, into: str) -> Decimal | None:
        rate = self.pairs.get((currency, into))
        if rate is not None:
            return rate
        other_way = self.pairs.get((into, currency))
        return None if other_way is None else 1 / other_way

    def into(self, base: str, currencies: Iterable[str]) -> dict[str, str]:
        """Return the rates of these currencies as text, those that are known."""
        known = {currency: self.rate(currency, base) for currency in sorted(set(currencies))}
        return {currency: f"{rate:f}" for currency, rate in known.items() if rate is not None}


def _alike(currency: str) -> tuple[str, ...]:
    return (currency, _YUAN[currency]) if currency in _YUAN else (currency,)


def _middle(row: Mapping[str, Any]) -> Decimal | None:
    bid, offer = amount(row.get("bid_rate")), amount(row.get("offer_rate"))
    return (bid + offer) / 2 if bid and offer else None


def read_rates(reader: Reader) -> Rates:
    """Ask for the rates of exchange; accounts in the US have an operation of their own."""
    try:
        data = reader.ask("exchange_rate")
    except OpenAPIError as failure:
        try:
            data = reader.ask("us_exchange_rates")
        except OpenAPIError:
            reader.miss(f"rates of exchange ({brief(failure)})")
            return Rates()
    rows = data.get("exchanges")
    return Rates.of_rows(row for row in rows if isinstance(row, dict)) if isinstance(rows, list) else Rates()
