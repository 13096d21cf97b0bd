"""What a command of ``%openapi`` is: a word of the magic's own, described as an operation is, and its action.

Completion, help and checks treat commands and operations alike, since both are described by an `Operation`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_openapi.magic.flags import Flag
from jupyter_openapi.spec.model import Effect, Kind, Operation, Parameter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openapi.magic.context import Context
    from jupyter_openapi.magic.grammar import Command


@dataclass(frozen=True, slots=True)
class Ask:
    """A line that names a command, read and checked.

    Attributes
    ----------
    command
        The line.
    given
        Its arguments by name, in their wire form.
    context
        Where it was typed.
    """

    command: Command
    given: Mapping[str, Any]
    context: Context


Action = Callable[[Ask], Any]


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """A command: its parameters, its flags, an example of each use, and what it does.

    `flags` are its own, which may stand after its name; `accepts` names those of the general ones that mean
    something to it.
    """

    operation: Operation
    action: Action
    flags: tuple[Flag, ...] = ()
    accepts: frozenset[str] = frozenset()
    examples: tuple[str, ...] = ()

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
        return CommandSpec(operation, action, flags, frozenset(accepts), examples or (name,))

    return make


def takes(
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
