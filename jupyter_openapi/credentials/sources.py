"""Where credentials come from, and the order of the places.

A set comes whole from one place, and the first place that has a whole set wins: given in the call (the
values, then a profile by its name), typed in the panel, the keyring's profile ``default``, the environment, a
``.env`` file in the working folder. Other places whose set differs are named, so that nobody trades on an
account by mistake.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from jupyter_openapi.credentials.keyrings import load_profile, profiles, store_profile
from jupyter_openapi.credentials.keys import Credentials
from jupyter_openapi.errors import RequestRefused, guarded, sentence
from jupyter_openapi.messages import _

PREFIXES = ("LONGBRIDGE_", "LONGPORT_")
NAMES = ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN")
HOST_NAMES = ("HTTP_URL", "QUOTE_WS_URL", "TRADE_WS_URL", "REGION")
DOTENV = ".env"
DOTENV_LARGEST = 1_000_000  # bytes
DEFAULT_PROFILE = "default"
SET_THEM = "Set LONGBRIDGE_APP_KEY, LONGBRIDGE_APP_SECRET and LONGBRIDGE_ACCESS_TOKEN"

Kind = Literal["explicit", "panel", "profile", "environment", "dotenv", "oauth"]


@dataclass(frozen=True, slots=True)
class Source:
    """One place that credentials come from.

    Attributes
    ----------
    kind
        What sort of place.
    name
        Which one: the profile's name, the variables' prefix, the OAuth client's id; else empty.
    path
        The ``.env`` file.
    """

    kind: Kind
    name: str = ""
    path: Path | None = None

    def __str__(self) -> str:
        return {
            "explicit": "given in the call",
            "panel": "the credential panel",
            "profile": f"profile '{self.name}'",
            "environment": f"environment ({self.name}*)",
            "dotenv": _(".env file ({path}, {name}*)").format(path=self.path, name=self.name),
            "oauth": _("OAuth client {name}").format(name=self.name),
        }[self.kind]


@dataclass(frozen=True, slots=True)
class Found:
    """Credentials, and where they were found.

    Attributes
    ----------
    differs
        Other places that hold another whole set, in words; ask before trading when there are any.
    notes
        What was seen and not used: half sets, a host in a ``.env`` file.
    """

    credentials: Credentials
    source: Source
    differs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@guarded
def find_credentials(
    profile: str | None = None,
    explicit: Credentials | None = None,
    panel: Credentials | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Found:
    """Return the first whole set of the chain.

    Parameters
    ----------
    profile
        A keyring profile named in the call. Without one, the profile ``default`` has its place after the
        panel, if it was stored.
    explicit, panel
        Credentials given in the call, or typed in the panel.
    environ, folder
        Instead of the process's environment and working folder.

    Raises
    ------
    RequestRefused
        No place has a whole set, or the first that has one holds a value that can't be used; the message says
        what is wrong and where to put it.
    """
    search = _Search()
    if explicit is not None:
        search.take(Source("explicit"), lambda: explicit)
    if profile is not None:
        search.take(Source("profile", profile), lambda: load_profile(profile))
    if panel is not None:
        search.take(Source("panel"), lambda: panel)
    if not search.found and DEFAULT_PROFILE in profiles():
        search.take(Source("profile", DEFAULT_PROFILE), lambda: load_profile(DEFAULT_PROFILE))
    search.variables(os.environ if environ is None else environ)
    search.dotenv((Path.cwd() if folder is None else folder) / DOTENV)
    return search.result()


@guarded
def from_environment(environ: Mapping[str, str] | None = None) -> Credentials:
    """Return the environment's first whole set (``LONGBRIDGE_``, then ``LONGPORT_``).

    Raises
    ------
    RequestRefused
        Neither set is whole.
    """
    search = _Search()
    search.variables(os.environ if environ is None else environ)
    if not search.found:
        missing = sentence(*search.notes) or "The environment holds no credentials."
        raise RequestRefused(
            _("{missing} {set_them} before you start Jupyter.").format(missing=missing, set_them=SET_THEM)
        )
    return search.found[0][1]


class _Search:
    """The places looked at so far: whole sets, first choice first, and notes on what is not used."""

    def __init__(self) -> None:
        self.found: list[tuple[Source, Credentials]] = []
        self.notes: list[str] = []

    def take(self, source: Source, read: Callable[[], Credentials]) -> None:
        """Add what `read` returns. A place that can't be used ends the search, unless one was found before.

        To fall through to the next place would be to trade on another account than the one that was meant.
        """
        try:
            self.found.append((source, read()))
        except RequestRefused as refused:
            if not self.found:
                raise
            self.notes.append(_("{source} is not used: {refused}").format(source=source, refused=refused))

    def variables(self, values: Mapping[str, str], path: Path | None = None) -> None:
        """Add each prefix's whole set, and a note for each half one."""
        for prefix in PREFIXES:
            source = Source("dotenv" if path else "environment", prefix, path)
            names = [prefix + name for name in NAMES]
            missing = [name for name in names if not values.get(name, "").strip()]
            if not missing:
                self.take(source, partial(_from_names, values, names))
            elif len(missing) < len(names):
                held = " and ".join(name for name in names if name not in missing)
                where = path or "The environment"
                self.notes.append(
                    _("{where} holds {held} but no {missing}.").format(
                        where=where, held=held, missing=" and no ".join(missing)
                    )
                )

    def dotenv(self, path: Path) -> None:
        """Add the sets of a ``.env`` file; it never reaches the environment, and chooses no host."""
        try:
            values = _read_dotenv(path)
        except RequestRefused as refused:
            if not self.found:
                raise
            self.notes.append(str(refused))
            return
        self.variables(values, path)
        hosts = [name for prefix in PREFIXES for end in HOST_NAMES if values.get(name := prefix + end)]
        if hosts:
            self.notes.append(
                _("{hosts} in {path} is not used: a .env file may not choose the host.").format(
                    hosts=", ".join(hosts), path=path
                )
            )

    def result(self) -> Found:
        """Return the first choice, or refuse."""
        if not self.found:
            missing = sentence(*self.notes) or "No credentials were found."
            raise RequestRefused(
                _(
                    "{missing} Type `%openapi login`, or s{set_them} in the environment or in a .env "
                    "file in the "
                    "working folder."
                ).format(missing=missing, set_them=SET_THEM[1:])
            )
        (source, credentials), *others = self.found
        differs = [str(other) for other, those in others if not those.same_as(credentials)]
        return Found(credentials, source, differs, self.notes)


def _from_names(values: Mapping[str, str], names: list[str]) -> Credentials:
    return Credentials(*(values[name] for name in names))


def _read_dotenv(path: Path) -> dict[str, str]:
    from dotenv import dotenv_values

    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > DOTENV_LARGEST:
            raise RequestRefused(
                _("{path} is over {dotenv_largest} MB: that is no .env file.").format(
                    path=path, dotenv_largest=DOTENV_LARGEST // 1000000
                )
            )
        # Not interpolated: a secret with a dollar sign stays as it is. A byte order mark is Notepad's.
        values = dotenv_values(path, interpolate=False, encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "it is not UTF-8 text"
        raise RequestRefused(
            _("{path} can't be read ({reason}): mend it, or move it away.").format(path=path, reason=reason)
        ) from None
    return {name: value or "" for name, value in values.items()}


BYTE_ORDER_MARK = b"\xef\xbb\xbf"
STORE = "`from jupyter_openapi.credentials import store_profile; store_profile('main', CREDENTIALS)`"


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of a refreshed token.

    Attributes
    ----------
    credentials
        With the new token; use these from now on.
    stored
        Whether it outlives this kernel.
    message
        One sentence for the user, with no secret in it.
    """

    credentials: Credentials
    stored: bool
    message: str


@guarded
def keep_token(source: Source, new: Credentials) -> Kept:
    """Store refreshed credentials where the old ones came from. A place that can't be written is said.

    Parameters
    ----------
    source
        Where the old credentials came from: `Found.source`.
    new
        ``old.with_token(token)``.
    """
    try:
        if source.kind == "profile":
            store_profile(source.name, new)
            return Kept(
                new,
                stored=True,
                message=_("The new token is stored in profile '{name}'.").format(name=source.name),
            )
        if source.kind == "dotenv" and source.path is not None:
            _write_dotenv(source.path, f"{source.name}ACCESS_TOKEN", new)
            return Kept(
                new, stored=True, message=_("The new token is stored in {path}.").format(path=source.path)
            )
    except RequestRefused as refused:
        problem = _("The new token could not be stored: {refused}").format(refused=refused)
    except (OSError, UnicodeDecodeError) as failure:
        reason = failure.strerror if isinstance(failure, OSError) else "it is not UTF-8 text"
        problem = _("The new token could not be written to {path} ({reason}).").format(
            path=source.path, reason=reason
        )
    else:
        problem = _("The old token came from: {source}.").format(source=source)
    keep = _("The new token lives in this kernel's memory only; to keep it, type {store}").format(store=STORE)
    if source.kind in {"environment", "dotenv"}:
        keep += _(", or put it into {name}ACCESS_TOKEN yourself").format(name=source.name)
    return Kept(new, stored=False, message=f"{problem} {keep}.")


def _write_dotenv(path: Path, name: str, new: Credentials) -> None:
    from dotenv import dotenv_values, set_key

    if path.is_symlink():
        raise RequestRefused(
            _("{path} is a link to another file; write it there yourself.").format(path=path)
        )
    marked = path.read_bytes()[:3] == BYTE_ORDER_MARK
    set_key(path, name, new.access_token, encoding="utf-8-sig" if marked else "utf-8")
    if dotenv_values(path, interpolate=False, encoding="utf-8-sig").get(name) != new.access_token:
        raise RequestRefused(_("{path} did not take the new value of {name}.").format(path=path, name=name))
