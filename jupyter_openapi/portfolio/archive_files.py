"""Read an archive's files of executions, here or behind a URL: by account, a batch of rows at a time."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.market.money import amount, from_float, known_text
from jupyter_openapi.messages import _, commas
from jupyter_openapi.portfolio.arguments import file_path, told
from jupyter_openapi.portfolio.executions import SIDES, Fill, repeats
from jupyter_openapi.portfolio.parquet import Damaged, arrow, verify, verify_file

if TYPE_CHECKING:
    import pandas as pd

NEEDED = ("trade_id", "order_id", "symbol", "side", "quantity", "price", "trade_done_at")
FEES = ("fees", "fee")
"""Columns that tell what an execution cost, the first that is there counts."""
MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Booked:
    """A fill, whose it is, and its own fee where the executions have a column for it."""

    account: str
    fill: Fill
    fee: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """A month's file: on this machine, or on a file system of fsspec."""

    path: str
    system: Any = None

    def opened(self) -> Any:
        """Return the file for pyarrow, once its checksum is right."""
        import pyarrow.parquet as pq

        try:
            if self.system is None:
                verify_file(Path(self.path))
                return pq.ParquetFile(self.path)
            content = self.system.cat_file(self.path)
            verify(content)
            return pq.ParquetFile(io.BytesIO(content))
        except (OSError, Damaged, arrow().ArrowException) as problem:
            raise RequestRefused(
                _("{path} is damaged ({problem}): move it away and fetch the history again.").format(
                    path=self.path, problem=problem
                )
            ) from None


def accounts_of(path: str | Path, account: str | None) -> dict[str, list[Month]]:
    """Return the files of each account of an archive, months in order.

    Raises
    ------
    RequestRefused
        It is no archive of executions, or has no such account; pyarrow, or what its URL needs, is missing.
    """
    arrow()
    if isinstance(path, str) and "://" in path:
        found = _remote(path)
    else:
        found = _local(file_path("path", path, "archive.path"))
    if not found:
        raise RequestRefused(
            _(
                "{path} holds no archive of executions: give the path of "
                "portfolio.archive(client, 'history_executions', ...)."
            ).format(path=path)
        )
    if account is None:
        return found
    if not isinstance(account, str) or account not in found:
        raise RequestRefused(
            _("The archive has no account {account}; it has {found}.").format(
                account=account if isinstance(account, str) else told(account), found=commas(found)
            )
        )
    return {account: found[account]}


def _local(root: Path) -> dict[str, list[Month]]:
    return {
        place.name.partition("=")[2]: [
            Month(str(file)) for file in sorted(place.glob("month=*/data.parquet"))
        ]
        for place in sorted(root.glob("account=*"))
    }


def _remote(place: str) -> dict[str, list[Month]]:
    try:
        import fsspec

        system, root = fsspec.core.url_to_fs(place)
        files = sorted(system.glob(f"{str(root).rstrip('/')}/account=*/month=*/data.parquet"))
    except (ImportError, ValueError, OSError) as problem:
        raise RequestRefused(
            _("{path} can't be read: {problem}.").format(path=place, problem=problem)
        ) from None
    found: dict[str, list[Month]] = {}
    for file in files:
        owner = str(file).rsplit("/", 3)[1].partition("=")[2]
        found.setdefault(owner, []).append(Month(str(file), system))
    return found


def batches(owner: str, months: Iterable[Month], size: int) -> Iterator[list[Booked]]:
    """Yield an account's fills in batches, oldest first; those of one second stay together."""
    kept: list[Booked] = []
    for month in months:
        with month.opened() as file:
            there = file.schema_arrow.names
            if missing := [name for name in NEEDED if name not in there]:
                raise RequestRefused(
                    _("{path} is not a file of executions: it lacks {missing}.").format(
                        path=month.path, missing=commas(missing)
                    )
                )
            wanted = [*NEEDED, *[name for name in FEES if name in there][:1]]
            for batch in file.iter_batches(size, columns=wanted):
                columns = {name: batch.column(name).to_pylist() for name in wanted if name != "trade_done_at"}
                columns["trade_done_at"] = _micros(batch.column("trade_done_at"))
                columns["account"] = [owner] * batch.num_rows
                kept = in_order([*kept, *booked(columns)])
                if not kept:
                    continue
                last = kept[-1].fill.at
                place = next((n for n in range(len(kept), 0, -1) if kept[n - 1].fill.at != last), 0)
                yield kept[:place]
                kept = kept[place:]
    yield kept


def _micros(column: Any) -> list[int | None]:
    import pyarrow as pa

    found: list[int | None] = (
        column.cast(pa.timestamp("us", tz="UTC"), safe=False).cast(pa.int64()).to_pylist()
    )
    return found


def columns_of(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """Return the columns of a frame of executions as lists, times in microseconds of Unix time.

    Raises
    ------
    RequestRefused
        A column is missing.
    """
    import pandas as pd

    if not isinstance(frame, pd.DataFrame):
        raise RequestRefused(
            _("executions is a frame with a row an execution, not {given}.").format(given=told(frame))
        )
    if missing := [name for name in NEEDED if name not in frame.columns]:
        raise RequestRefused(_("The executions lack {missing}.").format(missing=commas(missing)))
    wanted = [*NEEDED, *[name for name in FEES if name in frame.columns][:1]]
    found = {name: frame[name].tolist() for name in wanted if name != "trade_done_at"}
    times = _times(frame["trade_done_at"])
    found["trade_done_at"] = [
        None if gap else int(at.timestamp()) * MICRO + at.microsecond
        for at, gap in zip(times, times.isna(), strict=True)
    ]
    found["account"] = (
        frame["account"].astype(str).tolist() if "account" in frame.columns else [""] * len(frame)
    )
    return found


def _times(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of times as times in UTC."""
    import pandas as pd

    text = pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)
    for form in ("ISO8601", "mixed") if text else (None,):
        try:
            return pd.to_datetime(column, utc=True, format=form)
        except (ValueError, TypeError, OverflowError):
            continue
    raise RequestRefused(_("executions: trade_done_at holds times, and some of these can't be read."))


def booked(columns: Mapping[str, Sequence[Any]]) -> list[Booked]:
    """Return rows as fills, with their account.

    Raises
    ------
    RequestRefused
        A quantity, price, time or side is not known: what follows would be wrong as a whole.
    """
    found = []
    names = ("account", *NEEDED)
    fees = next((columns[name] for name in FEES if name in columns), [None] * len(columns["symbol"]))
    for owner, trade, order, symbol, side, quantity, price, at, fee in zip(
        *(columns[name] for name in names), fees, strict=True
    ):
        number, each = _exact(quantity), _exact(price)
        if not isinstance(symbol, str):
            raise RequestRefused(
                _("executions: symbol holds symbols such as 700.HK, not {given}.").format(given=told(symbol))
            )
        if number is None or each is None or number <= 0 or at is None or side not in SIDES:
            raise RequestRefused(
                _("The execution {trade} of {symbol} lacks a quantity, price, time or side.").format(
                    trade=trade, symbol=symbol
                )
            )
        second, micros = divmod(at, MICRO)
        fill = Fill(known_text(trade), known_text(order), symbol, second, number, each, side, 1000 * micros)
        found.append(Booked(owner, fill, None if fee is None else _exact(fee)))
    return found


def _exact(value: Any) -> Decimal | None:
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    return amount(value) if isinstance(value, str) else from_float(value)


def in_order(fills: list[Booked]) -> list[Booked]:
    """Return fills by account, oldest first; a trade that is listed twice, with its id, is one."""
    found = sorted(fills, key=lambda one: (one.account, one.fill.moment))
    return [one for place, one in enumerate(found) if not (place and _again(found[place - 1], one))]


def _again(before: Booked, one: Booked) -> bool:
    return before.account == one.account and repeats(before.fill, one.fill)
