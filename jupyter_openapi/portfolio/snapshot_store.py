"""Store snapshots of an account: positions, cash, rates, quotes, and cash moved since the last one."""

from __future__ import annotations

import io
import os
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import OpenAPIError, RequestRefused, TransportError, guarded
from jupyter_openapi.market.money import exactly, known_text
from jupyter_openapi.market.replies import MOST, figure, seconds
from jupyter_openapi.messages import _, commas, ngettext
from jupyter_openapi.portfolio.arguments import file_path
from jupyter_openapi.portfolio.executions import history_rows
from jupyter_openapi.portfolio.parquet import PRECISION, Damaged, arrow, seal_file, verify_file
from jupyter_openapi.portfolio.positions import (
    AccountReader,
    is_owner,
    owner_of,
    read_balance,
    read_funds,
    read_stocks,
)
from jupyter_openapi.portfolio.prices import read_prices, read_rates
from jupyter_openapi.storage import data_folder, private_folder, replacing

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike
    from jupyter_openapi.portfolio.positions import Balance, Holding
    from jupyter_openapi.portfolio.prices import Price

SCALE = 12
RECONSTRUCTED = "reconstructed"
_STEP = Decimal(1).scaleb(-SCALE)


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """One row of a snapshot; what a kind does not use is None.

    ``account``
        One in every snapshot: the broker's own net assets (`amount`, `currency`).
    ``holding``
        Quantity and cost of a position; for a fund `last_done` is its net asset value.
    ``quote``
        Last price, previous close and multiplier of a symbol, `at` the time of its last trade.
    ``cash``
        The `amount` of one `currency`.
    ``rate``
        One `currency` is worth `amount` of `into`.
    ``flow``
        A movement of cash, about no security, since the snapshot before: `name`, `amount`, `at`.
    ``gap``
        The movements since the snapshot before could not be read.
    ``reconstructed``
        The snapshot was not taken at its time, but worked out later.
    """

    kind: str
    account_channel: str | None = None
    symbol: str | None = None
    name: str | None = None
    market: str | None = None
    currency: str | None = None
    into: str | None = None
    quantity: Decimal | None = None
    cost_price: Decimal | None = None
    last_done: Decimal | None = None
    prev_close: Decimal | None = None
    multiplier: Decimal | None = None
    amount: Decimal | None = None
    at: datetime | None = None


TEXTS = ("kind", "account_channel", "symbol", "name", "market", "currency", "into")
NUMBERS = ("quantity", "cost_price", "last_done", "prev_close", "multiplier", "amount")


def schema() -> Any:
    """Return the schema of every snapshot's file."""
    pa = arrow()
    kinds = dict.fromkeys(TEXTS, pa.string()) | dict.fromkeys(NUMBERS, pa.decimal128(PRECISION, SCALE))
    stamp = pa.timestamp("us", tz="UTC")
    columns = [pa.field("snapshot", pa.string(), nullable=False), pa.field("taken_at", stamp, nullable=False)]
    columns += [pa.field(one.name, kinds.get(one.name, stamp)) for one in fields(SnapshotRow)]
    return pa.schema(columns)


def folder_of(folder: str | Path | None) -> Path:
    """Return where snapshots are kept: as given, else ``snapshots`` in the package's data folder."""
    return data_folder() / "snapshots" if folder is None else file_path("folder", folder, "'snapshots'")


def write(folder: str | Path | None, owner: str, taken_at: datetime, lines: Sequence[SnapshotRow]) -> Path:
    """Append a snapshot: a new file, complete from the moment it can be seen.

    Raises
    ------
    RequestRefused
        pyarrow is not installed, or the folder can't be written.
    """
    pa = arrow()
    import pyarrow.parquet as pq

    name = f"{taken_at:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}"
    with exactly():
        columns: dict[str, list[Any]] = {
            one.name: [_stored(getattr(line, one.name)) for line in lines] for one in fields(SnapshotRow)
        }
    columns |= {"snapshot": [name] * len(lines), "taken_at": [taken_at] * len(lines)}
    table = pa.table(columns, schema=schema())
    try:
        if folder is None:
            private_folder(data_folder())
        home = folder_of(folder)
        os.fspath(home).encode()  # Arrow could not read it again
        place = home / owner / f"{taken_at:%Y-%m}"
        for made in (home, place.parent, place):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = place / f"{name}.parquet"
        with replacing(path) as draft:
            whole = io.BytesIO()
            pq.write_table(table, whole)
            draft.write_bytes(whole.getvalue())
            seal_file(draft)
    except (OSError, UnicodeError) as problem:
        raise RequestRefused(
            _("The snapshot was not kept: {folder} can't be written: {reason}.").format(
                folder=folder_of(folder), reason=getattr(problem, "strerror", None) or problem
            )
        ) from None
    return path


def _stored(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value.quantize(_STEP, ROUND_HALF_EVEN) if abs(value) < MOST else None
    return value


def owners(folder: str | Path | None) -> list[str]:
    """Return the accounts that have snapshots here."""
    root = folder_of(folder)
    if not root.is_dir():
        return []
    return sorted(path.name for path in root.iterdir() if path.is_dir() and is_owner(path.name))


def files(folder: str | Path | None, owner: str) -> list[Path]:
    """Return an account's snapshots, oldest first."""
    return sorted((folder_of(folder) / owner).glob("*/*.parquet"), key=lambda path: path.name)


def read(paths: Sequence[Path]) -> Any:
    """Return the rows of these files as one Arrow table, in the order of their snapshots.

    Raises
    ------
    RequestRefused
        pyarrow is not installed, or a file is no snapshot.
    """
    pa = arrow()
    import pyarrow.dataset as ds

    wanted = schema()
    if not paths:
        return wanted.empty_table()
    for path in paths:
        try:
            verify_file(path)
        except (OSError, Damaged) as problem:
            raise RequestRefused(
                _("The snapshot {path} is damaged ({problem}): move its file away.").format(
                    path=path, problem=problem
                )
            ) from None
    try:
        found = ds.dataset([str(path) for path in paths], schema=wanted, format="parquet").to_table()
    except (pa.ArrowException, OSError) as problem:
        said = str(problem).partition("\n")[0]
        raise RequestRefused(
            _("A snapshot can't be read; move its file away: {said}").format(said=said)
        ) from None
    return found.sort_by([("taken_at", "ascending"), ("snapshot", "ascending")])


TRIES = 3  # to read positions and cash without a fill between them


@dataclass(frozen=True)
class Snapshot:
    """A stored snapshot.

    Attributes
    ----------
    path
        Its file.
    taken_at
        When the cash was read.
    holdings
        Positions in it.
    missing
        What could not be read; the equity curve skips a snapshot in which a value is not known.
    """

    path: Path
    taken_at: datetime
    holdings: int
    missing: tuple[str, ...] = field(default=())

    def __repr__(self) -> str:
        count = self.holdings
        positions = ngettext("{count} position", "{count} positions", count).format(count=count)
        gaps = _("; not known: {missing}").format(missing=_("; ").join(self.missing)) if self.missing else ""
        return _("<Snapshot of {at:%Y-%m-%d %H:%M:%S} UTC, {positions}, kept as {path}{gaps}>").format(
            at=self.taken_at, positions=positions, path=self.path, gaps=gaps
        )


@guarded
def snapshot(client: ClientLike, folder: str | Path | None = None) -> Snapshot:
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
        Its path, time, and what could not be read.

    Raises
    ------
    RequestRefused
        pyarrow is not installed (``pip install 'jupyter-openapi[parquet]'``), or the folder can't be written.
    ApiError, TransportError
        Positions or cash can't be read: half an account is not kept.
    """
    arrow()
    reader = AccountReader(client)
    with exactly():
        holdings, balance, taken_at = read_together(reader)
        symbols = [holding.symbol for holding in holdings if not holding.fund]
        prices = read_prices(reader, symbols)
        rates = read_rates(reader)
        owner = owner_of(client)
        lines = [
            SnapshotRow(
                "account", currency=balance.currency, amount=balance.net_assets, name=client.account.mode
            ),
            *_holding_lines(holdings),
            *_price_lines(prices),
            *(SnapshotRow("cash", currency=part.currency, amount=part.amount) for part in balance.cash),
            *(
                SnapshotRow("rate", currency=pair[0], into=pair[1], amount=rate)
                for pair, rate in rates.pairs.items()
            ),
            *_flow_lines(reader, files(folder, owner), taken_at),
        ]
        path = write(folder, owner, taken_at, lines)
    return Snapshot(path, taken_at, len(holdings), tuple(reader.missing))


def read_together(reader: AccountReader) -> tuple[list[Holding], Balance, datetime]:
    """Return positions and cash of one moment: the positions are the same before and after the cash."""
    before = _holdings(reader)
    for _attempt in range(TRIES):
        taken_at = datetime.now(UTC)
        balance = read_balance(reader, "HKD")
        _refuse_gaps(reader)
        after = _holdings(reader)
        if _quantities(after) == _quantities(before):
            return after, balance, taken_at
        before = after
    reader.miss(_("positions and cash of one moment (trades went on between them)"))
    return before, balance, taken_at


def _quantities(holdings: Sequence[Holding]) -> list[Any]:
    return [(holding.account_channel, holding.symbol, holding.quantity) for holding in holdings]


def _holdings(reader: AccountReader) -> list[Holding]:
    found = [*read_stocks(reader), *read_funds(reader)]
    _refuse_gaps(reader)
    return found


def _refuse_gaps(reader: AccountReader) -> None:
    if reader.missing:
        raise TransportError(
            _("No snapshot was kept, for it would lack {missing}.").format(
                missing=_("; ").join(reader.missing)
            )
        )


def _holding_lines(holdings: Sequence[Holding]) -> list[SnapshotRow]:
    return [
        SnapshotRow(
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


def _price_lines(prices: Mapping[str, Price]) -> list[SnapshotRow]:
    return [
        SnapshotRow(
            "quote",
            symbol=symbol,
            last_done=price.last,
            prev_close=price.prev_close,
            multiplier=price.multiplier,
            at=price.at,
        )
        for symbol, price in prices.items()
    ]


def _flow_lines(reader: AccountReader, earlier: Sequence[Path], taken_at: datetime) -> list[SnapshotRow]:
    """Return the cash movements about no security since the last snapshot; none for the first."""
    if not earlier:
        return []
    last = read(earlier[-1:]).column("taken_at")[0].as_py()
    start = last.replace(microsecond=0) + timedelta(seconds=1)
    if start > taken_at:
        return []
    try:
        rows = history_rows(reader, "cash_flow", start_time=start, end_time=taken_at.replace(microsecond=0))
    except OpenAPIError:
        rows = None
    if rows is None or reader.missing:
        reader.miss(_("the cash that moved since the last snapshot"))
        return [SnapshotRow("gap")]
    return [line for row in rows if (line := _flow(row)) is not None]


def _flow(row: Mapping[str, Any]) -> SnapshotRow | None:
    stamp, moved = seconds(row.get("business_time")), figure(row.get("balance"))
    if not stamp or moved is None or known_text(row.get("symbol")):
        return None
    name = known_text(row.get("transaction_flow_name"))
    at = datetime.fromtimestamp(int(stamp), UTC)
    return SnapshotRow(
        "flow", name=name, currency=known_text(row.get("currency")).upper(), amount=moved, at=at
    )


@guarded
def snapshots(client: ClientLike | None = None, folder: str | Path | None = None) -> pd.DataFrame:
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
    frame: pd.DataFrame = read(files(folder, chosen_owner(client, folder))).to_pandas()
    return frame


def chosen_owner(client: ClientLike | None, folder: str | Path | None) -> str:
    """Return whose snapshots are meant.

    Raises
    ------
    RequestRefused
        Without a client: there are none, or those of several accounts.
    """
    if client is not None:
        return owner_of(client)
    found = owners(folder)
    if len(found) == 1:
        return found[0]
    where = folder_of(folder)
    if not found:
        raise RequestRefused(
            _("There are no snapshots in {where}: take one with portfolio.snapshot(client).").format(
                where=where
            )
        )
    raise RequestRefused(
        _("{where} holds snapshots of {found}: pass the client of the account you mean.").format(
            where=where, found=commas(found)
        )
    )
