"""Which flags mean something to which line; the others are refused in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.flags import FLAGS
from jupyter_openapi.spec.model import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openapi.magic.command import CommandSpec
    from jupyter_openapi.magic.flags import FlagValue
    from jupyter_openapi.spec.model import Operation

SHOWING = ("dry_run", "explain", "curl")  # these show a request and send nothing
_ANY = frozenset({"execute", "tz", "raw", *SHOWING})
_READ = _ANY | {"decimals", "out"}
_TRADE = _ANY | {"again", "override"}
# A flag beside one that leaves it nothing to do.
_CLASHES = (
    *((shown, other) for shown in SHOWING for other in ("execute", "again", "all", "raw", "decimals", "out")),
    ("dry_run", "explain"),
    ("dry_run", "curl"),
    ("explain", "curl"),
    ("raw", "out"),
    ("raw", "decimals"),
)


def applicable(operation: Operation | None, effect: Effect) -> frozenset[str]:
    """Return the keys of the flags that mean something to an operation, or to an unknown path (None)."""
    if effect is Effect.READ:
        return _READ | {"all"} if operation is not None and operation.pages is not None else _READ
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
            raise RequestRefused(f"--{_flag(key)} {_WHY.get(key, 'does not apply')}; leave it out of {name}.")
    for first, second in _CLASHES:
        if first in flags and second in flags:
            raise RequestRefused(
                f"--{_flag(first)} and --{_flag(second)} do not go together: --{_flag(first)} "
                f"{'sends nothing' if first in SHOWING else 'gives the data as it came'}; keep one of them."
            )


def refuse_flags_of_command(flags: Mapping[str, FlagValue], spec: CommandSpec) -> None:
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
                f"--{name} does nothing for {spec.name}; type %openapi {spec.name} without it."
            )


_WHY = {
    "all": "fetches a long history piece by piece, and this comes in one piece",
    "again": "lets an order be sent again, and this is none",
    "override": "lets a check of an order pass, and this is none",
    "decimals": "is for DataFrames, and this gives none",
    "out": "saves a DataFrame, and this gives none",
}


def _flag(key: str) -> str:
    return key.replace("_", "-")
