"""Snapshots on disk: one Parquet file each, of one fixed schema, written whole or not at all."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass, fields
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.places import data_folder, private_folder
from jupyter_openapi.portfolio.exact import exactly
from jupyter_openapi.portfolio.owner import is_owner

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

SCALE = 12
PRECISION = 38
_STEP = Decimal(1).scaleb(-SCALE)


@dataclass(frozen=True, slots=True)
class Line:
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
        The movements since the snapshot before could not be had.
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


def arrow() -> Any:
    """Return pyarrow.

    Raises
    ------
    RequestRefused
        It is not installed.
    """
    try:
        import pyarrow as pa
    except ImportError:
        raise RequestRefused(
            "This needs pyarrow, which is not installed: pip install 'jupyter-openapi[parquet]'."
        ) from None
    return pa


def schema() -> Any:
    """Return the schema of every snapshot's file."""
    pa = arrow()
    kinds = dict.fromkeys(TEXTS, pa.string()) | dict.fromkeys(NUMBERS, pa.decimal128(PRECISION, SCALE))
    stamp = pa.timestamp("us", tz="UTC")
    columns = [pa.field("snapshot", pa.string(), nullable=False), pa.field("taken_at", stamp, nullable=False)]
    columns += [pa.field(one.name, kinds.get(one.name, stamp)) for one in fields(Line)]
    return pa.schema(columns)


def folder_of(folder: str | Path | None) -> Path:
    """Return where snapshots are kept: as given, else ``snapshots`` in the package's data folder."""
    return Path(folder).expanduser() if folder is not None else data_folder() / "snapshots"


def write(folder: str | Path | None, owner: str, taken_at: datetime, lines: Sequence[Line]) -> Path:
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
            one.name: [_stored(getattr(line, one.name)) for line in lines] for one in fields(Line)
        }
    columns |= {"snapshot": [name] * len(lines), "taken_at": [taken_at] * len(lines)}
    table = pa.table(columns, schema=schema())
    try:
        if folder is None:
            private_folder(data_folder())
        home = folder_of(folder)
        place = home / owner / f"{taken_at:%Y-%m}"
        for made in (home, place.parent, place):
            made.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = place / f"{name}.part"
        try:
            with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                pq.write_table(table, file)
                file.flush()
                os.fsync(file.fileno())
            return draft.rename(place / f"{name}.parquet")
        finally:
            draft.unlink(missing_ok=True)
    except OSError as problem:
        raise RequestRefused(
            f"The snapshot was not kept: {folder_of(folder)} can't be written: {problem.strerror or problem}."
        ) from None


def _stored(value: Any) -> Any:
    return value.quantize(_STEP, ROUND_HALF_EVEN) if isinstance(value, Decimal) else value


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
    try:
        found = ds.dataset([str(path) for path in paths], schema=wanted, format="parquet").to_table()
    except (pa.ArrowException, OSError) as problem:
        said = str(problem).partition("\n")[0]
        raise RequestRefused(f"A snapshot can't be read; move its file away: {said}") from None
    return found.sort_by([("taken_at", "ascending"), ("snapshot", "ascending")])
