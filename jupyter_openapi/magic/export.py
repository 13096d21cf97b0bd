"""``--out FILE``: save a frame as CSV, Excel workbook or Parquet, whole or not at all.

============  ==========================================================================================
``.csv``      UTF-8 with a byte order mark, by which Excel knows it. Texts, ids among them, are quoted; one
              that a spreadsheet would run as a formula begins with an apostrophe.
``.xlsx``     Texts are text cells, so that an id keeps its digits and nothing runs as a formula.
``.parquet``  Columns keep their types and zones, and the frame's attributes travel along.
============  ==========================================================================================

CSV and Excel know no time zones: there times stand without one, in the zone of the frame, and the column's
name says which: ``updated_at (Asia/Hong_Kong)``. Nested values are JSON text. A file that is there already is
replaced, in one step.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _, ngettext
from jupyter_openapi.storage import SHEET_ROWS, replacing, typed_path

if TYPE_CHECKING:
    import pandas as pd

ENDINGS = (".csv", ".xlsx", ".parquet")
NEEDS = {".xlsx": "openpyxl", ".parquet": "pyarrow"}
UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no cell may hold these
FORMULA = re.compile(
    r"[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]"
)  # also the wide ones of East Asia
NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?(?:[eE][+-]?\d+)?%?")
EXACT = 10**15  # Excel keeps 15 digits of a number


class Saving:
    """A file to save to, checked before anything is sent.

    Parameters
    ----------
    typed
        The path as it was typed; ``~`` is the home folder.

    Raises
    ------
    RequestRefused
        The ending is none of the three, its package is missing, or the folder is not there.
    """

    def __init__(self, typed: str) -> None:
        try:
            path = typed_path(typed)
        except ValueError as problem:
            raise RequestRefused(
                _("--out {typed} can't be used: {reason}.").format(typed=typed, reason=problem)
            ) from None
        ending = path.suffix.lower()
        if ending not in ENDINGS:
            raise RequestRefused(
                _("--out {typed}: the file must end in .csv, .xlsx or .parquet.").format(typed=typed)
            )
        package = NEEDS.get(ending)
        if package is not None and find_spec(package) is None:
            raise RequestRefused(
                _(
                    "--out {typed} needs the {package} package: type %pip install {package}, or save as .csv."
                ).format(typed=typed, package=package)
            )
        if not path.parent.is_dir():
            raise RequestRefused(
                _("--out {typed}: there is no folder {parent}; make it first.").format(
                    typed=typed, parent=path.parent
                )
            )
        if path.is_dir():
            raise RequestRefused(_("--out {typed} is a folder; name a file in it.").format(typed=typed))
        self.typed = typed
        self.path = path.resolve()
        self._linked = self.path != Path(os.path.abspath(path))  # noqa: PTH100 (keeps symbolic links)
        self._ending = ending

    def save(self, frame: pd.DataFrame) -> str:
        """Save the frame and return a line that says so.

        Raises
        ------
        RequestRefused
            It can't be written; a file that was there is untouched.
        """
        there = self.path.exists()
        write = {".csv": _csv, ".xlsx": _xlsx, ".parquet": _parquet}[self._ending]
        if self._ending == ".xlsx" and len(frame) > SHEET_ROWS:
            raise RequestRefused(
                _("--out {typed}: {rows:,} rows do not fit an Excel sheet; save it as .csv.").format(
                    typed=self.typed, rows=len(frame)
                )
            )
        self._replace(lambda path: write(frame, path))
        count = len(frame)
        saved = ngettext("Saved {count:,} row to {file}", "Saved {count:,} rows to {file}", count)
        place = self.typed
        if self._linked:
            place = _("{file}, a link to {path}").format(file=self.typed, path=self.path)
        text = saved.format(count=count, file=place)
        return _("{saved} (the file that was there is replaced).").format(saved=text) if there else f"{text}."

    def _replace(self, write: Callable[[Path], None]) -> None:
        try:
            with replacing(self.path, ending=self._ending, private=False) as draft:
                write(draft)
        except Exception as failure:  # noqa: BLE001 (each library has its own, as lxml for a full disk)
            reason = getattr(failure, "strerror", None) or str(failure).partition("\n")[0]
            raise RequestRefused(
                _("--out {typed} was not written: {reason}.").format(
                    typed=self.typed, reason=reason or type(failure).__name__
                )
            ) from None


def _no_formula(value: Any) -> Any:
    """Return a text that no spreadsheet takes for a formula; numbers as text stay as they are."""
    if not isinstance(value, str) or not FORMULA.match(value) or NUMBER.fullmatch(value):
        return value
    return f"'{value}"


def _csv(frame: pd.DataFrame, path: Path) -> None:
    import pandas as pd

    flat = _zoneless(_flat(frame)).rename(columns=_no_formula)
    for number in range(len(flat.columns)):
        column = flat.iloc[:, number]
        if _is_text(column) or isinstance(column.dtype, pd.CategoricalDtype):
            flat.isetitem(number, [_no_formula(value) for value in column])
    flat.to_csv(path, index=False, encoding="utf-8-sig", quoting=csv.QUOTE_NONNUMERIC)


def _parquet(frame: pd.DataFrame, path: Path) -> None:
    whole = io.BytesIO()
    _flat(frame).to_parquet(whole, engine="pyarrow", index=False)
    path.write_bytes(whole.getvalue())


def _xlsx(frame: pd.DataFrame, path: Path) -> None:
    import pandas as pd

    flat = _zoneless(_flat(frame)).rename(columns=_clean)
    for name in flat.columns:
        column = flat[name]
        if pd.api.types.is_integer_dtype(column) and bool((column.abs() >= EXACT).any()):
            flat[name] = column.astype("string")
        elif pd.api.types.is_datetime64_dtype(column) and column.equals(column.dt.normalize()):
            flat[name] = column.dt.date  # days, shown without 00:00:00
        elif _is_decimal(column):
            # pandas 2 would write their text; a sheet keeps 15 digits of a number in any case.
            flat[name] = pd.array([None if pd.isna(value) else float(value) for value in column], "Float64")
        elif _is_text(column):
            flat[name] = column.map(_clean)
    whole = io.BytesIO()  # a disk that fills up in the middle would leave an archive that nobody can close
    book = pd.ExcelWriter(whole, engine="openpyxl")  # as a context it would hide why a sheet can't be made
    flat.to_excel(book, index=False, sheet_name="openapi", freeze_panes=(1, 0))
    _as_texts(book.sheets["openapi"], [_is_text(flat[name]) for name in flat.columns])
    book.close()
    path.write_bytes(whole.getvalue())


def _as_texts(sheet: Any, texts: Sequence[bool]) -> None:
    """Make text cells of the head and of the columns that are text: "=1+1" would be a formula."""
    for cell in sheet[1]:
        if isinstance(cell.value, str):
            cell.data_type = "s"
    for number, text in enumerate(texts, start=1):
        for (cell,) in sheet.iter_rows(min_row=2, min_col=number, max_col=number) if text else ():
            if isinstance(cell.value, str):
                cell.data_type, cell.number_format = "s", "@"


def _clean(value: Any) -> Any:
    return UNFIT.sub("\ufffd", value) if isinstance(value, str) else value


def _is_decimal(column: pd.Series[Any]) -> bool:
    """Tell whether a column holds decimals, and nothing else that is there."""
    present = column.dropna() if column.dtype == object else column.iloc[:0]
    return len(present) > 0 and all(isinstance(value, Decimal) for value in present)


def _is_text(column: pd.Series[Any]) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_string_dtype(column) or pd.api.types.is_object_dtype(column))


_NESTED = (dict, list, tuple)


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a copy in which dictionaries and lists are JSON text."""
    flat = frame.copy()
    for name in flat.columns:
        if flat[name].dtype == object and flat[name].map(lambda value: isinstance(value, _NESTED)).any():
            flat[name] = flat[name].map(_as_json)
    return flat


def _as_json(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, _NESTED) else value


def _zoneless(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with aware times made naive in their zone, and the zone in the column's name."""
    import pandas as pd

    names = {}
    for name in frame.columns:
        dtype = frame[name].dtype
        if isinstance(dtype, pd.DatetimeTZDtype):
            frame[name] = frame[name].dt.tz_localize(None)
            names[name] = f"{name} ({dtype.tz})"
    return frame.rename(columns=names)
