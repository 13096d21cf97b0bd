"""``endpoints`` and ``help``: what there is, and what each of it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence
from jupyter_openapi.magic.command import Ask, command, takes
from jupyter_openapi.spec.model import Kind

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.magic.report import Report
    from jupyter_openapi.spec.model import Operation

METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH"})


@command(
    "endpoints",
    "List the operations, or those that hold a word.",
    takes("word", Kind.TEXT, "what to look for; several words must all be found", array=True, free_text=True),
    accepts=("out",),
    examples=("endpoints", "endpoints dividend", "endpoints order history"),
)
def endpoints(ask: Ask) -> pd.DataFrame:
    """Return a frame of the operations that hold all the words, in their names, paths, effects or texts."""
    import pandas as pd

    from jupyter_openapi.magic.context import say
    from jupyter_openapi.magic.out import Saving
    from jupyter_openapi.spec import catalog

    saving = Saving(str(ask.command.flags["out"])) if "out" in ask.command.flags else None
    words = [str(word).lower() for word in ask.given.get("word", [])]
    operations = catalog().operations.values()
    found = [each for each in operations if all(word in _searched(each) for word in words)]
    if not found:
        close = did_you_mean(words[0], [*catalog().aliases, *catalog().operations])
        asked = " ".join(words)
        raise RequestRefused(
            sentence(f"No operation holds '{asked}'.", close or "Type %openapi endpoints to list them all.")
        )
    frame = pd.DataFrame(
        [_row(each) for each in found], columns=["name", "aliases", "effect", "method", "path", "summary"]
    )
    if saving is not None:
        say(ask.command, saving.save(frame))
    return frame


def _row(operation: Operation) -> tuple[str, ...]:
    return (
        operation.name,
        ", ".join(operation.aliases),
        str(operation.effect),
        operation.method,
        operation.path,
        operation.summary,
    )


def _searched(operation: Operation) -> str:
    sdk = " ".join(method.name for method in operation.sdk)
    return " ".join([*_row(operation), operation.group, operation.description, sdk]).lower()


@command(
    "help",
    "Explain an operation or a command; alone, what can be typed.",
    takes("name", Kind.TEXT, "an operation, alias or command, or METHOD PATH", array=True),
    accepts=("decimals", "tz"),
    examples=("help submit", "help connect", "help GET /v1/asset/stock"),
)
def explain(ask: Ask) -> Report:
    """Return the help of what is named."""
    from jupyter_openapi.magic.commands import COMMANDS
    from jupyter_openapi.magic.helping import command_help, operation_help
    from jupyter_openapi.magic.overview import overview

    words = [str(word) for word in ask.given.get("name", [])]
    if not words:
        return overview()
    if len(words) == 1 and words[0].lower() in COMMANDS:
        return command_help(COMMANDS[words[0].lower()])
    operation = _named(words, COMMANDS)
    decimals, tz = ask.context.decimals(ask.command), ask.context.tz(ask.command)
    return operation_help(operation, words[0], decimals=decimals, tz=tz)


def _named(words: list[str], commands: Any) -> Operation:
    from jupyter_openapi.magic.grammar import unknown_word
    from jupyter_openapi.paths import normalise
    from jupyter_openapi.spec import catalog

    if words[0].upper() in METHODS and len(words) == 2:
        method, path, _ = normalise(words[0], words[1])
        match = catalog().match(method, path)
        if match is None:
            raise RequestRefused(
                f"{method} {path} is not in the specification; it can be sent all the same, unchecked: "
                f"%openapi {method} {path}."
            )
        return match[0]
    if len(words) > 1:
        raise RequestRefused(
            f"Help is for one name at a time; type %openapi help {words[0]}, or %openapi endpoints "
            f"{' '.join(words)} to search."
        )
    operation = catalog().find(words[0])
    if operation is None:
        raise unknown_word(words[0], [*commands, *catalog().aliases, *catalog().operations])
    return operation
