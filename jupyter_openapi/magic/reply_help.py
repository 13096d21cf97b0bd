"""Help about a reply: its columns with their types, units and meanings, and its other tables."""

from __future__ import annotations

from collections.abc import Iterator

from jupyter_openapi.messages import N_, _, filled, meaning, pgettext
from jupyter_openapi.spec.model import Effect, Field, Operation, Table, table_names

SOURCES = {
    "sdk": N_("The columns are those that the official SDK 5.3.0 reads"),
    "sdk-source": N_("The columns are those in the source of the official SDK"),
    "cli": N_("The columns are those that the broker's own command line and MCP server read"),
}


def reply_help(operation: Operation, *, decimals: str, tz: str, width: int) -> Iterator[str]:
    """Yield the lines on what an operation gives: a frame for a read, data for a change."""
    if operation.effect is not Effect.READ:
        if fields := [column.name for table in operation.tables for column in table.fields]:
            yield filled(", ".join(dict.fromkeys(fields)), width, _("The reply's data: "), "  ")
        return
    if not operation.tables:
        yield _("Returns a DataFrame whose columns follow from what comes back")
        return
    from jupyter_openapi.frames import to_frame

    # The frame of an empty reply has all columns, with the dtypes that any other reply has.
    frame = to_frame(None, operation, decimals=decimals, tz=tz)
    known = {column.name: column for table in _shown(operation) for column in table.columns}
    yield _("Returns a DataFrame with the columns")
    yield from _lines({str(name): str(dtype) for name, dtype in frame.dtypes.items()}, known, width)
    if operation.parameter("period") is not None:
        yield _("  Bars of a day or longer have a trade_date too, their day in the market's own zone")
    if operation.reply_source in SOURCES:
        yield f"  {_(SOURCES[operation.reply_source])}"
    yield from _tables(operation, width)


def _shown(operation: Operation) -> list[Table]:
    label = operation.tables[0].label
    return [table for table in operation.tables if table is operation.tables[0] or (label and table.label)]


def _lines(dtypes: dict[str, str], known: dict[str, Field], width: int) -> Iterator[str]:
    longest = min(30, max(map(len, dtypes)))
    for name, dtype in dtypes.items():
        column = known.get(name)
        unit = f", {pgettext('unit', column.unit)}" if column is not None and column.unit else ""
        said = meaning(column.description) if column is not None else ""
        yield filled(f"({dtype}{unit}) {said}".rstrip(), width, f"  {name:<{longest}} ", " " * (longest + 3))


def _tables(operation: Operation, width: int) -> Iterator[str]:
    """Yield the other tables of the reply, each with its columns."""
    names = table_names(operation.tables)
    if names:
        yield _("\nOther tables of the reply")
    for name in names:
        table = next(table for table in operation.tables if table.name == name)
        columns = ", ".join(column.name for column in table.columns)
        yield filled(columns, width, f"  --table {name}: ", "    ")
