"""Python expressions in braces: which text is one, what it sees, and what its value may be.

``{bid}`` in a line or body is evaluated with the caller's local names first and the notebook's after them.
Both are read through one merged copy, because a comprehension or lambda inside an expression looks its names
up as globals only, and a local name must win there too.
"""

from __future__ import annotations

import io
import keyword
import tokenize
import warnings
from collections.abc import Mapping
from functools import lru_cache
from types import CodeType
from typing import Any

from jupyter_openapi.errors import RequestRefused

_NO_NAMES: dict[str, Any] = {}


class Scope:
    """The names an expression sees.

    Parameters
    ----------
    local
        The caller's local names (IPython's ``local_ns``); these win.
    notebook
        The notebook's names (``shell.user_ns``).

    Neither mapping is ever written to, not even by ``:=`` in an expression.
    """

    __slots__ = ("_local", "_merged", "_notebook")

    def __init__(
        self, local: Mapping[str, Any] | None = None, notebook: Mapping[str, Any] | None = None
    ) -> None:
        self._local = _NO_NAMES if local is None else local
        self._notebook = _NO_NAMES if notebook is None else notebook
        self._merged: dict[str, Any] | None = None

    def evaluate(self, source: str) -> Any:
        """Return the value of a Python expression.

        Raises
        ------
        RequestRefused
            If `source` is no expression, or raises; the sentence names the expression and its error.
            Ctrl-C passes through.
        """
        source = source.strip()
        if source.isidentifier() and not keyword.iskeyword(source):
            if source in self._local:
                return self._local[source]
            if source in self._notebook:
                return self._notebook[source]
        code = compiled(source)
        if isinstance(code, str):
            raise RequestRefused(f"{{{short(source)}}} is not a Python expression ({code}).")
        try:
            return eval(code, self._names())  # noqa: S307 - the user's own expression, as in any cell
        except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever it raises is the user's to read
            problem = _described(error)
        # Raised out here so that it carries no context: the frames below may hold the user's secrets.
        raise RequestRefused(f"{{{short(source)}}} raised {problem}.")

    def _names(self) -> dict[str, Any]:
        if self._merged is None:
            self._merged = {**self._notebook, **self._local}
        return self._merged


@lru_cache(maxsize=256)
def compiled(source: str) -> CodeType | str:
    """Return the code of a Python expression, or the reason why `source` is none.

    A comment is no part of an expression: ``a  # note`` is refused, as a brace after it would be ambiguous.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # trial compilations would warn of the same thing several times
            code = compile(source, "<expression>", "eval", dont_inherit=True)
    except SyntaxError as error:
        return error.msg
    except (ValueError, OverflowError):
        return "it holds characters that Python does not read"
    except (MemoryError, RecursionError):
        return "it is nested too deeply"
    return "it holds a comment" if "#" in source and _has_comment(source) else code


def is_expression(source: str) -> bool:
    """Tell whether `source` is a whole Python expression."""
    return not isinstance(compiled(source.strip()), str)


def _has_comment(source: str) -> bool:
    try:
        return any(
            token.type == tokenize.COMMENT for token in tokenize.generate_tokens(io.StringIO(source).readline)
        )
    except (tokenize.TokenError, SyntaxError):
        return True


def _described(error: BaseException) -> str:
    try:
        text = short(str(error), 160).rstrip(".")
    except Exception:  # noqa: BLE001 - an exception whose own text raises
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def short(text: str, limit: int = 80) -> str:
    """Return `text` on one line, cut to `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
