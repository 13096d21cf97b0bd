"""Objects that outlive a reload of their module (`%autoreload`, `importlib.reload`): connections and keys."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import TypeVar

T = TypeVar("T")

# IPython before 9 empties a module before it loads it again; this one has no file, so nothing loads it again.
_HOME = "_jupyter_openapi_lasting"


def lasting(name: str, make: Callable[[], T]) -> T:
    """Return the object of this process that is called `name`; the first call makes it."""
    home = vars(sys.modules.setdefault(_HOME, ModuleType(_HOME)))
    if name not in home:
        home[name] = make()
    kept: T = home[name]
    return kept
