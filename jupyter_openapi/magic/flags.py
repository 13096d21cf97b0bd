"""The flags of ``%openapi``, in one table, and how they are read.

Flags stand before the operation. A command may declare flags of its own (``connect live --trade``), which
may stand after its name too. Names are never abbreviated and never guessed: a typo arms nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence, short
from jupyter_openapi.magic.lexer import unquoted
from jupyter_openapi.messages import N_, _, commas
from jupyter_openapi.spec.chinese import value_meant
from jupyter_openapi.spec.model import Effect, Operation

FlagValue = bool | str | tuple[str, ...]
Words = tuple[str | None, str]
"""A bare word, whose name is None, or a pair of name and value."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag: its name without dashes, what its value is called (empty: it takes none), and its help.

    `choices` are the values allowed, if they are few. A `literal` flag's value is never an ``{expression}``:
    what it allows must be readable in the cell. A `repeatable` one collects its values in a tuple.
    """

    name: str
    value: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()
    literal: bool = False
    repeatable: bool = False

    @property
    def key(self) -> str:
        """The name as a Python identifier: ``dry_run``."""
        return self.name.replace("-", "_")

    @property
    def usage(self) -> str:
        """How it is typed: ``--tz ZONE``."""
        return f"--{self.name} {self.value}".rstrip()

    def checked(self, value: str) -> str:
        """Return `value` as its choice is spelled; RequestRefused if it is none of the choices."""
        if not value:
            raise RequestRefused(
                _("--{name} needs a value: {usage}.").format(name=self.name, usage=self.usage)
            )
        if not self.choices:
            return value
        for choice in self.choices:
            if choice.lower() == value.lower():
                return choice
        raise RequestRefused(
            _("--{name} is {choices}, not {value}; type --{name} {choice}.").format(
                name=self.name,
                choices=_(" or ").join(self.choices),
                value=short(value, 40),
                choice=value_meant(str(value), self.choices) or self.choices[0],
            )
        )


class FlagOwner(Protocol):
    """What the grammar needs to know of a command: its name, its own flags, the general ones it accepts."""

    @property
    def name(self) -> str:
        """The word that is typed."""

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The flags that belong to it, and may stand after its name."""

    @property
    def accepts(self) -> frozenset[str]:
        """The names of the general flags that mean something to it."""

    @property
    def words(self) -> Callable[[Sequence[Words]], Sequence[Words]] | None:
        """What puts its bare words under the names they stand for; None if all are of one kind."""


_ALL = (
    Flag(
        "execute", help="send what is otherwise only previewed: orders, and whatever else changes something"
    ),
    Flag("again", help="allow an order that this cell already sent in an earlier run"),
    Flag(
        "override",
        "NAME",
        "skip the named check, for this line only; may be repeated",
        literal=True,
        repeatable=True,
    ),
    Flag(
        "tick",
        "MODE",
        "round an order's prices to the market's steps; safe: a buy down, a sell up",
        choices=("nearest", "up", "down", "safe"),
    ),
    Flag("dry-run", help="check and show the request, send nothing"),
    Flag("explain", help="show how the request is signed, secrets masked, send nothing"),
    Flag("curl", help="show the request as a command line of curl, secrets as shell variables, send nothing"),
    Flag("raw", help="return the reply's data as it came, decimals as text, instead of a DataFrame"),
    Flag("all", help="fetch a long history whole, page by page; needs a start"),
    Flag("decimals", "KIND", "how decimal columns come", choices=("float64", "decimal", "string")),
    Flag("tz", "ZONE", "the time zone of dates typed and shown, such as Asia/Hong_Kong"),
    Flag("out", "FILE", "also save the frame: FILE ends in .csv, .xlsx or .parquet"),
    Flag("wide", help="show every column of the frame instead of its view"),
    Flag("pivot", help="candles of several symbols: one row a time, with columns of field and symbol"),
    Flag("table", "NAME", "another table of the reply, such as cash_infos of balance", literal=True),
    Flag(
        "param",
        "NAME=VALUE",
        "send a parameter that is not described; may be repeated",
        literal=True,
        repeatable=True,
    ),
)
FLAGS: Mapping[str, Flag] = {flag.name: flag for flag in _ALL}


def read_flag(words: list[str], position: int, known: Mapping[str, Flag], into: dict[str, FlagValue]) -> int:
    """Read the flag at `position` into the dictionary, by its key, and return where the next word stands.

    Values are text without their quotes; one that is an ``{expression}`` is kept as it was typed.

    Raises
    ------
    RequestRefused
        If the flag is unknown, lacks its value, has one it does not take, or is given twice.
    """
    word, equals, value = words[position].partition("=")
    flag = known.get(word[2:]) if word.startswith("--") else None
    if flag is None:
        raise _unknown_flag(word, known)
    position += 1
    if not flag.value:
        if equals:
            raise RequestRefused(
                _("--{name} takes no value; type --{name} alone, or leave it out.").format(name=flag.name)
            )
        into[flag.key] = True
        return position
    if not equals:
        if position == len(words) or words[position].startswith("--"):
            raise RequestRefused(
                _("--{name} needs a value: {usage}.").format(name=flag.name, usage=flag.usage)
            )
        value = words[position]
        position += 1
    _store(flag, value, into)
    return position


def _store(flag: Flag, value: str, into: dict[str, FlagValue]) -> None:
    plain = unquoted(value)
    if plain is None and value[:1] in ("'", '"'):
        raise RequestRefused(
            _("--{name} has a quote that is not closed: {value}; close it.").format(
                name=flag.name, value=short(value, 40)
            )
        )
    value = value if plain is None else plain
    if "{" in value or "}" in value:
        if flag.literal:
            raise RequestRefused(
                _("--{name} takes a plain name, without braces: {usage}.").format(
                    name=flag.name, usage=flag.usage
                )
            )
    else:
        value = flag.checked(value)
    earlier = into.get(flag.key)
    if flag.repeatable:
        into[flag.key] = (*(earlier if isinstance(earlier, tuple) else ()), value)
    elif earlier is not None:
        raise RequestRefused(_("--{name} is given twice; keep one of them.").format(name=flag.name))
    else:
        into[flag.key] = value


def flags_before(word: str, commands: Mapping[str, FlagOwner]) -> Mapping[str, Flag]:
    """Return the flags that may stand before the operation: these, and those of any command."""
    if word[2:].partition("=")[0] in FLAGS:
        return FLAGS
    return {**{flag.name: flag for spec in commands.values() for flag in spec.flags}, **FLAGS}


def refuse_foreign_flags(
    flags: Mapping[str, FlagValue], spec: FlagOwner | None, commands: Mapping[str, FlagOwner]
) -> None:
    """Refuse a flag that belongs to another command than the one that follows it.

    Raises
    ------
    RequestRefused
        Naming the commands it belongs to.
    """
    own = {flag.key for flag in spec.flags} if spec else set()
    for key in flags:
        name = key.replace("_", "-")
        if name not in FLAGS and key not in own:
            raise _foreign_flag(name, commands)


def late_flag(
    words: Sequence[str],
    position: int,
    before: str,
    commands: Mapping[str, FlagOwner],
    own: Iterable[str] = (),
) -> RequestRefused:
    """Return the refusal of a flag that stands after the operation, at `position` of the words.

    `before` is what stands before all of these, and `own` are the flags that the command there has itself.
    """
    word = words[position]
    name, equals, value = word[2:].partition("=")
    if name in FLAGS:
        flag, after = FLAGS[name], position + 1
        if flag.value and not equals and after < len(words) and not words[after].startswith("--"):
            value, after = words[after], after + 1  # what it was given goes where it goes
        usage = f"--{name} {short(value, 60)}" if flag.value and value else flag.usage
        rest = " ".join([before, *words[:position], *words[after:]])
        return RequestRefused(
            _("--{name} goes before the operation; type %openapi {usage} {rest}.").format(
                name=name, usage=usage, rest=short(rest, 60)
            )
        )
    if any(flag.name == name for spec in commands.values() for flag in spec.flags):
        return _foreign_flag(name, commands)
    parameter = name.replace("-", "_")
    if _takes(before.split(maxsplit=1)[0] if before else "", parameter, commands):
        value = value or (words[position + 1] if position + 1 < len(words) else "VALUE")
        return RequestRefused(
            _("--{name} is a parameter, not a flag; type {parameter}={value}.").format(
                name=name, parameter=parameter, value=short(value, 60)
            )
        )
    return _unknown_flag(word.partition("=")[0], FLAGS, own)


def _takes(operation: str, parameter: str, commands: Mapping[str, FlagOwner]) -> bool:
    """Tell whether an operation or a command has a parameter of this name."""
    from jupyter_openapi.spec import catalog

    spec = commands.get(operation.lower())
    about = catalog().find(operation) if spec is None else getattr(spec, "operation", None)
    return about is not None and about.parameter(parameter) is not None


def _foreign_flag(name: str, commands: Mapping[str, FlagOwner]) -> RequestRefused:
    owners = [spec.name for spec in commands.values() if any(flag.name == name for flag in spec.flags)]
    return RequestRefused(
        _("--{name} belongs to {owners}; leave it out here, or type %openapi {owner} for it.").format(
            name=name, owners=_(" and ").join(owners), owner=owners[0]
        )
    )


def _unknown_flag(word: str, known: Iterable[str], own: Iterable[str] = ()) -> RequestRefused:
    """Return the refusal of a flag that is not known, with those that look like it; a command's own first."""
    first, names = [f"--{name}" for name in own], [f"--{name}" for name in known]
    advice = did_you_mean(word, first) or did_you_mean(word, names)
    if not advice and first:
        advice = _("After its name it takes {names}.").format(names=commas(first))
    advice = advice or _("The flags are {names}.").format(names=commas(names))
    return RequestRefused(
        sentence(_("{word} is not a flag of %openapi.").format(word=short(word, 40)), advice)
    )


SHOWING = ("dry_run", "explain", "curl")  # these show a request and send nothing
_ANY = frozenset({"execute", "tz", "raw", *SHOWING})
_READ = _ANY | {"decimals", "out", "table", "wide"}
_TRADE = _ANY | {"again", "override", "tick"}
# A flag beside one that leaves it nothing to do.
_CLASHES = (
    *((shown, other) for shown in SHOWING for other in ("execute", "again", "all", "raw", "decimals", "out")),
    *((shown, other) for shown in SHOWING for other in ("table", "wide", "pivot")),
    ("dry_run", "explain"),
    ("dry_run", "curl"),
    ("explain", "curl"),
    ("raw", "out"),
    ("raw", "decimals"),
    ("raw", "table"),
    ("raw", "wide"),
    ("raw", "pivot"),
    ("table", "pivot"),
    ("all", "param"),
)


def applicable(operation: Operation | None, effect: Effect) -> frozenset[str]:
    """Return the keys of the flags that mean something to an operation, or to an unknown path (None)."""
    if effect is Effect.READ and operation is not None:
        pivot = {"pivot"} if operation.name == "candlesticks" else set()
        return _READ | {"param"} | pivot | ({"all"} if operation.pages is not None else set())
    if effect is Effect.READ:
        return _READ
    return _TRADE if effect is Effect.TRADE else _ANY


def refuse_flags(
    flags: Mapping[str, FlagValue], operation: Operation | None, effect: Effect, name: str
) -> None:
    """Refuse the first flag that means nothing to an operation, or clashes with another.

    Raises
    ------
    RequestRefused
        Naming the flag and what it is for.
    """
    allowed = applicable(operation, effect)
    for key in flags:
        if key not in allowed and _flag(key) in FLAGS:
            raise RequestRefused(
                _("--{flag} {why}; leave it out of {name}.").format(
                    flag=_flag(key), why=_(_WHY.get(key) or N_("does not apply")), name=name
                )
            )
    for first, second in _CLASHES:
        if first in flags and second in flags:
            template = _("--{flag} and --{other} do not go together: --{flag} {reason}; keep one of them.")
            reason = _(_LEAVES_NOTHING.get(first) or N_("sends nothing"))
            raise RequestRefused(template.format(flag=_flag(first), other=_flag(second), reason=reason))


def refuse_flags_of_command(flags: Mapping[str, FlagValue], spec: FlagOwner) -> None:
    """Refuse a general flag that means nothing to a command.

    Raises
    ------
    RequestRefused
        Naming the flag, and the line without it.
    """
    for key in flags:
        name = _flag(key)
        if name in FLAGS and name not in spec.accepts:
            raise RequestRefused(
                _("--{flag} does nothing for {command}; type %openapi {command} without it.").format(
                    flag=name, command=spec.name
                )
            )


_LEAVES_NOTHING = {
    "raw": N_("gives the data as it came"),
    "all": N_("asks for one window after another, by what is described"),
}
_WHY = {
    "all": N_("fetches a long history piece by piece, and this comes in one piece"),
    "again": N_("lets an order be sent again, and this is not an order"),
    "override": N_("skips a check of an order, and this is not an order"),
    "tick": N_("rounds an order's prices, and this is not an order"),
    "decimals": N_("is for DataFrames, and this gives none"),
    "out": N_("saves a DataFrame, and this gives none"),
    "wide": N_("shows every column of a frame, and this gives none"),
    "pivot": N_("arranges candlesticks, and this gives none"),
    "table": N_("chooses a table of a reply that is read, and this changes something"),
    "param": N_("adds to what is described of a read, and this is not a read"),
}


def _flag(key: str) -> str:
    return key.replace("_", "-")
