"""``search`` and ``endpoints``: symbols by a code or a name, and operations by a word."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from jupyter_openapi.errors import OpenAPIError, RequestRefused, did_you_mean, sentence, short
from jupyter_openapi.magic.command import Invocation, command, listed, notify, parameter
from jupyter_openapi.magic.present import SEEN, SYMBOL, ask_names
from jupyter_openapi.market.names import NAMES, Match
from jupyter_openapi.market.symbols import MARKETS, SECURITIES, suggest
from jupyter_openapi.messages import _, commas
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Kind, Operation

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.client import Client
    from jupyter_openapi.reply import Reply

KEPT = 3600.0  # seconds for which what was read of an account is searched again without a call
SOURCES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "positions": ("stock_positions", {}),
    "watchlist": ("watchlist", {}),
    "orders": ("today_orders", {}),
    "security_list": ("security_list", {"market": "US"}),
}
"""What is searched beside the package's own list: operations that the broker answers with names."""
OWN = "list"
SEEN_BEFORE = "replies"
COLUMNS = ["symbol", "name", "name_cn", "found_in"]


@dataclass
class _Account:
    """What was read of one account: each source's symbols, or why it could not be read."""

    read: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


_ACCOUNTS: WeakKeyDictionary[Client, _Account] = WeakKeyDictionary()
_LOCK = threading.Lock()


@command(
    "search",
    "Find symbols by a code or a name, English or Chinese.",
    parameter("word", Kind.TEXT, "a code or a part of a name", required=True, array=True, free_text=True),
    accepts=("out", "wide"),
    examples=("search tencent", "search 腾讯", "search 700"),
)
def search(invocation: Invocation) -> pd.DataFrame:
    """Return a frame of the symbols found, the nearest first; say what was searched."""
    from jupyter_openapi.magic.export import Saving
    from jupyter_openapi.session import SESSION

    saving = Saving(str(invocation.command.flags["out"])) if "out" in invocation.command.flags else None
    text = " ".join(str(word) for word in invocation.given["word"])
    client = SESSION.client
    account = _read(client) if client is not None else _Account()
    matches = _found(client, text)
    frame = _frame(matches, account)
    SEEN.note(SYMBOL, reversed([match.symbol for match in matches]))
    listed(frame, invocation.command, searched=[*account.read, OWN, SEEN_BEFORE], word=text)
    notify(invocation.command, searched(account, connected=client is not None))
    if not matches:
        notify(invocation.command, _nothing(text))
    if saving is not None:
        notify(invocation.command, saving.save(frame))
    return frame


def _found(client: Client | None, text: str) -> list[Match]:
    """Return what is known by that text; the name of a code without one is asked for once."""
    symbol = suggest(text)
    if client is not None and symbol is not None and not NAMES.of(symbol):
        asked = NAMES.unknown([symbol])
        if asked:
            ask_names(client, asked)
    return NAMES.find(text)


def _read(client: Client) -> _Account:
    """Read the sources that were not read lately: one call each."""
    with _LOCK:
        account = _ACCOUNTS.setdefault(client, _Account())
    now = time.monotonic()
    for name, (operation, arguments) in SOURCES.items():
        if name in account.read and now - account.read[name][0] < KEPT:
            continue
        try:
            frame = cast("Reply", client.call(operation, **arguments)).frame()  # its names are remembered
        except OpenAPIError as failure:
            account.failed[name] = str(failure)
            continue
        symbols = frame["symbol"].dropna() if "symbol" in frame.columns else ()
        account.read[name] = (now, frozenset(map(str, symbols)))
        account.failed.pop(name, None)
    return account


def _frame(matches: list[Match], account: _Account) -> pd.DataFrame:
    import pandas as pd

    rows = [
        (
            match.symbol,
            match.name,
            NAMES.of(match.symbol, "cn"),
            commas(_places(match.symbol, account)),
        )
        for match in matches
    ]
    return pd.DataFrame(rows, columns=COLUMNS, dtype="str")


def _places(symbol: str, account: _Account) -> list[str]:
    found = [name for name, (_at, symbols) in account.read.items() if symbol in symbols]
    found += [OWN] if symbol in SECURITIES else []
    return found or [SEEN_BEFORE]


def searched(account: _Account, *, connected: bool) -> str:
    """Say what was searched, and what could not be."""
    places = {
        "positions": _("positions"),
        "watchlist": _("watchlist"),
        "orders": _("today's orders"),
        "security_list": _("security_list (US shares that trade overnight)"),
    }
    names = [places[name] for name in account.read]
    names += [
        _("the package's list of {count} securities").format(count=len(SECURITIES)),
        _("names seen in replies"),
    ]
    lines = [_("The broker's API finds no symbols by name. Searched: {places}.").format(places=commas(names))]
    lines += [
        _("Not searched: {place} ({reason})").format(place=places[name], reason=reason)
        for name, reason in account.failed.items()
        if name not in account.read
    ]
    if not connected:
        lines.append(_("Not connected, so nothing of an account was searched."))
    return "\n".join(lines)


def _nothing(text: str) -> str:
    """Say that nothing was found, and what comes near."""
    words = [word for each in SECURITIES.values() for word in each.name_en.casefold().split()]
    close = get_close_matches(text.casefold(), list(dict.fromkeys(words)), 1, 0.8)
    said = _("Nothing found for '{text}'.").format(text=text)
    if close:
        return _("{said} Did you mean {word}?").format(said=said, word=close[0])
    markets = commas(MARKETS)
    return _("{said} A code with its market always works: `%openapi quote CODE.MARKET` ({markets}).").format(
        said=said, markets=markets
    )


@command(
    "endpoints",
    "List all operations, or those about a word.",
    parameter(
        "word", Kind.TEXT, "what to look for; of several words all must match", array=True, free_text=True
    ),
    accepts=("out", "wide"),
    examples=("endpoints", "endpoints dividend", "endpoints order history"),
)
def endpoints(invocation: Invocation) -> pd.DataFrame:
    """Return a frame of the operations that hold all the words, in their names, paths, effects or texts."""
    import pandas as pd

    from jupyter_openapi.magic.export import Saving

    saving = Saving(str(invocation.command.flags["out"])) if "out" in invocation.command.flags else None
    words = [str(word).lower() for word in invocation.given.get("word", [])]
    operations = catalog().operations.values()
    found = [each for each in operations if all(word in _text_of(each) for word in words)]
    if not found:
        close = did_you_mean(words[0], [*catalog().aliases, *catalog().operations])
        asked = short(" ".join(words), 40)
        raise RequestRefused(
            sentence(
                _("No operation matches '{asked}'.").format(asked=asked),
                close or _("Type %openapi endpoints to list them all."),
            )
        )
    frame = pd.DataFrame(
        [_row_of(each) for each in found], columns=["name", "aliases", "effect", "method", "path", "summary"]
    )
    if saving is not None:
        notify(invocation.command, saving.save(frame))
    elif not words:
        notify(
            invocation.command,
            _("These are all {count} operations: `%openapi endpoints WORD` lists those about a word.").format(
                count=len(frame)
            ),
        )
    return listed(frame, invocation.command)


def _row_of(operation: Operation) -> tuple[str, ...]:
    return (
        operation.name,
        ", ".join(operation.aliases),
        str(operation.effect),
        operation.method,
        operation.path,
        _(operation.summary),
    )


def _text_of(operation: Operation) -> str:
    sdk = " ".join(method.name for method in operation.sdk)
    return " ".join(
        [*_row_of(operation), operation.group, operation.description, operation.summary, sdk]
    ).lower()
