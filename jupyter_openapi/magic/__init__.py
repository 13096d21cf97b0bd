"""The ``%openapi`` magic: grammar, arguments, and what each command does."""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from jupyter_openapi.magic.caller import RUNS, NameInBraces
from jupyter_openapi.messages import _, print_legibly, say

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext

MAGIC = "%openapi"


@context_matcher()  # type: ignore[untyped-decorator]
def openapi_matcher(context: CompletionContext) -> dict[str, Any]:
    """Return completions for a ``%openapi`` line or cell; nothing, and at once, anywhere else."""
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
    """Add the matcher to the shell's completer; doing so twice changes nothing."""
    completer = getattr(shell, "Completer", None)
    if completer is not None and openapi_matcher not in completer.custom_matchers:
        completer.custom_matchers.append(openapi_matcher)


def uninstall(shell: Any) -> None:
    """Remove the matcher from the shell's completer."""
    completer = getattr(shell, "Completer", None)
    if completer is not None and openapi_matcher in completer.custom_matchers:
        completer.custom_matchers.remove(openapi_matcher)


class Inspection:
    """A kernel's answer to Shift+Tab: help on a ``%openapi`` line, and the kernel's own anywhere else.

    It stands in the place of the kernel's `do_inspect`, which Jupyter calls with the whole cell and the
    cursor; IPython itself would be asked for the one name under the cursor only.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self._own = vars(kernel).get("do_inspect")  # None: that of its class
        self._before = kernel.do_inspect
        self._on = True

    async def __call__(self, code: str, cursor_pos: int, *more: Any, **named: Any) -> Any:
        """Return the content of the kernel's reply."""
        if self._on and MAGIC in code:
            from jupyter_openapi.magic.inspector import inspected

            text = inspected(code, cursor_pos)
            if text:
                return {"status": "ok", "found": True, "data": {"text/plain": text}, "metadata": {}}
        found = self._before(code, cursor_pos, *more, **named)
        return await found if isawaitable(found) else found

    def end(self) -> None:
        """Give Shift+Tab back to the kernel; where somebody replaced ours since, only pass on to it."""
        self._on = False
        if vars(self._kernel).get("do_inspect") is not self:
            return
        if self._own is None:
            del self._kernel.do_inspect
        else:
            self._kernel.do_inspect = self._own


_INSPECTIONS: list[Inspection] = []


def _answer_inspections(shell: Any) -> None:
    """Take over Shift+Tab in the kernel around a shell, where there is one."""
    kernel = getattr(shell, "kernel", None)
    if kernel is not None and hasattr(kernel, "do_inspect") and not _INSPECTIONS:
        _INSPECTIONS.append(Inspection(kernel))
        kernel.do_inspect = _INSPECTIONS[0]


def load(shell: Any) -> None:
    """Register the magic, its settings and its completion in a shell; loading again changes nothing."""
    from jupyter_openapi.magic.magics import OpenAPIMagics

    print_legibly()
    if not any(isinstance(known, OpenAPIMagics) for known in shell.configurables):
        magics = _made(shell)
        shell.register_magics(magics)
        shell.configurables.append(magics)
    RUNS.listen(shell)
    if not any(isinstance(known, NameInBraces) for known in shell.ast_transformers):
        shell.ast_transformers.append(NameInBraces())
    install(shell)
    _answer_inspections(shell)


def _made(shell: Any) -> Any:
    """Return the magic with the shell's settings; with its defaults where one of those can't be used."""
    from traitlets import TraitError

    from jupyter_openapi.magic.magics import OpenAPIMagics

    try:
        return OpenAPIMagics(shell)
    except TraitError as unusable:
        # IPython keeps a value that was refused, and would then refuse to load every time.
        shell.config.pop("OpenAPIMagics", None)
        advice = _("A setting of OpenAPIMagics can't be used ({unusable}); all have their defaults.")
        say(advice.format(unusable=unusable))
        return OpenAPIMagics(shell)


def unload(shell: Any) -> None:
    """Remove the magic, and stop the sandbox that this kernel started."""
    import sys

    from jupyter_openapi.magic.magics import OpenAPIMagics

    uninstall(shell)
    while _INSPECTIONS:
        _INSPECTIONS.pop().end()
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
