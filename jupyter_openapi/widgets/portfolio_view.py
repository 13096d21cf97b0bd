"""The portfolio view: totals, the holdings as a table, a picture, and Refresh."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from jupyter_openapi.account import MODE_WORDS, ClientLike
from jupyter_openapi.messages import N_, _
from jupyter_openapi.plots.style import MINUS, amount_text, percent_text
from jupyter_openapi.portfolio import totals
from jupyter_openapi.portfolio.positions import BALANCE_CURRENCIES
from jupyter_openapi.session import SESSION
from jupyter_openapi.widgets.model import HIDDEN, ClientHolder, holder_of, without_ids, zone_of
from jupyter_openapi.widgets.panel import Cell, Page, column, head_view, static
from jupyter_openapi.widgets.portfolio_model import PICTURES, PortfolioModel

if TYPE_CHECKING:
    import pandas as pd


UNKNOWN = "n/a"
PARTS = {"CASH": N_("Cash"), "CLOSED": N_("Closed today"), "TOTAL": N_("All"), "FUND": N_("Funds")}
HOLDINGS = (
    column("Symbol"),
    column("Name"),
    column("Quantity", end=True),
    column("Last", end=True),
    column("Value", end=True),
    column("Unrealized", end=True),
    column("Unrealized %", end=True),
    column("Today", end=True),
    column("Today %", end=True),
    column("Weight", end=True),
)


class PortfolioView(Page):
    """What the account holds and is worth, in one panel.

    Parameters
    ----------
    client
        Whose account it is, where there is no IPython (marimo, plain Python).
    session
        Whose client it uses; the kernel's own by default.
    base_currency
        The currency of the totals.
    privacy
        Show weights and percentages, no amounts, no ids.
    language
        en, zh-CN or zh-HK; the language that was chosen, else the front end's, by default.

    Examples
    --------
    >>> PortfolioView(base_currency="USD")  # doctest: +SKIP
    """

    NAME = N_("Portfolio")
    _esm = static("portfolio_view.js")
    _css = static("panel.css", "portfolio.css")

    def __init__(
        self,
        *,
        client: ClientLike | None = None,
        session: ClientHolder | None = None,
        base_currency: str = "HKD",
        privacy: bool = False,
        language: str = "",
    ) -> None:
        super().__init__(holder_of(client, session, SESSION), privacy=privacy, language=language)
        self._currencies = list(dict.fromkeys((base_currency, *BALANCE_CURRENCIES)))
        self.worth = PortfolioModel(
            self._session, self.touch, base_currency=base_currency, watched=self.watched
        )
        self.worth.privacy = privacy
        self._picture_sent = ""  # the digest of the picture that the pages have
        self.observe(lambda change: self.worth.show(privacy=change["new"]), "privacy")

    def refresh(self) -> None:
        """Read the account again."""
        self.worth.refresh()

    def message(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take one message of the page."""
        worth = self.worth
        if kind == "hello":
            self._picture_sent = ""
            if worth.frame is None and not worth.busy and self._session.client is not None:
                worth.refresh()
            worth.resume()
        elif kind == "refresh":
            worth.refresh()
        elif kind == "base":
            worth.refresh(str(content["base"]))
        elif kind == "picture":
            worth.show(str(content["picture"]))
        elif kind == "privacy":
            self.privacy = content["privacy"] is True

    def trouble(self, words: str) -> None:
        """Show an error inside the panel."""
        self.worth.error = words

    def view(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        worth, privacy, client = self.worth, self.privacy, self._session.client
        frame = worth.frame
        known = frame.attrs["openapi"] if frame is not None else {}
        at = moment_text(known.get("requested_at"), client)
        missing = _("; ").join(known.get("missing") or ())
        return {
            **head_view(client, privacy=privacy, at=at),
            "busy": _(worth.busy),
            "error": without_ids(worth.error) if privacy else worth.error,
            "note": self._note(client),
            "missing": _("Not known: {missing}.").format(missing=missing) if missing else "",
            "base": worth.base_currency,
            "currencies": self._currencies,
            "pictures": list(PICTURES),
            "chosen": worth.chosen,
            "privacy": privacy,
            "totals": None if frame is None else totals_view(frame, privacy=privacy),
            "holdings": None if frame is None else holdings_view(frame, privacy=privacy),
            "picture": self._picture_view(client, at),
        }

    def _note(self, client: ClientLike | None) -> str:
        if client is None:
            return _("Not connected.")
        stale = self.worth.stale
        return _("Orders were sent or filled since: Refresh shows what came of them.") if stale else ""

    def _picture_view(self, client: ClientLike | None, at: str) -> dict[str, str] | None:
        """Return the picture; its data only when the pages don't have it yet, for it is large."""
        picture = self.worth.picture
        if not picture or client is None:
            return None
        digest = sha256(picture).hexdigest()
        data = "" if digest == self._picture_sent else base64.b64encode(picture).decode()
        self._picture_sent = digest
        about = _("{picture} of the {mode} account, {at}").format(
            picture=_(self.worth.chosen), mode=_(MODE_WORDS[client.account.mode]), at=at
        )
        return {"about": about, "data": data}

    def fallback(self) -> str:
        """Return what to show where there are no widgets."""
        return _("Portfolio. Without it: %openapi portfolio")

    def close(self) -> None:
        """Show nothing more, and leave the page."""
        self.worth.close()
        super().close()


def moment_text(value: Any, client: ClientLike | None) -> str:
    """Return an ISO time in the client's zone, ``2026-11-22 21:16 HKT``; empty if it is none."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return ""
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return f"{at.astimezone(zone_of(client)):%Y-%m-%d %H:%M %Z}"


def totals_view(frame: pd.DataFrame, *, privacy: bool) -> dict[str, Any]:
    """Return the totals by market and currency as a table; the last row is the sum."""
    base = str(frame.attrs["openapi"]["base_currency"])
    titles = (_("Value"), _("Value in {base}").format(base=base), _("Unrealized"), _("Today"), _("Share"))
    columns = [
        column("Market", sort=False),
        column("Currency", sort=False),
        *(column(title, end=True, sort=False) for title in titles),
    ]
    rows = [
        (
            Cell(_(PARTS.get(row["market"], str(row["market"]))), _without(row["left_out"])),
            Cell(str(row["currency"])),
            _amount(row["market_value"], privacy=privacy),
            _amount(row["market_value_base"], privacy=privacy),
            _earned(row, "unrealized_pl_base", privacy=privacy),
            _earned(row, "day_pl_base", privacy=privacy),
            _share(row["share"]),
        )
        for row in totals(frame).to_dict("records")
    ]
    names = [f"{cells[0].text} {cells[1].text}" for cells in rows]
    # Its order is fixed, so its amounts are not needed to sort by.
    return _table(columns, names, [tuple(cell._replace(sort=None) for cell in cells) for cells in rows])


def _without(left_out: object) -> str:
    """Say which sums of a row lack what; empty where they have everything."""
    known = isinstance(left_out, str) and left_out
    return _("not known: {left_out}").format(left_out=left_out) if known else ""


def holdings_view(frame: pd.DataFrame, *, privacy: bool) -> dict[str, Any]:
    """Return the holdings as a table, largest first; what is not known is ``n/a``."""
    ordered = frame.sort_values("weight", ascending=False, na_position="last", key=abs)
    records = ordered.to_dict("records")
    rows = [
        (
            _text(row["symbol"]),
            _text(row["symbol_name"]),
            _amount(row["quantity"], privacy=privacy, places=None),
            _price(row["last_done"]),
            _amount(row["market_value"], privacy=privacy),
            _signed(row["unrealized_pl"], privacy=privacy),
            _percent(row["unrealized_pl_pct"]),
            _signed(row["day_pl"], privacy=privacy),
            _percent(row["day_pl_pct"]),
            _share(row["weight"]),
        )
        for row in records
    ]
    # The same symbol may stand in two channels: its place among the rows keeps the two apart.
    names = [f"{cells[0].text} {number}" for number, cells in enumerate(rows)]
    return _table(list(HOLDINGS), names, _by_rank(rows) if privacy else rows)


def _table(
    columns: list[dict[str, Any]], names: Sequence[str], rows: Sequence[tuple[Cell, ...]]
) -> dict[str, Any]:
    found = [
        {"id": name, "cells": [cell._asdict() for cell in cells]}
        for name, cells in zip(names, rows, strict=True)
    ]
    return {"columns": columns, "rows": found}


def _by_rank(rows: Sequence[tuple[Cell, ...]]) -> list[tuple[Cell, ...]]:
    """Return the rows sorted by the same columns, without the amounts that they are sorted by."""
    keys = [
        sorted({cell.sort for cell in cells if isinstance(cell.sort, float)})
        for cells in zip(*rows, strict=True)
    ]
    return [
        tuple(
            cell._replace(sort=float(ranks.index(cell.sort))) if isinstance(cell.sort, float) else cell
            for cell, ranks in zip(cells, keys, strict=True)
        )
        for cells in rows
    ]


def _known(value: Any) -> float | None:
    number = float(value) if isinstance(value, (int, float)) else math.nan
    return number if math.isfinite(number) else None


def _text(value: Any) -> Cell:
    text = value if isinstance(value, str) else ""
    return Cell(text, sort=text)


def _amount(value: Any, *, privacy: bool, places: int | None = 2) -> Cell:
    """Return an amount; a quantity, without `places`, keeps the digits it has."""
    number = _known(value)
    if number is None:
        return Cell(UNKNOWN)
    if privacy:
        return Cell(HIDDEN, sort=number)
    if places is not None:
        return Cell(amount_text(number, places=places), sort=number)
    text = f"{number:,.8f}".rstrip("0").rstrip(".")
    return Cell(text.replace("-", MINUS), sort=number)


def _price(value: Any) -> Cell:
    """Return a price with the decimals it has, two at least, so that they stand below each other."""
    number = _known(value)
    if number is None:
        return Cell(UNKNOWN)
    whole, _point, decimals = f"{number:,.8f}".rstrip("0").partition(".")
    return Cell(f"{whole}.{decimals:0<2}".replace("-", MINUS), sort=number)


def _earned(row: Mapping[Any, Any], name: str, *, privacy: bool) -> Cell:
    """Return a profit; cash has none, and no more has what is gone."""
    if _known(row[name]) is None and row["market"] in {"CASH", "CLOSED"}:
        return Cell("")
    return _signed(row[name], privacy=privacy)


def _signed(value: Any, *, privacy: bool) -> Cell:
    number = _known(value)
    if number is None:
        return Cell(UNKNOWN)
    text = HIDDEN if privacy else amount_text(number, sign=True, places=2)
    return Cell(text, sort=number, tone=_tone(number))


def _percent(value: Any) -> Cell:
    number = _known(value)
    if number is None:
        return Cell(UNKNOWN)
    return Cell(percent_text(number, sign=True, places=2), sort=number, tone=_tone(number))


def _share(value: Any) -> Cell:
    number = _known(value)
    return Cell(UNKNOWN) if number is None else Cell(percent_text(100 * number), sort=number)


def _tone(number: float) -> str:
    return ("up" if number > 0 else "down") if number else ""
