"""Save frames as the sheets of one Excel file, in one step; no text in it is a formula."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _
from jupyter_openapi.storage import replacing

if TYPE_CHECKING:
    import pandas as pd

UNFIT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
"""Characters that an Excel file cannot hold."""
WIDEST = 48  # characters of a column


def save_sheets(path: str | Path, sheets: Mapping[str, pd.DataFrame]) -> Path:
    """Write frames as sheets of an Excel file, which replaces one that is there; return its path.

    Times are naive in their own zone, which stands in the column's name; days are shown as days; what is not
    known is an empty cell.

    Raises
    ------
    RequestRefused
        The name does not end in .xlsx, openpyxl is not installed, or the file can't be written.
    """
    target = Path(path).expanduser()
    if target.suffix.lower() != ".xlsx":
        raise RequestRefused(_("An Excel file's name ends in .xlsx, not {path}.").format(path=target.name))
    try:
        import openpyxl  # noqa: F401 (pandas writes with it)
    except ImportError:
        raise RequestRefused(
            _("Excel files need openpyxl, which is not installed: pip install 'jupyter-openapi[excel]'.")
        ) from None
    import pandas as pd

    try:
        with (
            replacing(target, ending=".xlsx", private=False) as draft,
            pd.ExcelWriter(draft, engine="openpyxl") as book,
        ):
            for name, frame in sheets.items():
                flat = _flat(frame)
                flat.to_excel(book, index=False, sheet_name=name, freeze_panes=(1, 0))
                _finish(book.sheets[name])
    except OSError as failure:
        raise RequestRefused(
            _("{path} was not written: {reason}.").format(path=target, reason=failure.strerror or failure)
        ) from None
    return target


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    made: dict[str, Any] = {}
    for name in frame.columns:
        column = frame[name]
        title = str(name)
        if isinstance(column.dtype, pd.DatetimeTZDtype):
            title, column = f"{name} ({column.dtype.tz})", column.dt.tz_localize(None)
        elif pd.api.types.is_datetime64_dtype(column):
            column = column.dt.date.where(column.notna(), None)
        elif pd.api.types.is_string_dtype(column) or pd.api.types.is_object_dtype(column):
            column = column.map(lambda value: UNFIT.sub("\ufffd", value) if isinstance(value, str) else value)
        made[title] = column
    return pd.DataFrame(made)


def _finish(sheet: Any) -> None:
    """Make every text a text ("=1+1" would be a formula), and the columns as wide as what is in them."""
    for column in sheet.columns:
        widest = 0
        for cell in column:
            if isinstance(cell.value, str):
                cell.data_type = "s"
            widest = max(widest, len(str(cell.value if cell.value is not None else "")))
        sheet.column_dimensions[column[0].column_letter].width = min(WIDEST, widest + 2)
