"""The ``%openapi`` magic: grammar, arguments, and what each command does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from jupyter_openapi.magic.caller import RUNS
from jupyter_openapi.magic.closures import NameInBraces
from jupyter_openapi.messages import _

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext

MAGIC = "%openapi"


@context_matcher()  # type: ignore[untyped-decorator]
def openapi_matcher(context: CompletionContext) -> dict[str, Any]:
    """Offer what may follow in a ``%openapi`` line or cell; nothing, and at once, anywhere else."""
    if MAGIC not in context.full_text:
        return {"completions": [], "suppress": False}
    from jupyter_openapi.magic.completer import complete

    found = complete(context.full_text, context.cursor_line, context.cursor_position)
    return {
        "completions": [SimpleCompletion(text, type=kind) for text, kind in found.offers],
        "matched_fragment": found.fragment,
        "suppress": bool(found.offers),
        "ordered": True,
    }


def install(shell: Any) -> None:
    """Let the shell's completer ask the matcher; doing so twice changes nothing."""
    completer = getattr(shell, "Completer", None)
    if completer is not None and openapi_matcher not in completer.custom_matchers:
        completer.custom_matchers.append(openapi_matcher)


def uninstall(shell: Any) -> None:
    """Let it ask no more."""
    completer = getattr(shell, "Completer", None)
    if completer is not None and openapi_matcher in completer.custom_matchers:
        completer.custom_matchers.remove(openapi_matcher)


def load(shell: Any) -> None:
    """Register the magic, its settings and its completion in a shell; loading again changes nothing."""
    from jupyter_openapi.magic.magics import OpenAPIMagics

    if not any(isinstance(known, OpenAPIMagics) for known in shell.configurables):
        magics = _made(shell)
        shell.register_magics(magics)
        shell.configurables.append(magics)
    RUNS.listen(shell)
    if not any(isinstance(known, NameInBraces) for known in shell.ast_transformers):
        shell.ast_transformers.append(NameInBraces())
    install(shell)


def _made(shell: Any) -> Any:
    """Return the magic with the shell's settings; with its own where one of those can't be used."""
    from traitlets import TraitError

    from jupyter_openapi.magic.magics import OpenAPIMagics

    try:
        return OpenAPIMagics(shell)
    except TraitError as unusable:
        # IPython keeps a value that was refused, and would then refuse to load every time.
        shell.config.pop("OpenAPIMagics", None)
        advice = _("A setting of OpenAPIMagics can't be used ({unusable}); all have their defaults.")
        print(advice.format(unusable=unusable))  # noqa: T201
        return OpenAPIMagics(shell)


def unload(shell: Any) -> None:
    """Remove the magic, and stop the sandbox that this kernel started."""
    import sys

    from jupyter_openapi.magic.magics import OpenAPIMagics

    uninstall(shell)
    RUNS.ignore(shell)
    shell.ast_transformers[:] = [
        known for known in shell.ast_transformers if not isinstance(known, NameInBraces)
    ]
    for known in [known for known in shell.configurables if isinstance(known, OpenAPIMagics)]:
        known.unload()
        shell.configurables.remove(known)
        for table in shell.magics_manager.magics.values():
            table.pop("openapi", None)
    if "jupyter_openapi.session" in sys.modules:
        sys.modules["jupyter_openapi.session"].SESSION.close()
