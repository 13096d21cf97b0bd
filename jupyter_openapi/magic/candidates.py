"""Candidates for completion: names, flags and values, as a person would type them."""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.flags import FLAGS, Flag
from jupyter_openapi.magic.present import SEEN
from jupyter_openapi.magic.vocabulary import MEANT
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Kind, Operation, Parameter, table_names
from jupyter_openapi.spec.request import METHODS
from jupyter_openapi.spec.values import choices

DAYS = ("today", "yesterday", "-7d", "-30d", "-6m", "-1y")


class Completion(NamedTuple):
    """A text to insert, and what it is, for the front end's list."""

    text: str
    kind: str


class Completions(NamedTuple):
    """What may follow, best first, and the end of the line that it replaces."""

    offers: list[Completion]
    fragment: str


NOTHING = Completions([], "")


class Named(Completion):
    """A symbol that is offered for its name, which is what was typed."""

    __slots__ = ()


def securities_named(typed: str) -> Iterator[Completion]:
    """Yield the symbols of the securities that are called so: ``tenc``, ``腾讯``."""
    from jupyter_openapi.market.names import NAMES

    if NAMES.named(typed):
        yield from (Named(match.symbol, "symbol") for match in NAMES.find(typed, most=10))


def matching(offers: Iterable[Completion], fragment: str) -> Completions:
    """Return the offers that begin with what was typed, whatever its case, each text once."""
    start = fragment.lower()
    found: dict[str, Completion] = {}
    for offer in offers:
        if isinstance(offer, Named) or offer.text.lower().startswith(start):
            found.setdefault(offer.text, offer)
    return Completions(list(found.values()), fragment)


def words() -> Iterator[Completion]:
    """Yield what a line may begin with, flags apart: commands, aliases, operations, methods."""
    yield from (Completion(name, "command") for name in COMMANDS)
    yield from (Completion(name, "operation") for name in [*catalog().aliases, *catalog().operations])
    yield from (Completion(name, "method") for name in sorted(METHODS))


def traders_words(offered: Collection[str]) -> Iterator[Completion]:
    """Yield traders' own words (holdings, kline, price) for operations that are not among `offered`."""
    yield from (Completion(word, "operation") for word, name in MEANT.items() if name not in offered)


def connections() -> Iterator[Completion]:
    """Yield ``@NAME`` of every connection that has a name."""
    session = sys.modules.get("jupyter_openapi.session")
    for each in session.SESSION.connections if session is not None else ():
        if each.name:
            yield Completion(f"@{each.name}", "connection")


def flags(known: Iterable[Flag], given: Collection[str]) -> Iterator[Completion]:
    """Yield the flags that are not given yet, or may be repeated."""
    for flag in known:
        if flag.name not in given or flag.repeatable:
            yield Completion(f"--{flag.name}", "flag")


def general_flags() -> list[Flag]:
    """Return the flags that may begin a line: the general ones, then those of single commands."""
    return [*FLAGS.values(), *(flag for spec in COMMANDS.values() for flag in spec.flags)]


def flag_values(flag: Flag) -> Iterator[Completion]:
    """Yield the values a flag may have, where they are known."""
    names: Iterable[str] = flag.choices
    if flag.name == "tz":
        names = _zones()
    elif flag.name == "profile":
        from jupyter_openapi.credentials.keyrings import profiles

        names = profiles()
    elif flag.name == "override":
        from jupyter_openapi.trading.limits import OVERRIDES

        names = OVERRIDES
    elif flag.name == "table":
        names = _tables()
    yield from (Completion(name, "value") for name in names)


@cache
def _tables() -> tuple[str, ...]:
    found = (name for each in catalog().operations.values() for name in table_names(each.tables))
    return tuple(sorted(set(found)))


@cache
def _zones() -> tuple[str, ...]:
    from zoneinfo import available_timezones

    usual = ("UTC", "Asia/Hong_Kong", "America/New_York", "Asia/Shanghai", "Asia/Singapore")
    return (*usual, *sorted(available_timezones() - set(usual)))


def paths(method: str) -> Iterator[Completion]:
    """Yield the known paths of a method, up to their first template."""
    for operation in catalog().operations.values():
        if operation.method == method:
            yield Completion(operation.path.partition("{")[0], "path")


def names(operation: Operation, given: Collection[str], *, wire: bool = False) -> Iterator[Completion]:
    """Yield the names of parameters that are not given yet: short ones first, and first what is required.

    Parameters
    ----------
    operation
        Whose.
    given
        Names that are given, as typed.
    wire
        Also offer the wire's own name where there is a short one.
    """
    taken = {operation.short.get(name, name) for name in given}
    short: dict[str, str] = {}
    for name, full in operation.short.items():
        short.setdefault(full, name)
    leaves = [name for name in _leaves(operation.parameters) if name not in taken]
    needed = {
        each.name for each in operation.parameters if each.required and each.name not in operation.defaults
    }
    leaves.sort(key=lambda name: name not in needed)
    yield from (Completion(short[name], "param") for name in leaves if name in short)
    yield from (Completion(name, "param") for name in leaves if wire or name not in short)


def _leaves(parameters: Sequence[Parameter], prefix: str = "") -> Iterator[str]:
    for each in parameters:
        if each.fields and not each.array:
            yield from _leaves(each.fields, f"{prefix}{each.name}.")
        else:
            yield f"{prefix}{each.name}"


def values(operation: Operation, parameter: Parameter, typed: str) -> Iterator[Completion]:
    """Yield values of a parameter: an enum's, days, what was seen, securities once something is typed."""
    match parameter.kind:
        case Kind.ENUM:
            yield from (Completion(name, "value") for name in choices(parameter).split(", "))
        case Kind.BOOLEAN:
            yield from (Completion(name, "value") for name in ("true", "false"))
        case Kind.DATE | Kind.TIMESTAMP | Kind.MILLIS:
            yield from (Completion(name, "value") for name in (*DAYS, "now"))
        case Kind.SYMBOL:
            yield from (Completion(name, "symbol") for name in SEEN.fitting(operation, parameter))
            if typed:
                from jupyter_openapi.market.symbols import SECURITIES

                yield from (Completion(name, "symbol") for name in SECURITIES)
                yield from securities_named(typed)
        case Kind.ID:
            yield from (Completion(name, "id") for name in SEEN.fitting(operation, parameter))
        case _:
            if operation.group == "command" and operation.name == "help":
                yield from words()
