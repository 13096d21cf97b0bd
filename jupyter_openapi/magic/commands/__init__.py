"""The words of ``%openapi`` that are no operation of the broker, each beside what it does.

Every `CommandSpec` of every module in this folder is offered: to add a command, add its module.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pkgutil import iter_modules

from jupyter_openapi.magic.command import CommandSpec

__all__ = ["COMMANDS", "CommandSpec"]


def _found() -> dict[str, CommandSpec]:
    names = sorted(module.name for module in iter_modules(__path__))
    modules = [import_module(f"{__name__}.{name}") for name in names]
    specs = [each for module in modules for each in vars(module).values() if isinstance(each, CommandSpec)]
    return {spec.name: spec for spec in specs}


COMMANDS: Mapping[str, CommandSpec] = _found()
