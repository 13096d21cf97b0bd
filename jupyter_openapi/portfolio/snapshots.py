"""A snapshot of an account: positions, cash, rates, quotes, and the cash that moved since the last one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused, TransportError
from jupyter_openapi.guard import guarded
from jupyter_openapi.portfolio import store
from jupyter_openapi.portfolio.exact import exactly, known_text
from jupyter_openapi.portfolio.fills import history_rows
from jupyter_openapi.portfolio.holdings import read_balance, read_funds, read_stocks
from jupyter_openapi.portfolio.owner import owner_of
from jupyter_openapi.portfolio.prices import read_prices
from jupyter_openapi.portfolio.rates import read_rates
from jupyter_openapi.portfolio.reading import Reader
from jupyter_openapi.portfolio.store import Line
from jupyter_openapi.trading.words import amount

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from jupyter_openapi.portfolio.holdings import Balance, Holding
    from jupyter_openapi.portfolio.prices import Price
    from jupyter_openapi.portfolio.reading import Source

TRIES = 3  # to read positions and cash without a fill between them


@dataclass(frozen=True)
class Snapshot:
    """What was kept.

    Attributes
    ----------
    path
        Its file.
    taken_at
        When the cash was read.
    holdings
        Positions in it.
    missing
        What could not be had; the equity curve skips a snapshot in which a value is not known.
    """

    path: Path
    taken_at: datetime
    holdings: int
    missing: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        positions = f"{self.holdings} position{'' if self.holdings == 1 else 's'}"
        gaps = f"; not known: {'; '.join(self.missing)}" if self.missing else ""
        return f"<Snapshot of {self.taken_at:%Y-%m-%d %H:%M:%S} UTC, {positions}, kept as {self.path}{gaps}>"


@guarded
def snapshot(client: Source, folder: str | Path | None = None) -> Snapshot:
    """Append what the account holds now to the local store, as one file.

    Parameters
    ----------
    client
        A connected `Client`. Some eight reads are made.
    folder
        Where to keep it; by default in this package's data folder, which only its owner can read.

    Returns
    -------
    Snapshot
        Its path, time, and what could not be had.

    Raises
    ------
    RequestRefused
        pyarrow is not installed (``pip install 'jupyter-openapi[parquet]'``), or the folder can't be written.
    ApiError, TransportError
        Positions or cash can't be read: half an account is not kept.
    """
    store.arrow()
    reader = Reader(client)
    with exactly():
        holdings, balance, taken_at = _read_together(reader)
        symbols = [holding.symbol for holding in holdings if not holding.fund]
        prices = read_prices(reader, symbols)
        rates = read_rates(reader)
        owner = owner_of(client)
        lines = [
            Line("account", currency=balance.currency, amount=balance.net_assets, name=client.account.mode),
            *_holding_lines(holdings),
            *_price_lines(prices),
            *(Line("cash", currency=part.currency, amount=part.amount) for part in balance.cash),
            *(
                Line("rate", currency=pair[0], into=pair[1], amount=rate)
                for pair, rate in rates.pairs.items()
            ),
            *_flow_lines(reader, store.files(folder, owner), taken_at),
        ]
        path = store.write(folder, owner, taken_at, lines)
    return Snapshot(path, taken_at, len(holdings), tuple(reader.missing))


def _read_together(reader: Reader) -> tuple[list[Holding], Balance, datetime]:
    """Return positions and cash of one moment: the positions are the same before and after the cash."""
    before = _holdings(reader)
    for _ in range(TRIES):
        taken_at = datetime.now(UTC)
        balance = read_balance(reader, "HKD")
        _refuse_gaps(reader)
        after = _holdings(reader)
        if _quantities(after) == _quantities(before):
            return after, balance, taken_at
        before = after
    reader.miss("positions and cash of one moment (trades went on between them)")
    return before, balance, taken_at


def _quantities(holdings: Sequence[Holding]) -> list[Any]:
    return [(holding.account_channel, holding.symbol, holding.quantity) for holding in holdings]


def _holdings(reader: Reader) -> list[Holding]:
    found = [*read_stocks(reader), *read_funds(reader)]
    _refuse_gaps(reader)
    return found


def _refuse_gaps(reader: Reader) -> None:
    if reader.missing:
        raise TransportError(f"No snapshot was kept, for it would lack {'; '.join(reader.missing)}.")


def _holding_lines(holdings: Sequence[Holding]) -> list[Line]:
    return [
        Line(
            "holding",
            account_channel=one.account_channel,
            symbol=one.symbol,
            name=one.name,
            market=one.market,
            currency=one.currency,
            quantity=one.quantity,
            cost_price=one.cost,
            last_done=one.value_per_unit,
        )
        for one in holdings
    ]


def _price_lines(prices: Mapping[str, Price]) -> list[Line]:
    return [
        Line(
            "quote",
            symbol=symbol,
            last_done=price.last,
            prev_close=price.prev_close,
            multiplier=price.multiplier,
            at=price.at,
        )
        for symbol, price in prices.items()
    ]


def _flow_lines(reader: Reader, earlier: Sequence[Path], taken_at: datetime) -> list[Line]:
    """Return the cash movements about no security since the last snapshot; none for the first."""
    if not earlier:
        return []
    last = store.read(earlier[-1:]).column("taken_at")[0].as_py()
    start = last.replace(microsecond=0) + timedelta(seconds=1)
    if start > taken_at:
        return []
    try:
        rows = history_rows(reader, "cash_flow", start_time=start, end_time=taken_at.replace(microsecond=0))
    except OpenAPIError:
        rows = None
    if rows is None or reader.missing:
        reader.miss("the cash that moved since the last snapshot")
        return [Line("gap")]
    return [line for row in rows if (line := _flow(row)) is not None]


def _flow(row: Mapping[str, Any]) -> Line | None:
    stamp, moved = amount(row.get("business_time")), amount(row.get("balance"))
    if not stamp or moved is None or known_text(row.get("symbol")):
        return None
    name = known_text(row.get("transaction_flow_name"))
    at = datetime.fromtimestamp(int(stamp), UTC)
    return Line("flow", name=name, currency=known_text(row.get("currency")).upper(), amount=moved, at=at)


@guarded
def snapshots(client: Source | None = None, folder: str | Path | None = None) -> pd.DataFrame:
    """Return every row of an account's snapshots, oldest first, with decimals as they were kept.

    Parameters
    ----------
    client
        Whose; None where the store holds one account only.
    folder
        Where they are kept; by default in this package's data folder.

    Raises
    ------
    RequestRefused
        pyarrow is not installed, or the store holds several accounts and `client` does not say which.
    """
    frame: pd.DataFrame = store.read(store.files(folder, chosen_owner(client, folder))).to_pandas()
    return frame


def chosen_owner(client: Source | None, folder: str | Path | None) -> str:
    """Return whose snapshots are meant.

    Raises
    ------
    RequestRefused
        Without a client: there are none, or those of several accounts.
    """
    if client is not None:
        return owner_of(client)
    found = store.owners(folder)
    if len(found) == 1:
        return found[0]
    where = store.folder_of(folder)
    if not found:
        raise RequestRefused(f"There are no snapshots in {where}: take one with portfolio.snapshot(client).")
    raise RequestRefused(f"{where} holds snapshots of {', '.join(found)}: pass the client whose you mean.")
