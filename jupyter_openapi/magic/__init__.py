"""The ``%openapi`` magic: grammar, arguments, and what each command does."""

from __future__ import annotations

from typing import Any


def load(shell: Any) -> None:
    """Register the magic, its settings and its completion in a shell; loading again changes nothing."""
    from jupyter_openapi.magic.magics import OpenAPIMagics
    from jupyter_openapi.magic.matcher import install

    if not any(isinstance(known, OpenAPIMagics) for known in shell.configurables):
        magics = _made(shell)
        shell.register_magics(magics)
        shell.configurables.append(magics)
    install(shell)


def _made(shell: Any) -> Any:
    """Return the magic with the shell's settings; with its own where one of those can't be used."""
    from traitlets import TraitError

    from jupyter_openapi.magic.magics import OpenAPIMagics

    try:
        return OpenAPIMagics(shell)
    except TraitError as unusable:
        # IPython keeps a value that was refused, and would refuse to load for its sake ever after.
        shell.config.pop("OpenAPIMagics", None)
        print(f"A setting of OpenAPIMagics can't be used ({unusable}); all are as they come.")  # noqa: T201
        return OpenAPIMagics(shell)


def unload(shell: Any) -> None:
    """Remove the magic, and stop the sandbox that this kernel started."""
    import sys

    from jupyter_openapi.magic.magics import OpenAPIMagics
    from jupyter_openapi.magic.matcher import uninstall

    uninstall(shell)
    for known in [known for known in shell.configurables if isinstance(known, OpenAPIMagics)]:
        shell.configurables.remove(known)
        for table in shell.magics_manager.magics.values():
            table.pop("openapi", None)
    if "jupyter_openapi.session" in sys.modules:
        sys.modules["jupyter_openapi.session"].SESSION.close()
