"""Named sets of credentials in the system's keyring.

That is macOS's Keychain, Windows's Credential Manager or Linux's Secret Service. A keyring can't list what it
holds, so the names alone (no secrets) stand in a small file of settings. The three values are three entries:
together they may pass the 2,560 bytes that Windows allows one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from jupyter_openapi.credentials.tokens import KeyValues
from jupyter_openapi.errors import RequestRefused, did_you_mean, guarded, sentence
from jupyter_openapi.messages import _, commas
from jupyter_openapi.signing import Keys
from jupyter_openapi.storage import config_folder, private_folder, replace_text

SERVICE = "jupyter-openapi"
FIELDS = ("app_key", "app_secret", "access_token")
OAUTH_FIELDS = ("refresh_token", "expires_at")  # what a profile of OAuth holds beside them
EMPTY = "(empty)"  # some keyrings drop an empty value; a parenthesis stands in no app secret
PLAIN_TEXT = frozenset(
    {
        "PlaintextKeyring",
        "keyrings.alt.file.PlaintextKeyring",
        "keyrings.alt.pyfs.PlaintextKeyring",
        "keyrings.alt.pyfs.BasicKeyring",
        "keyrings.alt.Windows.RegistryKeyring",
        "keyring.backends.null.Keyring",
    }
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def profiles() -> list[str]:
    """Return the names of the stored profiles, sorted; does not open the keyring."""
    try:
        names = json.loads(_index().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return sorted(name for name in names if isinstance(name, str)) if isinstance(names, list) else []


@guarded
def load_profile(name: str) -> KeyValues:
    """Read a profile from the keyring.

    Raises
    ------
    RequestRefused
        There is no such profile, it is not whole, or there is no keyring.
    """
    _check_name(name)
    values = {field: _keyring("get_password", f"{name}/{field}") for field in FIELDS}
    missing = [field for field in FIELDS if not values[field]]
    if len(missing) == len(FIELDS):
        known = profiles()
        stored = _("Stored: {names}.").format(names=commas(known)) if known else _("None is stored yet.")
        advice = _("{stored} Type `%openapi login` to store one.").format(stored=stored)
        raise RequestRefused(
            sentence(_("There is no profile '{name}'.").format(name=name), did_you_mean(name, known), advice)
        )
    if missing:
        raise RequestRefused(
            _(
                "Profile '{name}' is incomplete (no {missing}): type `%openapi login` to store it again."
            ).format(name=name, missing=_(", no ").join(missing))
        )
    return KeyValues(*("" if values[field] == EMPTY else values[field] for field in FIELDS))


@guarded
def load_fields(name: str, fields: Iterable[str]) -> dict[str, str]:
    """Return further entries of a profile, empty where there is none.

    Raises
    ------
    RequestRefused
        There is no keyring, or it refused.
    """
    _check_name(name)
    return {field: _keyring("get_password", f"{name}/{field}") or "" for field in fields}


@guarded
def store_profile(name: str, credentials: Keys, more: Mapping[str, str] | None = None) -> None:
    """Store a set under `name` in the keyring, replacing what was there.

    Parameters
    ----------
    more
        Further entries: those of an OAuth login (`OAUTH_FIELDS`). A profile without them loses old ones.

    Raises
    ------
    RequestRefused
        There is no keyring that encrypts, it refused, or it did not keep the values.
    """
    _check_name(name)
    _refuse_plain_text()
    # What renews a token comes first: a refresh token that is lost with its answer can't be fetched again.
    values = {field: value for field, value in (more or {}).items() if value}
    values |= {field: getattr(credentials, field) or EMPTY for field in FIELDS}
    for field, value in values.items():
        _keyring("set_password", f"{name}/{field}", value)
    for field in OAUTH_FIELDS:
        if field not in values and _keyring("get_password", f"{name}/{field}"):
            _keyring("delete_password", f"{name}/{field}")
    # Some keyrings take a value and drop it.
    if any(_keyring("get_password", f"{name}/{field}") != value for field, value in values.items()):
        raise RequestRefused(
            _("The system's keyring did not keep profile '{name}': use variables or a .env file.").format(
                name=name
            )
        )
    _write_index({*profiles(), name})


@guarded
def forget_profile(name: str) -> bool:
    """Remove a profile from the keyring; return whether there was one.

    Raises
    ------
    RequestRefused
        There is no keyring, or it refused.
    """
    _check_name(name)
    held = [field for field in (*FIELDS, *OAUTH_FIELDS) if _keyring("get_password", f"{name}/{field}")]
    for field in held:
        _keyring("delete_password", f"{name}/{field}")
    names = profiles()
    if name in names:
        _write_index({*names} - {name})
    return bool(held)


def _refuse_plain_text() -> None:
    """Refuse keyrings that write a secret to a file as it is, or keep nothing; ask them nothing."""
    try:
        import keyring

        chosen: Any = keyring.get_keyring()
    except Exception:  # noqa: BLE001 (each system's keyring raises its own errors; `_keyring` tells of them)
        return
    # A chain asks one after the other, until one takes the value.
    for each in (chosen, *getattr(chosen, "backends", ())):
        for kind in type(each).__mro__:
            name = f"{kind.__module__}.{kind.__qualname__}"
            if kind.__name__ in PLAIN_TEXT or name in PLAIN_TEXT:
                raise RequestRefused(
                    _(
                        "No profile was stored: the keyring {name} does not encrypt. Install one that does "
                        "(Secret Service, KWallet), or set LONGBRIDGE_APP_KEY, LONGBRIDGE_APP_SECRET and "
                        "LONGBRIDGE_ACCESS_TOKEN instead."
                    ).format(name=name)
                )


def _keyring(verb: str, *arguments: str) -> Any:
    """Call one of keyring's functions; its failures become one sentence that repeats no value."""
    try:
        import keyring
        from keyring.errors import NoKeyringError
    except ImportError:
        raise RequestRefused(
            _(
                "Profiles need the keyring package: type `%pip install 'jupyter-openapi[keyring]'` and "
                "restart."
            )
        ) from None
    try:
        return getattr(keyring, verb)(SERVICE, *arguments)
    except NoKeyringError:
        raise RequestRefused(
            _(
                "This machine has no keyring to hold profiles: set LONGBRIDGE_APP_KEY, LONGBRIDGE_APP_SECRET "
                "and LONGBRIDGE_ACCESS_TOKEN and type `%openapi connect paper --from env`, or type "
                "`%openapi login`."
            )
        ) from None
    except Exception as failure:  # noqa: BLE001 (each system's keyring raises its own errors)
        raise RequestRefused(
            _(
                "The system's keyring refused ({error}): unlock it and try again, or use other keys with "
                "`%openapi connect paper --from env`, or type `%openapi login`."
            ).format(error=type(failure).__name__)
        ) from None


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise RequestRefused(
            _("A profile's name is up to 64 letters, digits, dots, dashes and underscores, such as 'main'.")
        )


def _index() -> Path:
    return config_folder() / "profiles.json"


def _write_index(names: set[str]) -> None:
    try:
        private_folder(_index().parent)
        replace_text(_index(), json.dumps(sorted(names)))
    except OSError as failure:
        raise RequestRefused(
            _(
                "The names of profiles can't be written to {path} ({reason}); the keyring itself was changed."
            ).format(path=_index(), reason=failure.strerror)
        ) from None
