"""Where a line was typed: the magic's settings, and the names an ``{expression}`` sees."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.expressions import Scope
from jupyter_openapi.spec.moments import zone

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openapi.magic.grammar import Command
    from jupyter_openapi.magic.magics import OpenAPIMagics


@dataclass(frozen=True)
class Context:
    """The magic a line was given to, and the caller's local names."""

    magics: OpenAPIMagics
    local: Mapping[str, Any]

    @property
    def scope(self) -> Scope:
        """The caller's names, then the notebook's."""
        return Scope(self.local, self.magics.names)

    def tz(self, command: Command) -> str:
        """Return the zone that rules a line's dates and its frame: its flag's, else the setting's.

        Raises
        ------
        RequestRefused
            There is no such zone.
        """
        name = str(command.flags.get("tz") or self.magics.tz)
        try:
            zone(name)
        except ValueError as unknown:
            problem = str(unknown)
        else:
            return name
        raise RequestRefused(f"--tz {name}: {problem}.")

    def decimals(self, command: Command) -> str:
        """Return how a line's decimal columns come: its flag's choice, else the setting's."""
        return str(command.flags.get("decimals") or self.magics.decimals)


def say(command: Command, text: str) -> None:
    """Print a remark beside a line's result, unless the line is muted by a ``;``."""
    if text and not command.muted:
        print(text)  # noqa: T201 (what a person should read now)


def tell_panels(event: Literal["account", "orders"]) -> None:
    """Tell the panels of this kernel, if any was ever opened, that a line changed something they show."""
    events = sys.modules.get("jupyter_openapi.widgets.events")
    session = sys.modules.get("jupyter_openapi.session")
    if events is not None and session is not None:
        events.tell(session.SESSION, event)
