"""``%openapi help``: what operations and commands do, take and give, as text."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.command import CommandSpec, Invocation, Report, command, parameter
from jupyter_openapi.magic.examples import ID, example
from jupyter_openapi.magic.flags import FLAGS, Flag, applicable
from jupyter_openapi.magic.present import ORDER, SEEN
from jupyter_openapi.magic.vocabulary import meant
from jupyter_openapi.messages import N_, _, bracketed, commas, filled, meaning, pgettext
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Effect, Field, Kind, Operation, Parameter, Table, table_names
from jupyter_openapi.spec.request import METHODS, normalise
from jupyter_openapi.spec.values import choices

WIDTH = 100
SCREEN = 80
EFFECTS: Mapping[Effect, str] = {
    Effect.READ: N_("reads only"),
    Effect.WRITE: N_("changes something: it is previewed, and done by `%openapi send` or with --execute"),
    Effect.TRADE: N_("moves money: it is previewed, and sent by `%openapi send` or with --execute"),
}
KINDS: Mapping[Kind, str] = {
    Kind.TEXT: N_("text"),
    Kind.ID: N_("id"),
    Kind.SYMBOL: N_("symbol"),
    Kind.ENUM: N_("choice"),
    Kind.DECIMAL: N_("number"),
    Kind.INTEGER: N_("whole number"),
    Kind.BOOLEAN: N_("true or false"),
    Kind.TIMESTAMP: N_("time"),
    Kind.MILLIS: N_("time"),
    Kind.DATE: N_("day"),
    Kind.OBJECT: N_("object"),
    Kind.ANY: N_("anything"),
}
LIMITS = {"trade": N_("30 calls in 30 s"), "quote": N_("10 calls a second")}
SOURCES = {
    "sdk": N_("The columns are those that the official SDK 5.3.0 reads"),
    "sdk-source": N_("The columns are those in the source of the official SDK"),
    "cli": N_("The columns are those that the broker's own command line and MCP server read"),
}


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
    reply = "\n".join(_reply_help(operation, decimals=decimals, tz=tz, width=WIDTH))
    parts = [
        _("{name}  (also {aliases})").format(name=operation.name, aliases=", ".join(operation.aliases))
        if operation.aliases
        else operation.name,
        _filled(f"{_(operation.summary).rstrip('.')}{_('. ')}{_(operation.description)}".strip()),
        *_facts(operation, word),
        *_parameters(operation),
        f"\n{reply}" if reply else "",
        _section(_("Example"), [line]),
    ]
    if operation.effect is not Effect.READ and "--execute" not in line:
        parts.append(_section(_("Without a preview"), [_executed(line)]))
    return Report("\n".join(filter(None, parts)))


def command_help(spec: CommandSpec) -> Report:
    """Return what there is to know of a command."""
    order = next(iter(SEEN.values(ORDER)), ID)
    lines = [f"%openapi {each.replace('ORDER_ID', order)}" for each in spec.examples]
    parts = [
        _("{name}  (a command of %openapi)").format(name=spec.name),
        _filled(_(spec.summary)),
        *_parameters(spec.operation),
        _section(_("Flags, after its name"), [flag_line(flag) for flag in spec.flags]),
        _section(
            _("Flags, before its name"), [flag_line(FLAGS[name]) for name in FLAGS if name in spec.accepts]
        ),
        _section(
            _("Example") if len(spec.examples) == 1 else _("Examples"),
            lines,
        ),
        _section(_("Definitions"), [_(line) for line in spec.definitions()]),
    ]
    return Report("\n".join(filter(None, parts)))


def flag_line(flag: Flag, width: int = 20) -> str:
    """Return a flag's usage and its help, aligned."""
    allowed = bracketed(commas(flag.choices))
    return f"{flag.usage:<{width}}  {_(flag.help)}{allowed}"


def _facts(operation: Operation, word: str) -> Iterator[str]:
    counted = (
        _("; counted among {limit}").format(limit=_(LIMITS[operation.limit]))
        if operation.limit in LIMITS
        else ""
    )
    yield f"\n  {operation.method} {operation.path}{counted}"
    yield _filled(_(EFFECTS[operation.effect]), _("  Effect: "))
    if meant := catalog().constants(word):
        yield _filled(
            _("{word} is {name} with {pairs}").format(word=word, name=operation.name, pairs=_pairs(meant)),
            "  ",
        )
    if operation.region:
        yield _("  Served by the {region} data centre only").format(region=operation.region)
    if not operation.documented:
        yield (
            _("  Sent by the broker's own command line or MCP server, and not in its documentation")
            if operation.source == "cli"
            else _("  Sent by the official SDK, and not in the broker's documentation")
        )
    if operation.sdk:
        yield _filled(", ".join(method.name for method in operation.sdk), _("  Official SDK: "))
    useful = applicable(operation, operation.effect)
    if operation.effect is Effect.READ:
        useful -= {"execute"}  # allowed, so that a line can be typed by habit
    yield _filled(
        ", ".join(f"--{name}" for name, flag in FLAGS.items() if flag.key in useful), _("  Flags: ")
    )


def _pairs(values: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={value}" for name, value in values.items())


def _parameters(operation: Operation) -> Iterator[str]:
    if not operation.parameters:
        yield _("\nTakes no parameters")
        return
    short = {wire: name for name, wire in reversed(list(operation.short.items()))}
    rows = [_row(operation, *each, short) for each in _leaves(operation.parameters)]
    # What must be given first; the wire's own order within.
    rows.sort(key=lambda row: not row[1].startswith(_("required")))
    width = min(34, max(len(name) for name, _text in rows))
    yield _("\nParameters") + (
        _(" (bare words fill {short})").format(short=short.get(operation.main, operation.main))
        if operation.main
        else ""
    )
    for name, text in rows:
        yield filled(text, WIDTH, f"  {name:<{width}}  ", " " * (width + 4))


def parameter_help(operation: Operation, typed: str) -> str:
    """Return what there is to know of one parameter, by any of its names; empty where there is none."""
    wire = operation.short.get(typed, typed)
    short = {long: name for name, long in reversed(list(operation.short.items()))}
    for name, each in _leaves(operation.parameters):
        if name == wire:
            shown, text = _row(operation, name, each, short)
            return filled(f"{shown}  {text}", WIDTH, "", "  ")
    return ""


def _leaves(parameters: Sequence[Parameter], prefix: str = "") -> Iterator[tuple[str, Parameter]]:
    """Yield every parameter by its dotted name; the fields of an object instead of the object itself."""
    for each in parameters:
        if each.fields and not each.array:
            yield from _leaves(each.fields, f"{prefix}{each.name}.")
        else:
            yield f"{prefix}{each.name}", each


def _row(operation: Operation, name: str, parameter: Parameter, short: Mapping[str, str]) -> tuple[str, str]:
    shown = f"{short[name]} ({name})" if name in short else name
    default = operation.defaults.get(name)
    kept = name in operation.keeps
    required = parameter.required and default is None and "." not in name and not kept
    facts = [
        _("required") if required else "",
        _("list of {kind}s").format(kind=_(KINDS[parameter.kind]))
        if parameter.array
        else _(KINDS[parameter.kind]),
        _range(parameter),
        _("default {default}").format(default=_default(default)) if default is not None else "",
        _("stays as it is if left out") if kept else "",
    ]
    text = f"{_(', ').join(filter(None, facts))}{_('. ')}{_(parameter.description)}".rstrip()
    if parameter.kind is Kind.ENUM:
        text = _("{text}. One of {choices}.").format(text=text.rstrip(".。"), choices=choices(parameter))
    if parameter.fields:
        text += _(" Each has {fields}.").format(fields=", ".join(each.name for each in parameter.fields))
    return shown, text


def _default(value: object) -> str:
    if isinstance(value, str) and value.startswith("$"):
        return _("that of {value}").format(value=value[1:])
    if isinstance(value, list):
        return ", ".join(map(str, value)) or _("an empty list")
    return str(value).lower() if isinstance(value, bool) else str(value) or _("empty")


def _range(parameter: Parameter) -> str:
    low, high, above = parameter.minimum, parameter.maximum, parameter.above
    both = low is not None and high is not None
    found = [
        _("above {above:g}").format(above=above) if above is not None else "",
        _("from {low:g} to {high:g}").format(low=low, high=high) if both else "",
        _("from {low:g}").format(low=low) if low is not None and not both else "",
        _("up to {high:g}").format(high=high) if high is not None and not both else "",
        _("at most {max_length} characters").format(max_length=parameter.max_length)
        if parameter.max_length is not None
        else "",
        _("at most {max_items} at once").format(max_items=parameter.max_items)
        if parameter.max_items is not None
        else "",
    ]
    return " ".join(filter(None, found))


def _reply_help(operation: Operation, *, decimals: str, tz: str, width: int) -> Iterator[str]:
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
    yield from _column_lines({str(name): str(dtype) for name, dtype in frame.dtypes.items()}, known, width)
    if operation.parameter("period") is not None:
        yield _("  Bars of a day or longer have a trade_date too, their day in the market's own zone")
    if operation.reply_source in SOURCES:
        yield f"  {_(SOURCES[operation.reply_source])}"
    yield from _tables(operation, width)


def _shown(operation: Operation) -> list[Table]:
    label = operation.tables[0].label
    return [table for table in operation.tables if table is operation.tables[0] or (label and table.label)]


def _column_lines(dtypes: dict[str, str], known: dict[str, Field], width: int) -> Iterator[str]:
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


def _section(title: str, lines: list[str]) -> str:
    body = "\n".join(f"  {line}" for each in lines for line in each.split("\n"))
    return f"\n{title}\n{body}" if lines else ""


def _executed(line: str) -> str:
    magic, _space, rest = line.partition(" ")
    return f"{magic} --execute {rest}"


def _filled(text: str, lead: str = "") -> str:
    start = "\n" if lead.startswith("\n") else ""
    lead = lead.lstrip("\n")
    indent = " " * (len(lead) - len(lead.lstrip())) + ("  " if lead.strip() else "")
    return start + filled(text, WIDTH, lead, indent)


HEAD = N_("""
Type
  %openapi connect sandbox                      a paper exchange on this machine (or: paper, live)
  %openapi positions                            your holdings, as a DataFrame
  df = %openapi positions symbol=700.HK,AAPL.US
  %openapi quote 700.HK AAPL.US                 last prices
  %openapi history_orders start=-30d            days as 2026-11-01, today, -30d
  %openapi GET /v1/asset/stock symbol=700.HK    any path
  %openapi submit 700.HK side=buy price=600 quantity=100      a preview; nothing is sent
  %openapi send                                 sends that very preview, once, while it is under 60 s old
  %openapi --execute submit 700.HK side=buy type=MO quantity=100

  A cell that begins with %%openapi takes a body: JSON, or name: value lines.
  price={bid} takes a variable, and any {expression}; # starts a comment; a trailing ; mutes the output.
  Tab completes names, parameters and values. IPython takes a line that ends in ? for itself.

Find
  %openapi search tencent                       symbols by a code or a name
  %openapi endpoints dividend                   the operations about a word
  %openapi help submit                          what one takes and gives, and an example
""")


BRIEF = N_("""
  %openapi connect sandbox              a paper exchange here (or: paper, live)
  %openapi positions                    your holdings; also balance, orders
  df = %openapi history_orders start=-30d
  %openapi buy 100 700.HK @ 600         a preview; %openapi send sends it, once
  %openapi help submit                  what it takes; help alone says all
  %openapi endpoints dividend           the operations about a word
  %openapi search tencent               symbols by a code or a name

  price={bid} takes a variable; # starts a comment; a trailing ; mutes.""")


def _where() -> str:
    session = sys.modules.get("jupyter_openapi.session")
    if session is not None and session.SESSION.client is not None:
        return str(session.SESSION.client.account.title)
    return _("not connected")


def brief(commands: Mapping[str, CommandSpec]) -> Report:
    """Return on one screen what can be typed, and where the notebook is connected; nothing is sent."""
    flags = ", ".join(f"--{name}" for name in FLAGS)
    lists = (
        _("Commands: {names}").format(names=", ".join(commands)),
        _("Flags, before the operation: {flags}").format(flags=flags),
    )
    parts = [
        f"%openapi: {_where()}",
        _(BRIEF),
        "",
        *(filled(text, SCREEN, "", "  ") for text in lists),
    ]
    return Report("\n".join(parts))


def overview(commands: Mapping[str, CommandSpec]) -> Report:
    """Return all that can be typed, and where the notebook is connected; nothing is sent."""
    rows = [f"  {name:<12} {_(spec.summary)}" for name, spec in commands.items()]
    flags = [f"  {flag_line(flag)}" for flag in FLAGS.values()]
    parts = [
        f"%openapi: {_where()}",
        _(HEAD),
        _("Commands; %openapi endpoints lists the broker's operations"),
        *rows,
        "",
        _("Flags, before the operation; %config OpenAPIMagics sets their defaults"),
        *flags,
    ]
    return Report("\n".join(parts))


@command(
    "help",
    "Explain an operation, a command or an error code; alone, list what can be typed.",
    parameter("name", Kind.TEXT, "an operation, alias, command or error code, or METHOD PATH", array=True),
    accepts=("decimals", "tz"),
    examples=("help submit", "help connect", "help GET /v1/asset/stock", "help 301604"),
)
def explain(invocation: Invocation) -> Report:
    """Return the help of what is named."""
    words = [str(word) for word in invocation.given.get("name", []) if str(word)]
    if not words:
        return overview(invocation.commands)
    if len(words) == 1 and words[0].lower() in invocation.commands:
        return command_help(invocation.commands[words[0].lower()])
    if len(words) == 1 and (found := _code_help(words[0])) is not None:
        return found
    operation = _named(words, invocation.commands)
    decimals, tz = invocation.context.decimals(invocation.command), invocation.context.tz(invocation.command)
    return operation_help(operation, words[0], decimals=decimals, tz=tz)


def _code_help(word: str) -> Report | None:
    """Return what an error code of the broker means and what to do, or None if the word is no known code."""
    from jupyter_openapi.spec.codes import OF, error_codes

    known = error_codes().get(int(word)) if word.isascii() and word.isdigit() else None
    if known is None:
        return None
    http = _(" (HTTP {http})").format(http=known.http) if known.http else ""
    lines = [
        _("{meaning}: {reason}").format(meaning=f"{known.code}{http}", reason=_(known.meaning)),
        _(known.advice),
        *(
            _("{case}: {advice}").format(case=_(OF[case]), advice=_(text))
            for case, text in known.cases.items()
        ),
    ]
    source = _("Known from: {source}.").format(source=known.source)
    return Report("\n".join([*(_filled(line) for line in lines), source]))


def _named(words: list[str], commands: Iterable[str]) -> Operation:
    from jupyter_openapi.magic.grammar import unknown_word
    from jupyter_openapi.spec import catalog

    if words[0].upper() in METHODS and len(words) == 2:
        method, path, _query = normalise(words[0], words[1])
        match = catalog().match(method, path)
        if match is None:
            raise RequestRefused(
                _(
                    "{method} {path} is not in the specification; it can be sent all the same, unchecked: "
                    "%openapi {method} {path}."
                ).format(method=method, path=path)
            )
        return match[0]
    if len(words) > 1:
        raise RequestRefused(
            _(
                "Help is for one name at a time; type %openapi help {word}, or %openapi endpoints {words} to "
                "search."
            ).format(word=words[0], words=" ".join(words))
        )
    operation = catalog().find(meant(words[0]))
    if operation is None:
        raise unknown_word(words[0], [*commands, *catalog().aliases, *catalog().operations])
    return operation
