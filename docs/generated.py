"""Parts of pages that are made from the package, so that they cannot go stale.

A page names one on a line of its own: ``<!-- generated: commands -->``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.flags import FLAGS
from jupyter_openapi.market import facts
from jupyter_openapi.market.symbols import MARKET_ZONES, SECURITIES
from jupyter_openapi.sandbox.dispatch import CONTROLS, HANDLERS
from jupyter_openapi.sandbox.exchange.account import OPENING_CASH, OPENING_POSITIONS
from jupyter_openapi.sandbox.handlers import load_handlers
from jupyter_openapi.spec import catalog
from jupyter_openapi.trading.limits import OVERRIDES, OrderLimits

MARK = re.compile(r"^<!-- generated: (\w+) -->$", re.MULTILINE)
PARTS: dict[str, Callable[[], str]] = {}
DOUBTED = {
    "": "the rate itself",
    "from": "the date since when it holds",
    "replaceable": "that it cannot be replaced",
    "rounding": "how it is rounded",
}


def part(make: Callable[[], str]) -> Callable[[], str]:
    """Offer a part to the pages under its function's name."""
    PARTS[make.__name__] = make
    return make


def filled(page: str) -> str:
    """Return a page with every part in its place."""
    return MARK.sub(lambda found: PARTS[found[1]](), page)


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a Markdown table."""
    names = list(head)
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(
        f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )


@part
def commands() -> str:
    """Return every command with its help, as `%openapi help NAME` prints it."""
    from jupyter_openapi.magic.commands.help import command_help

    parts = [
        f"### {name}\n\n```text\n{_without_title(str(command_help(spec)))}\n```\n"
        for name, spec in COMMANDS.items()
    ]
    return "\n".join(parts)


def _without_title(text: str) -> str:
    return text.partition("\n")[2]


@part
def flags() -> str:
    """Return the flags that stand before an operation."""
    rows = ((f"`{flag.usage}`", _allowed(flag.help, flag.choices)) for flag in FLAGS.values())
    return table(["flag", "what it does"], rows)


def _allowed(text: str, choices: Iterable[str]) -> str:
    words = ", ".join(f"`{choice}`" for choice in choices)
    return f"{text} ({words})" if words else text


@part
def overrides() -> str:
    """Return the limits of an order that a named override lets pass."""
    limits = OrderLimits()
    most = " and ".join(f"{currency} {amount:,}" for currency, amount in limits.max_value.items())
    more = {
        "max_value": f"{most}",
        "distance": f"{limits.aggressive}% on the side that trades at once, {limits.passive}% on the other",
        "short": "what the account shows as available",
        "trailing": "0.2%",
    }
    rows = ((f"`{name}`", what, more.get(name, "")) for name, what in OVERRIDES.items())
    return table(["name", "what it lets pass", "the limit"], rows)


@part
def order_types() -> str:
    """Return the order types and what each needs."""
    types: Mapping[str, Any] = facts("orders")["types"]
    rows = (
        (f"`{code}`", rule["title"], rule["meaning"], ", ".join(rule["markets"]), _needs(rule))
        for code, rule in types.items()
    )
    return table(["type", "name", "what it does", "markets", "needs"], rows)


def _needs(rule: Mapping[str, Any]) -> str:
    needs = [f"`{name}`" for name in rule.get("needs", ())]
    if one_of := rule.get("one_of"):
        needs.append(" or ".join(f"`{name}`" for name in one_of))
    return ", ".join(needs) or "nothing more"


@part
def statuses() -> str:
    """Return the states of an order."""
    rows = (
        (
            f"`{name}`",
            state["meaning"],
            state["state"],
            _yes(state.get("cancellable")),
            _yes(state.get("replaceable")),
        )
        for name, state in facts("orders")["statuses"].items()
    )
    return table(["status", "meaning", "open or final", "can be cancelled", "can be replaced"], rows)


def _yes(value: Any) -> str:
    return "yes" if value else ""


@part
def ticks() -> str:
    """Return the price steps in force last, by table."""
    blocks = []
    for known in facts("ticks")["tables"].values():
        version = known["versions"][-1]
        since = f"since {version['from']}" if version["from"] else "long-standing"
        doubt = " (date unconfirmed)" if version.get("from_unconfirmed") else ""
        head = f"{known['market']}, {known['applies_to']}; {since}{doubt}. Source: {version['source']}."
        word = "up to" if known["upper_inclusive"] else "under"
        bands = [(f"{word} {top}" if top else "above", step) for top, step in version["bands"]]
        blocks.append(f"{head}\n\n{table(['price', 'tick'], bands)}")
    return "\n\n".join(blocks)


@part
def sessions() -> str:
    """Return the phases of the trading days."""
    blocks = []
    for market in ("HK", "US"):
        known = facts("sessions")[market]
        rows = (
            (
                phase["name"].replace("_", " "),
                f"{phase['start']} to {phase['end']}",
                ", ".join(phase["accepts"]) or "none",
                phase["match"],
                _yes(phase["amend_cancel"]),
            )
            for phase in known["full"]
        )
        head = ["phase", MARKET_ZONES[market], "order types live", "matching", "change and cancel"]
        blocks.append(table(head, rows))
    return "\n\n".join(blocks)


@part
def fees() -> str:
    """Return the charges that are known."""
    rows = [
        (
            market,
            item["name"],
            "; ".join(map(_rate, item["versions"])),
            item.get("side", "both"),
            _source(item),
        )
        for market in ("HK", "US")
        for item in facts("fees")[market]["items"]
    ]
    note = facts("fees")["US"]["unknown"]
    return f"{table(['market', 'charge', 'rate', 'side', 'source'], rows)}\n\nIn the US, {note}."


def _rate(version: Mapping[str, Any]) -> str:
    words = {"rate": "{} of the value", "per_share": "{} a share", "amount": "{} an order"}
    found = [text.format(version[name]) for name, text in words.items() if name in version]
    found += [f"{name} {version[name]}" for name in ("min", "max") if name in version]
    since = f" from {version['from']}" if version.get("from") else ""
    until = f" to {version['to']}" if version.get("to") else ""
    return ", ".join(found) + since + until


def _source(item: Mapping[str, Any]) -> str:
    doubts = [
        "**unconfirmed**" if item.get("unconfirmed") else "",
        "rounding unconfirmed" * bool(item.get("rounding_unconfirmed")),
    ]
    return "; ".join(filter(None, [item["source"], item.get("not_applied", ""), *doubts]))


@part
def sources() -> str:
    """Return where the facts of the markets come from, and which are unconfirmed."""
    told = [text for name in ("orders", "sessions", "securities") for text in facts(name)["sources"]]
    return "\n".join(f"- {text}" for text in told)


@part
def doubts() -> str:
    """Return every fact of the markets that no source confirms."""
    found = [
        text
        for name in ("orders", "sessions", "ticks", "fees", "securities")
        for text in _doubts(facts(name), name)
    ]
    return "\n".join(f"- {text}" for text in dict.fromkeys(found))


def _doubts(value: Any, where: str) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _doubts(item, where)
    if not isinstance(value, dict):
        return
    place = str(value.get("name") or value.get("title") or value.get("applies_to") or where)
    for name, inner in value.items():
        if name == "unconfirmed" or name.endswith("_unconfirmed"):
            yield from _said(inner, name, place)
        else:
            yield from _doubts(inner, place if place != where else f"{where}, {name}")


def _said(inner: Any, name: str, place: str) -> Iterator[str]:
    what = name.removesuffix("unconfirmed").strip("_")
    if inner is True:
        yield f"{place}: {DOUBTED.get(what, what.replace('_', ' '))}."
    else:
        for text in inner if isinstance(inner, list) else [inner]:
            yield f"{place}: {text}."


@part
def opening_account() -> str:
    """Return what a new sandbox's account holds."""
    cash = " and ".join(f"{currency} {amount:,}" for currency, amount in OPENING_CASH.items())
    rows = (
        (f"`{symbol}`", SECURITIES[symbol].name_en, f"{quantity:,}", cost)
        for symbol, (quantity, cost) in OPENING_POSITIONS.items()
    )
    return f"Cash: {cash}.\n\n{table(['symbol', 'name', 'shares', 'average cost'], rows)}"


@part
def sandbox_operations() -> str:
    """Return which operations the sandbox carries."""
    load_handlers()
    controls = {operation.name for operation in CONTROLS.values()}
    names = sorted(name for name in HANDLERS if name not in controls)
    known = len(catalog().operations)
    listed = ", ".join(f"`{name}`" for name in names)
    return f"{len(names)} of the {known} operations; any other gets HTTP 404 with a sentence:\n\n{listed}."
