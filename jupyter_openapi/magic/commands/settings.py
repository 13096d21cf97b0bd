"""``settings``: show or save the user's settings, which later kernels use as well.

They are one file of ``name = value`` lines in the user's settings folder. It holds how things are shown and
which account is meant, and nothing that lets an order pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from jupyter_openapi import colors
from jupyter_openapi.errors import RequestRefused, did_you_mean, sentence, short
from jupyter_openapi.magic.command import Invocation, Report, command, parameter
from jupyter_openapi.messages import _, commas
from jupyter_openapi.spec.dates import zone
from jupyter_openapi.spec.model import Kind
from jupyter_openapi.storage import config_folder, private_folder, replace_text

HEAD = "# Settings of %openapi; written by `%openapi settings NAME=VALUE`.\n"
CURRENCY_LETTERS = 3


def _tz(value: str) -> str:
    try:
        zone(value)
    except ValueError as unknown:
        problem = _("tz={value}: {reason}.").format(value=short(value, 40), reason=unknown)
        raise RequestRefused(problem) from None
    return value


def _currency(value: str) -> str:
    code = value.upper()
    if len(code) != CURRENCY_LETTERS or not (code.isascii() and code.isalpha()):
        raise RequestRefused(
            _("base_currency={value} is not a currency; write it as HKD or USD.").format(
                value=short(value, 40)
            )
        )
    return code


def _language(value: str) -> str:
    from jupyter_openapi.transport.hosts import language_named

    return language_named(value)


def _limits_url(value: str) -> str:
    from jupyter_openapi.ratelimit.redis import check_limits_url

    check_limits_url(value, "limits_url", password=False)
    return value


def _one_of(name: str, choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if value.lower() not in choices:
            raise RequestRefused(
                _("{name} is {choices}, not {value}.").format(
                    name=name, choices=_(" or ").join(choices), value=short(value, 40)
                )
            )
        return value.lower()

    return read


READERS: Mapping[str, Callable[[str], str]] = {
    "tz": _tz,
    "view": _one_of("view", ("compact", "full")),
    "colors": _one_of("colors", tuple(colors.PAIRS)),
    "base_currency": _currency,
    "language": _language,
    "limits_url": _limits_url,
    "account": _one_of("account", ("sandbox", "paper", "live")),
}
"""How each setting is read; there is no other."""


def path() -> Path:
    """Return where the file is, or would be."""
    return config_folder() / "settings.txt"


def kept() -> dict[str, str]:
    """Return the settings that are kept and can be used; nothing if the file can't be read."""
    found: dict[str, str] = {}
    for name, value in _lines().items():
        try:
            found[name] = READERS[name](value)
        except (KeyError, RequestRefused):
            continue
    return found


def _lines() -> dict[str, str]:
    try:
        text = path().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    pairs = (line.partition("=") for line in text.splitlines() if not line.lstrip().startswith("#"))
    return {name.strip(): value.strip() for name, equals, value in pairs if equals}


def read(name: str, value: str) -> str:
    """Return a setting's value as it is kept.

    Raises
    ------
    RequestRefused
        There is no such setting, or it can't have that value.
    """
    if name not in READERS:
        hint = did_you_mean(name, READERS) or _("There are {names}.").format(names=commas(READERS))
        raise RequestRefused(sentence(_("There is no setting {name}.").format(name=short(name, 40)), hint))
    return READERS[name](value)


def keep(changes: Mapping[str, str | None]) -> dict[str, str]:
    """Keep these settings from now on, drop those that are None, and return all.

    Raises
    ------
    RequestRefused
        One of them can't be kept; then none is.
    """
    wanted = {name: None if value is None else read(name, value) for name, value in changes.items()}
    merged = {**kept(), **wanted}
    settings = {name: merged[name] for name in READERS if merged.get(name) is not None}
    text = HEAD + "".join(f"{name} = {value}\n" for name, value in settings.items())
    try:
        private_folder(path().parent)
        replace_text(path(), text)
    except OSError as failure:
        raise RequestRefused(
            _("The settings can't be written to {path}: {failure}.").format(path=path(), failure=failure)
        ) from None
    return {name: value for name, value in settings.items() if value is not None}


def base_currency() -> str:
    """Return the currency of totals where none is asked for."""
    return kept().get("base_currency", "HKD")


def apply(settings: Mapping[str, str], magics: Any) -> None:
    """Use the settings in this kernel."""
    for name in ("tz", "view", "language", "limits_url"):
        if name in settings:
            setattr(magics, name, settings[name])
    if "colors" in settings:
        colors.choose(settings["colors"])


@command(
    "settings",
    "Show your saved settings, or save some.",
    parameter("tz", Kind.TEXT, "the time zone of dates, such as Asia/Hong_Kong"),
    parameter("view", Kind.TEXT, "how frames are shown: compact or full"),
    parameter("colors", Kind.TEXT, "colours of rising and falling: green-up, red-up or blue-up"),
    parameter("base_currency", Kind.TEXT, "the currency of totals"),
    parameter(
        "language", Kind.TEXT, "language of messages, of names and of the broker's texts: en, zh-CN or zh-HK"
    ),
    parameter("limits_url", Kind.TEXT, "a Redis server where several machines share the broker's limits"),
    parameter(
        "account",
        Kind.TEXT,
        "the account that connect alone opens: sandbox, paper or live (live is read-only)",
    ),
    examples=("settings", "settings tz=Asia/Hong_Kong", "settings colors=red-up base_currency=USD"),
)
def settings(invocation: Invocation) -> Report:
    """Keep what is given, use it at once, and return all that is kept; an empty text drops one."""
    if invocation.given:
        changes = {name: str(value) or None for name, value in invocation.given.items()}
        found = keep(changes)
        new = {name: found[name] for name in changes if name in found}
        apply(new, invocation.context.settings)
    else:
        found = kept()
    rows = [f"{name:<13}  {found.get(name) or _('not set')}" for name in READERS]
    return Report("\n".join([*rows, _("Saved in {path}.").format(path=path())]))
