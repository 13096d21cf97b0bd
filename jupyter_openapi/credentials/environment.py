"""Credentials in environment variables and in a ``.env`` file of the working folder, as plain values."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jupyter_openapi.credentials.tokens import KeyValues
from jupyter_openapi.errors import RequestRefused, guarded, sentence
from jupyter_openapi.messages import _

if TYPE_CHECKING:
    from dotenv.parser import Binding

PREFIXES = ("LONGBRIDGE_", "LONGPORT_")
NAMES = ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN")
KEY_VARIABLES = frozenset(prefix + name for prefix in PREFIXES for name in NAMES)
HOST_NAMES = ("HTTP_URL", "QUOTE_WS_URL", "TRADE_WS_URL", "REGION")
DOTENV = ".env"
DOTENV_LARGEST = 1_000_000  # bytes
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@guarded
def from_environment(environ: Mapping[str, str] | None = None) -> KeyValues:
    """Return the environment's first whole set (``LONGBRIDGE_``, then ``LONGPORT_``).

    Raises
    ------
    RequestRefused
        Neither set is whole.
    """
    values = os.environ if environ is None else environ
    for _prefix, found in whole_sets(values):
        return found
    missing = sentence(*half_sets(values)) or _("The environment holds no credentials.")
    raise RequestRefused(
        _(
            "{missing} Set LONGBRIDGE_APP_KEY, LONGBRIDGE_APP_SECRET and LONGBRIDGE_ACCESS_TOKEN before you "
            "start Jupyter."
        ).format(missing=missing)
    )


def whole_sets(values: Mapping[str, str]) -> Iterator[tuple[str, KeyValues]]:
    """Yield each prefix whose three variables have values, with these values, unchecked."""
    for prefix in PREFIXES:
        names = [prefix + name for name in NAMES]
        if all(values.get(name, "").strip() for name in names):
            yield prefix, KeyValues(*(values[name] for name in names))


def half_sets(values: Mapping[str, str], path: Path | None = None) -> Iterator[str]:
    """Yield a sentence for each prefix of which only some variables have values."""
    for prefix in PREFIXES:
        names = [prefix + name for name in NAMES]
        missing = [name for name in names if not values.get(name, "").strip()]
        if 0 < len(missing) < len(names):
            held = _(" and ").join(name for name in names if name not in missing)
            absent = _(" and no ").join(missing)
            if path is None:
                yield _("The environment holds {held} but no {missing}.").format(held=held, missing=absent)
            else:
                yield _("{path} holds {held} but no {missing}.").format(path=path, held=held, missing=absent)


def hosts_named(values: Mapping[str, str]) -> list[str]:
    """Return the names of variables that would choose a host."""
    return [name for prefix in PREFIXES for end in HOST_NAMES if values.get(name := prefix + end)]


class Dotenv(NamedTuple):
    """What a ``.env`` file says: its variables, and a sentence for each line that says nothing."""

    values: dict[str, str]
    notes: list[str]


def read_dotenv(path: Path) -> Dotenv:
    """Read a ``.env`` file; it says nothing if there is none.

    Raises
    ------
    RequestRefused
        The file can't be read, is too large for a ``.env`` file, or a key's value goes on in the next line.
    """
    if not path.is_file():
        return Dotenv({}, [])
    # Not interpolated: a secret with a dollar sign stays as it is.
    lines = list(_bindings(path))
    for before, line in pairwise(lines):
        if before.key in KEY_VARIABLES and line.key and line.value is None and line.key not in KEY_VARIABLES:
            raise RequestRefused(
                _(
                    "{path}, line {number}: the value of {name} seems to go on here. Write it on one line, "
                    "without a break."
                ).format(path=path, number=line.original.line, name=before.key)
            )
    notes = [
        _("{path}, line {number} is not read: it is not NAME=value.").format(
            path=path, number=line.original.line
        )
        for line in lines
        if line.error
    ]
    return Dotenv({line.key: line.value or "" for line in lines if line.key}, notes)


def _bindings(path: Path) -> Iterator[Binding]:
    from dotenv.parser import parse_stream

    try:
        if path.stat().st_size > DOTENV_LARGEST:
            raise RequestRefused(
                _("{path} is over {megabytes} MB, too large for a .env file.").format(
                    path=path, megabytes=DOTENV_LARGEST // 1_000_000
                )
            )
        text = path.read_text(encoding="utf-8-sig")  # a byte order mark is Notepad's
    except (OSError, UnicodeDecodeError) as failure:
        raise RequestRefused(
            _("{path} can't be read ({reason}): correct it, or move it away.").format(
                path=path, reason=why_unreadable(failure)
            )
        ) from None
    return parse_stream(StringIO(text))


def open_to_others(path: Path) -> bool:
    """Tell whether other users of this machine may read a file; False where that can't be told."""
    try:
        return os.name == "posix" and bool(path.stat().st_mode & 0o044)
    except OSError:
        return False


def write_dotenv(path: Path, name: str, value: str) -> None:
    """Set one variable in a ``.env`` file, leaving the others as they are.

    Raises
    ------
    RequestRefused
        The file is a link, or did not take the value.
    OSError, UnicodeDecodeError
        It can't be read or written.
    """
    from dotenv import dotenv_values, set_key

    if path.is_symlink():
        raise RequestRefused(
            _("{path} is a link to another file; write it there yourself.").format(path=path)
        )
    marked = path.read_bytes()[:3] == BYTE_ORDER_MARK
    mode = stat.S_IMODE(path.stat().st_mode)
    set_key(path, name, value, encoding="utf-8-sig" if marked else "utf-8")
    path.chmod(mode)  # the library replaces the file by a new one
    if dotenv_values(path, interpolate=False, encoding="utf-8-sig").get(name) != value:
        raise RequestRefused(_("{path} did not take the new value of {name}.").format(path=path, name=name))


def why_unreadable(failure: OSError | UnicodeDecodeError) -> str:
    """Return why a text file can't be read, for a sentence."""
    return str(failure.strerror) if isinstance(failure, OSError) else _("it is not UTF-8 text")
