"""Arguments of the analysis functions: taken for what they mean, or refused in one sentence, before any read.

A sentence names the argument, what it got and what to give. What was given is shown only where it is short
and plain; anything else by its type, for it may be anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence
from jupyter_openapi.market.money import amount
from jupyter_openapi.messages import _, commas
from jupyter_openapi.storage import typed_path

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike

_LONGEST = 40


def told(value: object) -> str:
    """Return a plain value as it is typed, cut where it is long; of anything else its type."""
    if value is None or isinstance(value, (bool, int, float, Decimal)):
        return str(value)[:_LONGEST]
    if isinstance(value, (str, list, tuple, dict)):
        shown = " ".join(repr(value).split())
        if " at 0x" not in shown and (isinstance(value, str) or len(shown) <= _LONGEST):
            return shown if len(shown) <= _LONGEST else f"{shown[: _LONGEST - 1]}…"
    return _("a value of type {kind}").format(kind=type(value).__name__)


def one_client(value: object) -> ClientLike:
    """Return a client.

    Raises
    ------
    RequestRefused
        It is something else, or several, or it is closed.
    """
    if isinstance(value, type) or not all(hasattr(value, name) for name in ("call", "account", "tz")):
        raise RequestRefused(
            _(
                "client takes a connected Client, such as client = jupyter_openapi.connect(...), not {given}."
            ).format(given=told(value))
        )
    if (refuse_closed := getattr(value, "refuse_closed", None)) is not None:
        refuse_closed()  # else each read that fails would be told as something that is not known
    return value  # type: ignore[return-value]


def choice(name: str, value: object, choices: Iterable[str], last: str = "") -> str:
    """Return which of some words was given, in whatever case.

    Raises
    ------
    RequestRefused
        It is none of them.
    """
    words = list(choices)
    known = {word.lower(): word for word in words}
    found = known.get(value.strip().lower()) if isinstance(value, str) else None
    if found is None:
        raise RequestRefused(
            sentence(
                _("{name} is {choices}, not {given}.").format(
                    name=name, choices=commas(words, last), given=told(value)
                ),
                did_you_mean(value, known) if isinstance(value, str) else "",
            )
        )
    return found


def percent(name: str, value: object, example: str, above: int | None = None) -> Decimal:
    """Return percent a year.

    Raises
    ------
    RequestRefused
        It is no number, or not above the least.
    """
    is_number = isinstance(value, (Real, Decimal, str)) and not isinstance(value, bool)
    found = amount(value) if is_number else None
    if found is None or (above is not None and found <= above) or abs(found) > Decimal(10) ** 9:
        raise RequestRefused(
            _("{name} is percent a year, such as {example}; not {value}.").format(
                name=name, example=example, value=told(value)
            )
        )
    return found


def yes_or_no(name: str, value: object, *, or_none: bool = False) -> bool | None:
    """Return True or False; None where that is a third answer.

    Raises
    ------
    RequestRefused
        It is something else.
    """
    if value is None and or_none:
        return None
    if type(value).__name__ in {"bool", "bool_"}:
        return bool(value)
    words = "True, False or None" if or_none else "True or False"
    raise RequestRefused(
        _("{name} takes {words}, not {given}.").format(name=name, words=words, given=told(value))
    )


def mapping(name: str, value: object, example: str) -> Mapping[Any, Any]:
    """Return a mapping; None is an empty one, and a Series one of its index.

    Raises
    ------
    RequestRefused
        It is something else.
    """
    if value is None:
        return {}
    if type(value).__name__ == "Series":
        value = value.to_dict()  # type: ignore[attr-defined]
    if not isinstance(value, Mapping):
        raise RequestRefused(
            _("{name} takes a mapping such as {example}, not {given}.").format(
                name=name, example=example, given=told(value)
            )
        )
    return value


def file_path(name: str, value: object, example: str) -> Path:
    """Return a path, of a text or a path.

    Raises
    ------
    RequestRefused
        It is neither, or empty.
    """
    if not isinstance(value, (str, Path)) or not str(value).strip() or "\0" in str(value):
        raise RequestRefused(
            _("{name} takes a path such as {example}, not {given}.").format(
                name=name, example=example, given=told(value)
            )
        )
    try:
        return typed_path(value)
    except ValueError as problem:  # ~name of nobody, a name no file can have
        raise RequestRefused(
            _("{name} takes a path such as {example}, not {given}: {reason}.").format(
                name=name, example=example, given=told(value), reason=problem
            )
        ) from None


def frame_with(value: object, columns: Iterable[str], said: str, *, attrs: bool = False) -> pd.DataFrame:
    """Return a frame that has some columns.

    Parameters
    ----------
    value
        What was given.
    columns
        Those it needs.
    said
        The sentence that names the argument and the frame it takes.
    attrs
        Whether what the frame says of itself is needed, too.

    Raises
    ------
    RequestRefused
        It is another frame, or none.
    """
    import pandas as pd

    if not isinstance(value, pd.DataFrame):
        raise RequestRefused(sentence(said, _("It is not a frame: {given}.").format(given=told(value))))
    lacks = [name for name in columns if name not in value.columns]
    if lacks:
        raise RequestRefused(sentence(said, _("This one lacks {names}.").format(names=commas(lacks[:4]))))
    if attrs and not isinstance(value.attrs.get("openapi"), Mapping):
        raise RequestRefused(sentence(said, _("This one lacks {names}.").format(names="attrs['openapi']")))
    return value
