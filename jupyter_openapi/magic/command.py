"""Commands of ``%openapi``: words of the magic's own, described as operations are, with an action.

Completion, help and checks treat commands and operations alike, since both are described by an `Operation`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.caller import Scope
from jupyter_openapi.magic.flags import Flag, Words
from jupyter_openapi.magic.grammar import Command
from jupyter_openapi.messages import _, say
from jupyter_openapi.spec.dates import zone
from jupyter_openapi.spec.model import Effect, Kind, Operation, Parameter

if TYPE_CHECKING:
    import pandas as pd


class Settings(Protocol):
    """The settings of the magic, and the names of the notebook it runs in."""

    @property
    def tz(self) -> str:
        """The zone of dates typed and shown."""

    @property
    def decimals(self) -> str:
        """How decimal columns come."""

    @property
    def tick(self) -> str:
        """How prices of orders are rounded; off for not at all."""

    @property
    def names(self) -> dict[str, Any]:
        """The notebook's names."""


@dataclass(frozen=True)
class Context:
    """Where a line was typed: the magic's settings, and the names that are seen there."""

    settings: Settings
    scope: Scope

    def tz(self, command: Command) -> str:
        """Return the zone that rules a line's dates and its frame: its flag's, else the setting's.

        Raises
        ------
        RequestRefused
            There is no such zone.
        """
        if not command.flags.get("tz"):
            return self.settings.tz  # checked when it was set
        name = str(command.flags["tz"])
        try:
            zone(name)
        except ValueError as unknown:
            raise RequestRefused(_("--tz {name}: {reason}.").format(name=name, reason=unknown)) from None
        return name

    def tick(self, command: Command) -> str:
        """Return how a line's prices are rounded: its flag's choice, else the setting's."""
        return str(command.flags.get("tick") or self.settings.tick)

    def decimals(self, command: Command) -> str:
        """Return how a line's decimal columns come: its flag's choice, else the setting's."""
        return str(command.flags.get("decimals") or self.settings.decimals)


def notify(command: Command, text: str) -> None:
    """Print a remark in addition to a line's result, unless the line is muted by a ``;``."""
    if text and not command.muted:
        say(text)


def listed(frame: pd.DataFrame, command: Command, **facts: Any) -> pd.DataFrame:
    """Mark a frame to be shown by its command's view, or in full where the line has ``--wide``."""
    from jupyter_openapi.frames import describe, seal

    full = "full" if command.flags.get("wide") else None
    return seal(describe(frame, operation=command.word, view=full, **facts))


def notify_panels(event: Literal["account", "orders"]) -> None:
    """Tell the panels of this kernel, if any was ever opened, that a line changed something they show."""
    events = sys.modules.get("jupyter_openapi.widgets.polling")
    session = sys.modules.get("jupyter_openapi.session")
    if events is not None and events.LISTENERS and session is not None:
        events.publish(session.SESSION.holder, event)


class Report(str):
    """Text that is shown without quotes and with its line breaks; never HTML, whatever it holds."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class Invocation:
    """A line that names a command, read and checked.

    Attributes
    ----------
    command
        The line.
    given
        Its arguments by name, in their wire form.
    context
        Where it was typed.
    commands
        All commands by name, in the order a user should see.
    """

    command: Command
    given: Mapping[str, Any]
    context: Context
    commands: Mapping[str, CommandSpec]


Action = Callable[[Invocation], Any]


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command: its parameters, its flags, an example of each use, and what it does.

    `flags` are its own, which may stand after its name; `accepts` names those of the general ones that mean
    something to it. `definitions` gives the lines that its help ends with, read only when it is asked for.
    `words` puts its bare words under the names they stand for, where they are of several kinds.
    """

    operation: Operation
    action: Action
    flags: tuple[Flag, ...] = ()
    accepts: frozenset[str] = frozenset()
    examples: tuple[str, ...] = ()
    definitions: Callable[[], Sequence[str]] = tuple
    words: Callable[[Sequence[Words]], Sequence[Words]] | None = None

    @property
    def name(self) -> str:
        """The word that is typed."""
        return self.operation.name

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return self.operation.summary


def command(
    name: str,
    summary: str,
    *parameters: Parameter,
    effect: Effect = Effect.READ,
    flags: tuple[Flag, ...] = (),
    accepts: tuple[str, ...] = (),
    examples: tuple[str, ...] = (),
    definitions: Callable[[], Sequence[str]] = tuple,
    words: Callable[[Sequence[Words]], Sequence[Words]] | None = None,
) -> Callable[[Action], CommandSpec]:
    """Make a command of the function that carries it out; any module of `magic.commands` may have some.

    The first parameter is the one that bare words fill. `examples` are lines without ``%openapi``.
    """
    operation = Operation(
        name=name,
        method="",
        path="",
        effect=effect,
        group="command",
        limit="none",
        summary=summary,
        main=parameters[0].name if parameters else None,
        parameters=parameters,
    )

    def make(action: Action) -> CommandSpec:
        return CommandSpec(
            operation, action, flags, frozenset(accepts), examples or (name,), definitions, words
        )

    return make


def parameter(
    name: str,
    kind: Kind,
    description: str,
    *,
    choices: tuple[str, ...] = (),
    required: bool = False,
    array: bool = False,
    free_text: bool = False,
    above: float | None = None,
) -> Parameter:
    """Return a parameter of a command."""
    return Parameter(
        name=name,
        where="query",
        kind=kind,
        description=description,
        values={choice: choice for choice in choices},
        required=required,
        array=array,
        free_text=free_text,
        above=above,
    )
