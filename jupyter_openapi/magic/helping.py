"""``%openapi help NAME``: what an operation or command does, takes and gives, as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from textwrap import fill
from typing import TYPE_CHECKING

from jupyter_openapi.magic.applies import applicable
from jupyter_openapi.magic.examples import ID, example
from jupyter_openapi.magic.flags import FLAGS, Flag
from jupyter_openapi.magic.report import Report
from jupyter_openapi.magic.seen import ORDER, SEEN
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Effect, Kind, Operation, Parameter
from jupyter_openapi.spec.values import choices

if TYPE_CHECKING:
    from jupyter_openapi.magic.command import CommandSpec

WIDTH = 100
EFFECTS: Mapping[Effect, str] = {
    Effect.READ: "reads only",
    Effect.WRITE: "changes something: it is previewed, and done by `%openapi send` or with --execute",
    Effect.TRADE: "moves money: it is previewed, and sent by `%openapi send` or with --execute",
}
KINDS: Mapping[Kind, str] = {
    Kind.TEXT: "text",
    Kind.ID: "id",
    Kind.SYMBOL: "symbol",
    Kind.ENUM: "choice",
    Kind.DECIMAL: "number",
    Kind.INTEGER: "whole number",
    Kind.BOOLEAN: "true or false",
    Kind.TIMESTAMP: "time",
    Kind.MILLIS: "time",
    Kind.DATE: "day",
    Kind.OBJECT: "object",
    Kind.ANY: "anything",
}
LIMITS = {"trade": "30 calls in 30 s", "quote": "10 calls a second"}


def operation_help(operation: Operation, word: str, *, decimals: str = "float64", tz: str = "UTC") -> Report:
    """Return what there is to know of an operation.

    Parameters
    ----------
    operation
        Which.
    word
        The name it was asked for by, which may stand for constant arguments too.
    decimals, tz
        How the frame's columns come.
    """
    line = example(operation, word if catalog().constants(word) else None)
    parts = [
        f"{operation.name}  (also {', '.join(operation.aliases)})" if operation.aliases else operation.name,
        _filled(f"{operation.summary.rstrip('.')}. {operation.description}".strip()),
        *_facts(operation, word),
        *_parameters(operation),
        *_columns(operation, decimals, tz),
        _section("Example", [line]),
    ]
    if operation.effect is not Effect.READ and "--execute" not in line:
        parts.append(_section("Sent in one go", [_executed(line)]))
    return Report("\n".join(filter(None, parts)))


def command_help(spec: CommandSpec) -> Report:
    """Return what there is to know of a command."""
    order = next(iter(SEEN.values(ORDER)), ID)
    lines = [f"%openapi {each.replace('ORDER_ID', order)}" for each in spec.examples]
    parts = [
        f"{spec.name}  (a command of %openapi)",
        _filled(spec.summary),
        *_parameters(spec.operation),
        _section("Flags, after its name", [flag_line(flag) for flag in spec.flags]),
        _section(
            "Flags, before its name", [flag_line(FLAGS[name]) for name in FLAGS if name in spec.accepts]
        ),
        _section(
            "Example" if len(spec.examples) == 1 else "Examples",
            lines,
        ),
    ]
    return Report("\n".join(filter(None, parts)))


def flag_line(flag: Flag, width: int = 20) -> str:
    """Return a flag's usage and its help, aligned."""
    allowed = f" ({', '.join(flag.choices)})" if flag.choices else ""
    return f"{flag.usage:<{width}}  {flag.help}{allowed}"


def _facts(operation: Operation, word: str) -> Iterator[str]:
    counted = f"; counted among {LIMITS[operation.limit]}" if operation.limit in LIMITS else ""
    yield f"\n  {operation.method} {operation.path}{counted}"
    yield _filled(EFFECTS[operation.effect], "  Effect: ")
    if meant := catalog().constants(word):
        yield _filled(f"{word} is {operation.name} with {_pairs(meant)}", "  ")
    if operation.region:
        yield f"  Served by the {operation.region} data centre only"
    if not operation.documented:
        yield "  Sent by the official SDK, and not in the broker's documentation"
    if operation.sdk:
        yield _filled(", ".join(method.name for method in operation.sdk), "  Official SDK: ")
    names = [
        f"--{flag}" for flag in FLAGS if flag.replace("-", "_") in applicable(operation, operation.effect)
    ]
    yield _filled(", ".join(names), "  Flags: ")


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _parameters(operation: Operation) -> Iterator[str]:
    if not operation.parameters:
        yield "\nTakes no parameters"
        return
    short = {wire: name for name, wire in reversed(list(operation.short.items()))}
    rows = [_row(operation, *each, short) for each in _leaves(operation.parameters)]
    # What must be given first; the wire's own order within.
    rows.sort(key=lambda row: not row[1].startswith("required"))
    width = min(34, max(len(name) for name, _ in rows))
    yield "\nParameters" + (
        f" (bare words fill {short.get(operation.main, operation.main)})" if operation.main else ""
    )
    for name, text in rows:
        lead = f"  {name:<{width}}  "
        yield fill(
            text, WIDTH, initial_indent=lead, subsequent_indent=" " * (width + 4), break_on_hyphens=False
        )


def _leaves(parameters: tuple[Parameter, ...], prefix: str = "") -> Iterator[tuple[str, Parameter]]:
    """Yield every parameter by its dotted name; the fields of an object instead of the object itself."""
    for each in parameters:
        if each.fields and not each.array:
            yield from _leaves(each.fields, f"{prefix}{each.name}.")
        else:
            yield f"{prefix}{each.name}", each


def _row(operation: Operation, name: str, parameter: Parameter, short: Mapping[str, str]) -> tuple[str, str]:
    shown = f"{short[name]} ({name})" if name in short else name
    default = operation.defaults.get(name)
    required = parameter.required and default is None and "." not in name
    facts = [
        "required" if required else "",
        f"list of {KINDS[parameter.kind]}s" if parameter.array else KINDS[parameter.kind],
        _range(parameter),
        f"default {_default(default)}" if default is not None else "",
    ]
    text = f"{', '.join(filter(None, facts))}. {parameter.description}".rstrip()
    if parameter.kind is Kind.ENUM:
        text = f"{text.rstrip('.')}. One of {choices(parameter)}."
    if parameter.fields:
        text += f" Each has {', '.join(each.name for each in parameter.fields)}."
    return shown, text


def _default(value: object) -> str:
    if isinstance(value, str) and value.startswith("$"):
        return f"that of {value[1:]}"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "an empty list"
    return str(value).lower() if isinstance(value, bool) else str(value) or "empty"


def _range(parameter: Parameter) -> str:
    low, high, above = parameter.minimum, parameter.maximum, parameter.above
    found = [
        f"above {above:g}" if above is not None else "",
        f"from {low:g}" if low is not None else "",
        f"up to {high:g}" if high is not None else "",
        f"at most {parameter.max_length} characters" if parameter.max_length is not None else "",
        f"at most {parameter.max_items} at once" if parameter.max_items is not None else "",
    ]
    return " ".join(filter(None, found))


def _columns(operation: Operation, decimals: str, tz: str) -> Iterator[str]:
    if operation.effect is not Effect.READ:
        if fields := [field.name for table in operation.tables for field in table.fields]:
            yield _filled(", ".join(dict.fromkeys(fields)), "\nThe reply's data: ")
        return
    if not operation.tables:
        yield "\nReturns a DataFrame whose columns follow from what comes back"
        return
    from jupyter_openapi.frames import to_frame

    # The frame of an empty reply has all columns, with the dtypes that any other reply has.
    frame = to_frame(None, operation, decimals=decimals, tz=tz)
    columns = [f"{name} ({dtype})" for name, dtype in frame.dtypes.items()]
    yield "\nReturns a DataFrame with the columns"
    yield _filled(", ".join(columns), "  ")
    if operation.parameter("period") is not None:
        yield "  Bars of a day or longer have a trade_date too, their day in the market's own zone"


def _section(title: str, lines: list[str]) -> str:
    body = "\n".join(f"  {line}" for each in lines for line in each.split("\n"))
    return f"\n{title}\n{body}" if lines else ""


def _executed(line: str) -> str:
    magic, _, rest = line.partition(" ")
    return f"{magic} --execute {rest}"


def _filled(text: str, lead: str = "") -> str:
    start = "\n" if lead.startswith("\n") else ""
    lead = lead.lstrip("\n")
    indent = " " * (len(lead) - len(lead.lstrip())) + ("  " if lead.strip() else "")
    return start + fill(
        text,
        WIDTH,
        initial_indent=lead,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
