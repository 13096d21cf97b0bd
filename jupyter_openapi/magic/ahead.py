"""Start a kernel's sandbox before the line that connects to it is read, and import meanwhile what it needs.

The first line imports most of this package, and the sandbox does the same in a process of its own: begun
first, it goes on beside the kernel, which would only wait for it otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

CONNECTS = ["connect", "sandbox"]


@contextmanager
def sandbox_ahead(line: str) -> Iterator[None]:
    """Start the sandbox now if `line`, a kernel's first, connects to it; else do nothing.

    If the line does not take it after all, it is stopped.
    """
    if line.split()[:2] != CONNECTS:
        yield
        return
    from jupyter_openapi.sandbox.launcher import drop_ahead, start_ahead

    start_ahead()
    try:
        _import_frames()
        yield
    finally:
        drop_ahead()


FEW = 1_000  # Python 3.12 itself puts some 400 objects aside


def _import_frames() -> None:
    """Import what the first frame needs."""
    import gc

    # An import makes many objects and no garbage: looking for some would take a sixth of its time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        import pandas  # noqa: F401, ICN001

        import jupyter_openapi.magic.actions
        import jupyter_openapi.magic.display
        import jupyter_openapi.magic.present  # noqa: F401
        from jupyter_openapi.spec import catalog

        catalog()
    except ImportError:
        pass  # the line that needs it says so
    finally:
        if collecting:
            if gc.get_freeze_count() < FEW:  # nobody else keeps objects aside
                # Counts all this as old, which otherwise is looked through as if it were new: 40 ms.
                gc.freeze()
                gc.unfreeze()
            gc.enable()
