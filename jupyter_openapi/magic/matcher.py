"""The matcher that IPython's completer asks; light, because it is registered when the extension is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

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
