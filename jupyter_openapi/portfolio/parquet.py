"""Parquet files: their checksum, and a history's rows a month each, in the fixed schema of its operation.

Parquet's own checksums leave out page headers and the footer. Here a SHA-256 of all else stands at the end of
the footer, behind its last field, where every reader of Parquet passes over it and none copies it into a file
that it writes: a flipped bit is an error, never other data. A file without one, of an earlier version or
another program, is read as it is.
"""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.frames import to_frame
from jupyter_openapi.frames.columns import effective_kind
from jupyter_openapi.history.page import place_of, with_rows
from jupyter_openapi.market.money import exactly
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.arguments import file_path
from jupyter_openapi.spec.model import Kind, Operation
from jupyter_openapi.storage import data_folder, private_folder, replacing

if TYPE_CHECKING:
    import pandas as pd

PRECISION = 38  # digits of every decimal
LABEL = b"jupyter-openapi-sha256:"
MAGIC = b"PAR1"
TAIL = 8  # bytes at the end of a Parquet file: the length of its footer, and its magic
SIZE = len(LABEL) + hashlib.sha256().digest_size
FEW = 8  # bits by which a damaged label may differ; another program's bytes differ by dozens


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
            _("This needs pyarrow, which is not installed: pip install 'jupyter-openapi[parquet]'.")
        ) from None
    return pa


class Damaged(ValueError):
    """A file is not as it was written."""


def sealed(content: bytes) -> bytes:
    """Return a Parquet file's bytes with their checksum."""
    body, length = content[:-TAIL], int.from_bytes(content[-TAIL:-4], "little")
    if content[-4:] != MAGIC:
        raise Damaged("it is no Parquet file")
    tail = (length + SIZE).to_bytes(4, "little") + MAGIC
    return body + LABEL + _digest(body, tail) + tail


def seal_file(path: Path) -> None:
    """Add its checksum to a Parquet file that nobody reads yet."""
    path.write_bytes(sealed(path.read_bytes()))


def verify(content: bytes) -> None:
    """Raise `Damaged` if a file that carries a checksum is not as it was written."""
    start = len(content) - TAIL - SIZE
    if start < 0:
        return
    label = content[start : start + len(LABEL)]
    wrong = (int.from_bytes(label, "big") ^ int.from_bytes(LABEL, "big")).bit_count()
    if wrong > FEW:
        return
    tail = content[-TAIL:]
    if wrong or content[start + len(LABEL) : -TAIL] != _digest(content[:start], tail):
        raise Damaged("a byte of it was changed")


def verify_file(path: Path) -> None:
    """As `verify`, for a file on this machine."""
    verify(path.read_bytes())


def _digest(body: bytes, tail: bytes) -> bytes:
    return hashlib.sha256(body + LABEL + tail).digest()


SCALE = 10
EXTRA = "extra"
"""The column that holds, as JSON text, what is not described, and what does not fit its own column."""
_STEP = Decimal(1).scaleb(-SCALE)


def described(operation: Operation) -> dict[str, Kind]:
    """Return the operation's columns and their kinds, in order.

    Raises
    ------
    RequestRefused
        Its rows are not described, so there is no fixed schema.
    """
    if not operation.tables or operation.tables[0].path.count("[]") != 1:
        raise RequestRefused(
            _("{name} has no fixed columns, so it can't be kept on disk.").format(name=operation.name)
        )
    return {one.name: effective_kind(one) for one in operation.tables[0].fields}


def schema_of(operation: Operation) -> Any:
    """Return the Arrow schema of an operation's files: decimals are ``decimal128(38, 10)``, times in UTC."""
    pa = arrow()
    types = {
        Kind.DECIMAL: pa.decimal128(PRECISION, SCALE),
        Kind.INTEGER: pa.int64(),
        Kind.BOOLEAN: pa.bool_(),
        Kind.TIMESTAMP: pa.timestamp("us", tz="UTC"),
        Kind.MILLIS: pa.timestamp("us", tz="UTC"),
        Kind.DATE: pa.date32(),
    }
    columns = [(name, types.get(kind, pa.string())) for name, kind in described(operation).items()]
    return pa.schema([*columns, (EXTRA, pa.string())])


def table_of(operation: Operation, rows: Sequence[Mapping[str, Any]]) -> Any:
    """Return rows as the broker gave them as a table of `schema_of`, in their order.

    A value that does not fit its column, or has more than ten decimals, is null there and whole in ``extra``.
    """
    pa = arrow()
    schema = schema_of(operation)
    kinds = described(operation)
    extras = [{name: value for name, value in row.items() if name not in kinds} for row in rows]
    frame = _frame(operation, rows)
    columns = []
    for field in schema:
        if field.name == EXTRA:
            continue
        values: list[Any] = list(frame[field.name])
        odd: list[int] = []
        if field.name in frame.attrs["openapi"].get("as_text", ()):
            values, odd = _one_by_one(operation, rows, field.name)
        array, worse = _array(pa, field.type, kinds[field.name], values)
        odd += worse
        columns.append(array)
        for at in odd:
            extras[at][field.name] = rows[at].get(field.name)
    texts = [_json(extra) if extra else None for extra in extras]
    return pa.table([*columns, pa.array(texts, pa.string())], schema=schema)


def _one_by_one(
    operation: Operation, rows: Sequence[Mapping[str, Any]], name: str
) -> tuple[list[Any], list[int]]:
    """Return a column of which some value does not fit its kind, None for those; and where they are."""
    values: list[Any] = []
    odd = []
    for at, row in enumerate(rows):
        frame = _frame(operation, [row])
        fits = name not in frame.attrs["openapi"].get("as_text", ())
        values.append(frame[name].iloc[0] if fits else None)
        if not fits:
            odd.append(at)
    return values, odd


def _frame(operation: Operation, rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what does not fit is kept in `extra`
        return to_frame(with_rows(place_of(operation), list(rows)), operation, decimals="decimal", codes=True)


def _array(pa: Any, kind_type: Any, kind: Kind, found: Sequence[Any]) -> tuple[Any, list[int]]:
    """Return a column's array, and the rows whose value it can't hold."""
    values = [None if _is_none(value) else _plain(kind, value) for value in found]
    try:
        return pa.array(values, kind_type), []
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, OverflowError):
        pass
    odd = []
    for at, value in enumerate(values):
        try:
            pa.array([value], kind_type)
        except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, OverflowError):
            odd.append(at)
            values[at] = None
    return pa.array(values, kind_type), odd


def _is_none(value: Any) -> bool:
    import pandas as pd

    return not isinstance(value, (list, dict)) and bool(pd.isna(value))


def _plain(kind: Kind, value: Any) -> Any:
    if kind is Kind.DECIMAL:
        return _scaled(value)
    if kind in {Kind.OBJECT, Kind.ANY}:
        return _json(value)
    if kind is Kind.DATE and hasattr(value, "date"):
        return value.date()
    return value


def _scaled(value: Any) -> Any:
    """Return a decimal with ten places, if that takes no digit away from it."""
    if not isinstance(value, Decimal) or not value.is_finite():
        return value
    with exactly():
        rounded = value.quantize(_STEP, ROUND_HALF_EVEN)
    return rounded if rounded == value else str(value)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)


STATE = "_state.json"  # readers of Parquet folders pass over names that begin with an underscore
NAME = "data.parquet"


class ParquetStore:
    """One operation's history of one account, a file a month.

    Files are ``<root>/<operation>/account=<owner>/month=2026-11/data.parquet``.

    Parameters
    ----------
    root
        A folder or a URL that fsspec understands (``s3://bucket/history``); None for the package's own
        folder.
    operation, owner
        Whose history of what.

    Raises
    ------
    RequestRefused
        pyarrow or fsspec is not installed, or the root is none.
    """

    def __init__(self, root: str | Path | None, operation: str, owner: str) -> None:
        arrow()
        try:
            import fsspec
        except ImportError:
            raise RequestRefused(
                _("This needs fsspec, which is not installed: pip install 'jupyter-openapi[parquet]'.")
            ) from None
        if root is None:
            root = private_folder(data_folder()) / "history"
        is_url = isinstance(root, str) and "://" in root
        place = str(root) if is_url else str(file_path("root", root, "'history'"))
        try:
            self._fs, base = fsspec.core.url_to_fs(place)
        except (ValueError, ImportError) as problem:
            raise RequestRefused(
                _("{root} can't keep a history: {problem}.").format(root=root, problem=problem)
            ) from None
        dataset = f"{str(base).rstrip('/')}/{operation}"
        self.folder = f"{dataset}/account={owner}"
        self._local = "file" in (
            self._fs.protocol if isinstance(self._fs.protocol, tuple) else (self._fs.protocol,)
        )
        self.dataset = dataset if self._local else str(self._fs.unstrip_protocol(dataset))

    def state(self) -> dict[str, Any]:
        """Return what is known of the history so far; nothing if there is none.

        Raises
        ------
        RequestRefused
            It can't be read.
        """
        try:
            found = json.loads(self._fs.cat_file(f"{self.folder}/{STATE}"))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as problem:
            raise RequestRefused(
                _("{folder}/{state} can't be read: {problem}.").format(
                    folder=self.folder, state=STATE, problem=problem
                )
            ) from None
        return found if isinstance(found, dict) else {}

    def keep_state(self, state: dict[str, Any]) -> None:
        """Write what is known of the history."""
        self._put(f"{self.folder}/{STATE}", json.dumps(state, indent=1, sort_keys=True).encode())

    def month(self, month: str, schema: Any) -> Any:
        """Return a month's rows, or None if it has no file."""
        import pyarrow.parquet as pq

        try:
            content = self._fs.cat_file(self._path(month))
        except FileNotFoundError:
            return None
        try:
            verify(content)
        except Damaged as problem:
            raise RequestRefused(
                _("{path} is damaged ({problem}): move it away and fetch the history again.").format(
                    path=self._path(month), problem=problem
                )
            ) from None
        try:
            return pq.read_table(io.BytesIO(content)).select(schema.names).cast(schema)
        except (arrow().ArrowException, KeyError, ValueError) as problem:
            raise RequestRefused(
                _(
                    "{path} holds other columns than this version writes ({problem}); move the folder away "
                    "and fetch the history again."
                ).format(path=self._path(month), problem=problem)
            ) from None

    def keep_month(self, month: str, table: Any) -> None:
        """Write a month's rows in place of those before, in one step."""
        import pyarrow.parquet as pq

        buffer = io.BytesIO()
        pq.write_table(table, buffer, compression="zstd")
        self._put(self._path(month), sealed(buffer.getvalue()))

    def _path(self, month: str) -> str:
        return f"{self.folder}/month={month}/{NAME}"

    def _put(self, path: str, content: bytes) -> None:
        """Put a file so that readers see the old one or the new one; an object store does so by itself."""
        place = path.rpartition("/")[0]
        try:
            self._fs.makedirs(place, exist_ok=True)
            if not self._local:
                self._fs.pipe_file(path, content)
                return
            with replacing(Path(path), private=False) as draft:
                draft.write_bytes(content)
        except OSError as problem:
            raise RequestRefused(
                _("{path} can't be written: {reason}.").format(path=path, reason=problem.strerror or problem)
            ) from None
