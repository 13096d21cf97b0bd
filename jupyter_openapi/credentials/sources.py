"""Find credentials in the places they may come from, in a fixed order.

A set comes whole from one place, and the first place that has a whole set wins: given in the call (the
values, then a profile by its name), typed in the panel, the keyring's profile ``default``, the OAuth login,
the environment, a ``.env`` file in the working folder. Other places whose set differs are named, so that
nobody trades on an account by mistake. A place can be chosen, and then no other is looked at.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from jupyter_openapi.credentials.environment import (
    DOTENV,
    half_sets,
    hosts_named,
    open_to_others,
    read_dotenv,
    whole_sets,
    why_unreadable,
    write_dotenv,
)
from jupyter_openapi.credentials.keyrings import profiles, store_profile
from jupyter_openapi.credentials.keys import Credentials
from jupyter_openapi.credentials.oauth import BROKER, OAuthFile, registration
from jupyter_openapi.errors import RequestRefused, guarded, sentence
from jupyter_openapi.kernel import working_folder
from jupyter_openapi.messages import _, commas

DEFAULT_PROFILE = "default"

Kind = Literal["explicit", "panel", "profile", "environment", "dotenv", "oauth"]
PLACES: Mapping[str, Kind] = {
    "panel": "panel",
    "profile": "profile",
    "oauth": "oauth",
    "env": "environment",
    "dotenv": "dotenv",
}
"""The places that may be chosen, by the words that are typed."""


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
            "explicit": _("given in the call"),
            "panel": _("the credential panel"),
            "profile": _("profile '{name}'").format(name=self.name),
            "environment": _("environment ({name}*)").format(name=self.name),
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
    warnings
        What makes a place unsafe.
    notes
        What was seen and not used: half sets, a host in a ``.env`` file.
    """

    credentials: Credentials
    source: Source
    differs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


@guarded
def find_credentials(
    profile: str | None = None,
    explicit: Credentials | None = None,
    panel: Credentials | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    folder: Path | None = None,
    place: str | None = None,
    server: str = BROKER,
) -> Found:
    """Return the first whole set of the chain, or that of one place.

    Parameters
    ----------
    profile
        A keyring profile named in the call. Without one, the profile ``default`` has its place after the
        panel, if it was stored.
    explicit, panel
        Credentials given in the call, or typed in the panel.
    environ, folder
        Instead of the process's environment and working folder.
    place
        One of `PLACES`: look there only, so that a place that can't be used is no dead end.
    server
        Whose OAuth login counts; see `registration`.

    Raises
    ------
    RequestRefused
        No place has a whole set, or the first that has one holds a value that can't be used; the message says
        what is wrong and where to put it.
    """
    search = _Search()
    if place is not None:
        return _only(search, place, profile, panel, environ=environ, folder=folder, server=server)
    if explicit is not None:
        search.take(Source("explicit"), lambda: explicit)
    if profile is not None:
        search.take(Source("profile", profile), lambda: Credentials.from_profile(profile))
    if panel is not None:
        search.take(Source("panel"), lambda: panel)
    if not search.found and DEFAULT_PROFILE in profiles():
        search.take(Source("profile", DEFAULT_PROFILE), lambda: Credentials.from_profile(DEFAULT_PROFILE))
    search.oauth(server)
    search.variables(os.environ if environ is None else environ)
    search.dotenv(_beside(folder))
    return search.result()


def _beside(folder: Path | None) -> Path:
    """Return where the .env file is, if there is one: in the working folder, which may have been removed."""
    return (Path(working_folder()) if folder is None else folder) / DOTENV


def _only(
    search: _Search,
    place: str,
    profile: str | None,
    panel: Credentials | None,
    *,
    environ: Mapping[str, str] | None,
    folder: Path | None,
    server: str,
) -> Found:
    """Return the set of one place."""
    kind = PLACES.get(place)
    if kind is None:
        raise RequestRefused(
            _("There is no source of keys called '{place}': it is {places}.").format(
                place=place, places=_(" or ").join(PLACES)
            )
        )
    if profile is not None and kind != "profile":
        raise RequestRefused(
            _("A profile and keys from {place} were asked for: name only one.").format(place=place)
        )
    match kind:
        case "panel" if panel is not None:
            search.take(Source("panel"), lambda: panel)
        case "profile":
            name = profile or DEFAULT_PROFILE
            search.take(Source("profile", name), lambda: Credentials.from_profile(name))
        case "oauth":
            search.oauth(server)
        case "environment":
            search.variables(os.environ if environ is None else environ)
        case "dotenv":
            search.dotenv(_beside(folder))
        case _:
            search.notes.append(_("Nothing is typed in the credential panel."))
    return search.result()


class _Search:
    """Places searched so far: whole sets, first choice first, and notes on what is not used."""

    def __init__(self) -> None:
        self.found: list[tuple[Source, Credentials]] = []
        self.notes: list[str] = []
        self.warnings: list[str] = []

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

    def oauth(self, server: str) -> None:
        """Add the login of the OAuth client that is registered with `server`, if its tokens are kept."""
        known = registration(server)
        if known is None:
            return
        file = OAuthFile(known.client_id)
        if file.held():
            self.take(Source("oauth", known.client_id), lambda: Credentials.from_store(file))

    def variables(self, values: Mapping[str, str], path: Path | None = None) -> None:
        """Add each prefix's whole set, and a note for each half one."""
        for prefix, found in whole_sets(values):
            source = Source("dotenv" if path else "environment", prefix, path)
            self.take(source, partial(Credentials, *found))
        self.notes += half_sets(values, path)

    def dotenv(self, path: Path) -> None:
        """Add the sets of a ``.env`` file; it never reaches the environment, and chooses no host."""
        try:
            values, notes = read_dotenv(path)
        except RequestRefused as refused:
            if not self.found:
                raise
            self.notes.append(str(refused))
            return
        self.notes += notes
        self.variables(values, path)
        if values and open_to_others(path):
            self.warnings.append(
                _("{path} can be read by others on this machine: type `!chmod 600 {path}`.").format(path=path)
            )
        if hosts := hosts_named(values):
            self.notes.append(
                _("{hosts} in {path} is not used: a .env file may not choose the host.").format(
                    hosts=commas(hosts), path=path
                )
            )

    def result(self) -> Found:
        """Return the first choice, or refuse."""
        if not self.found:
            missing = sentence(*self.notes) or _("No credentials were found.")
            raise RequestRefused(
                _(
                    "{missing} Type `%openapi login` (or `login --oauth`), or set LONGBRIDGE_APP_KEY, "
                    "LONGBRIDGE_APP_SECRET and LONGBRIDGE_ACCESS_TOKEN in the environment or in a .env file "
                    "in the working folder."
                ).format(missing=missing)
            )
        (source, credentials), *others = self.found
        differs = [str(other) for other, those in others if not those.same_as(credentials)]
        return Found(credentials, source, differs, self.notes, self.warnings)


STORE = "`from jupyter_openapi.credentials import store_profile; store_profile('main', CREDENTIALS)`"


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a refreshed token was stored.

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
            write_dotenv(source.path, f"{source.name}ACCESS_TOKEN", new.access_token)
            return Kept(
                new, stored=True, message=_("The new token is stored in {path}.").format(path=source.path)
            )
    except RequestRefused as refused:
        problem = _("The new token could not be stored: {refused}").format(refused=refused)
    except (OSError, UnicodeDecodeError) as failure:
        problem = _("The new token could not be written to {path} ({reason}).").format(
            path=source.path, reason=why_unreadable(failure)
        )
    else:
        problem = _("The old token came from: {source}.").format(source=source)
    keep = _("The new token lives in this kernel's memory only; to keep it, type {store}").format(store=STORE)
    if source.kind in {"environment", "dotenv"}:
        keep += _(", or put it into {name}ACCESS_TOKEN yourself").format(name=source.name)
    return Kept(new, stored=False, message=sentence(problem, keep + _(".")))
