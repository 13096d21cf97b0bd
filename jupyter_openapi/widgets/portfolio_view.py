"""The portfolio view: totals, the holdings as a table, a picture, and Refresh.

Whatever came from the server is escaped before it becomes HTML.
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from jupyter_openapi.account import MODES
from jupyter_openapi.messages import _
from jupyter_openapi.plots.style import MINUS, amount_text, moment_text, percent_text
from jupyter_openapi.portfolio import totals
from jupyter_openapi.session import SESSION
from jupyter_openapi.widgets.panel import HIDDEN, INSTALL, failure_words, stamp, static, title, without_ids
from jupyter_openapi.widgets.polling import Throttle
from jupyter_openapi.widgets.portfolio_model import CURRENCIES, PICTURES, PortfolioModel
from jupyter_openapi.widgets.queries import ClientHolder

if TYPE_CHECKING:
    import pandas as pd


UNKNOWN = "n/a"
PARTS = {"CASH": "Cash", "CLOSED": "Closed today", "TOTAL": "All", "FUND": "Funds"}
HEADS = ("Symbol", "Name", "Quantity", "Last", "Value", "Unrealized", "%", "Today", "%", "Weight")
SUM_HEADS = ("Market", "Currency", "Value", "Value in", "Unrealized", "Today", "Share")


class PortfolioView(ipywidgets.VBox):  # type: ignore[misc]
    """What the account holds and is worth, in one panel.

    Parameters
    ----------
    session
        Whose client it uses; the kernel's own by default.
    base_currency
        The currency of the totals.
    privacy
        Show weights and percentages, no amounts, no ids.

    Examples
    --------
    >>> PortfolioView(base_currency="USD")  # doctest: +SKIP
    """

    privacy = traitlets.Bool(default_value=False, help="Show no amounts, no ids.")

    def __init__(
        self, *, session: ClientHolder | None = None, base_currency: str = "HKD", privacy: bool = False
    ) -> None:
        self._session: ClientHolder = SESSION if session is None else session
        self._outbox = Throttle(self._update)
        self.worth = PortfolioModel(self._session, self._outbox.touch, base_currency=base_currency)
        self.worth.privacy = privacy
        self._asked = False
        self._build(base_currency, privacy=privacy)
        super().__init__(self._parts, privacy=privacy)
        self.add_class("jo-panel")
        self.add_class("jo-portfolio")
        self.observe(self._on_privacy, "privacy")
        self._outbox.touch()

    def _build(self, base_currency: str, *, privacy: bool) -> None:
        currencies = list(dict.fromkeys((base_currency, *CURRENCIES)))
        self._head, self._totals, self._table, self._picture, self._said = (
            ipywidgets.HTML() for _ in range(5)
        )
        self._base = ipywidgets.Dropdown(description="Base currency", options=currencies, value=base_currency)
        self._chosen = ipywidgets.ToggleButtons(options=list(PICTURES), value=PICTURES[0])
        self._hide = ipywidgets.Checkbox(description="Hide amounts", value=privacy, indent=False)
        self._refresh = ipywidgets.Button(description="Refresh")
        self._base.observe(lambda change: self._try(lambda: self.worth.refresh(change["new"])), "value")
        self._chosen.observe(lambda change: self._try(lambda: self.worth.show(change["new"])), "value")
        self._hide.observe(lambda change: setattr(self, "privacy", change["new"]), "value")
        self._refresh.on_click(lambda _: self._try(self.worth.refresh))
        tools = ipywidgets.HBox([self._base, self._hide, self._refresh])
        tools.add_class("jo-tools")
        style = ipywidgets.HTML(f"<style>{static('panel.css', 'portfolio.css')}</style>")
        style.layout.display = "none"
        self._parts = [
            style, self._head, tools, self._said, self._totals, self._table, self._chosen, self._picture
        ]  # fmt: skip

    def refresh(self) -> None:
        """Read the account anew."""
        self._try(self.worth.refresh)

    def _try(self, action: Callable[[], None]) -> None:
        """Do what a click asks; what goes wrong is shown here, for nobody would see it elsewhere."""
        try:
            action()
        except Exception as failure:  # noqa: BLE001
            self.worth.error = failure_words(failure)
        self._outbox.touch()

    def _on_privacy(self, change: Mapping[str, Any]) -> None:
        self._hide.value = change["new"]
        self._try(lambda: self.worth.show(privacy=change["new"]))

    def _update(self) -> None:
        worth, privacy, client = self.worth, self.privacy, self._session.client
        frame = worth.frame
        known = frame.attrs["openapi"] if frame is not None else {}
        at = moment_text(known.get("requested_at")) or stamp(client)
        mode = client.account.mode if client else "none"
        _put(self._head, head(title(client, privacy=privacy), mode, at))
        _put(self._said, said_html(worth, known, connected=client is not None, privacy=privacy))
        _put(self._totals, "" if frame is None else totals_html(frame, privacy=privacy))
        _put(self._table, "" if frame is None else table_html(frame, privacy=privacy))
        _put(
            self._picture,
            picture_html(
                worth.picture,
                _("{chosen} of the {mode} account, {at}").format(chosen=worth.chosen, mode=mode, at=at),
            ),
        )

    def close(self) -> None:
        """Show nothing more, and leave the page."""
        self.worth.close()
        self._outbox.close()
        super().close()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if not self._asked and self._session.client is not None:
            self._asked = True
            self.refresh()
        bundle = super()._repr_mimebundle_(**kwargs)
        if isinstance(bundle, dict):
            bundle = {
                **bundle,
                "text/plain": _("Portfolio. Without it: %openapi portfolio\n{install}").format(
                    install=INSTALL
                ),
            }
        return bundle


def head(text: str, mode: str, at: str) -> str:
    """Return the head: the panel's name, which account, and when its numbers were true; all of it escaped."""
    kind = mode.upper()
    chip = f'<span class="jo-chip" data-mode="{mode}">{kind}</span>' if mode in MODES else ""
    name = html.escape(text.removeprefix(f"{kind} "))
    return (
        f'<div class="jo-head"><span class="jo-name">Portfolio</span>{chip}'
        f'<span class="jo-title">{name}</span><span class="jo-time">{html.escape(at)}</span></div>'
    )


def said_html(worth: PortfolioModel, known: Mapping[str, Any], *, connected: bool, privacy: bool) -> str:
    """Return what is going on, what went wrong, and what is not known; all of it escaped."""
    lines = []
    if worth.error:
        text = without_ids(worth.error) if privacy else worth.error
        lines.append(f'<p class="jo-alert" role="alert">{html.escape(text)}</p>')
    if missing := known.get("missing"):
        text = _("Not known: {missing}.").format(missing="; ".join(missing))
        lines.append(f'<p class="jo-alert jo-absent" role="status">{html.escape(text)}</p>')
    said = f"{worth.busy}…" if worth.busy else ""
    if not said and not connected:
        said = "Not connected."
    if not said and worth.stale:
        said = "An order was sent since: Refresh shows what came of it."
    return "".join([*lines, f'<p class="jo-status" role="status">{html.escape(said)}</p>' if said else ""])


def totals_html(frame: pd.DataFrame, *, privacy: bool) -> str:
    """Return the totals by market and currency, the last row in bold."""
    summed = totals(frame)
    base = str(frame.attrs["openapi"]["base_currency"])
    rows = [
        [
            (PARTS.get(row["market"], str(row["market"])), ""),
            (str(row["currency"]), ""),
            (_amount(row["market_value"], privacy=privacy), "n"),
            (_amount(row["market_value_base"], privacy=privacy), "n"),
            _earned(row, "unrealized_pl_base", privacy=privacy),
            _earned(row, "day_pl_base", privacy=privacy),
            (_share(row["share"]), "n"),
        ]
        for row in summed.to_dict("records")
    ]
    heads = [f"{name} {base}" if name == "Value in" else name for name in SUM_HEADS]
    return _table("Totals", heads, rows, "jo-sums-table")


def _earned(row: Mapping[Any, Any], name: str, *, privacy: bool) -> tuple[str, str]:
    """Return a profit and its mark; cash has none, and no more has what is gone."""
    if _known(row[name]) is None and row["market"] in {"CASH", "CLOSED"}:
        return "", "n"
    return _signed(row[name], privacy=privacy), _tone(row[name])


def table_html(frame: pd.DataFrame, *, privacy: bool) -> str:
    """Return the holdings, largest first; what is not known is ``n/a``."""
    if frame.empty:
        return '<p class="jo-empty">No positions.</p>'
    ordered = frame.sort_values("weight", ascending=False, na_position="last", key=abs)
    rows = [
        [
            (str(row["symbol"]), "s"),
            ("" if row["symbol_name"] != row["symbol_name"] else str(row["symbol_name"]), ""),
            (_amount(row["quantity"], privacy=privacy, places=None), "n"),
            (_amount(row["last_done"], privacy=False, places=None), "n"),
            (_amount(row["market_value"], privacy=privacy), "n"),
            (_signed(row["unrealized_pl"], privacy=privacy), _tone(row["unrealized_pl"])),
            (_percent(row["unrealized_pl_pct"]), _tone(row["unrealized_pl_pct"])),
            (_signed(row["day_pl"], privacy=privacy), _tone(row["day_pl"])),
            (_percent(row["day_pl_pct"]), _tone(row["day_pl_pct"])),
            (_share(row["weight"]), "n"),
        ]
        for row in ordered.to_dict("records")
    ]
    return _table("Holdings, each in its own currency", HEADS, rows, "jo-holdings")


def _table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[tuple[str, str]]], name: str) -> str:
    """Return a table; every text is escaped, and a cell's mark is one of ours."""
    top = "".join(f'<th scope="col">{html.escape(text)}</th>' for text in heads)
    body = "".join(
        "<tr>" + "".join(f'<td data-mark="{mark}">{html.escape(text)}</td>' for text, mark in row) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="jo-scroll"><table class="{name}"><caption>{html.escape(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def picture_html(content: bytes, what: str) -> str:
    """Return the picture as part of the page; nothing is loaded from elsewhere."""
    if not content:
        return ""
    data = base64.b64encode(content).decode()
    return f'<img class="jo-picture" alt="{html.escape(what)}" src="data:image/png;base64,{data}">'


def _known(value: Any) -> float | None:
    number = float(value) if isinstance(value, (int, float)) else math.nan
    return number if math.isfinite(number) else None


def _amount(value: Any, *, privacy: bool, places: int | None = 2) -> str:
    number = _known(value)
    if number is None:
        return UNKNOWN
    if privacy:
        return HIDDEN
    if places is None:  # a price or a quantity: the digits it has
        text = f"{number:,.8f}".rstrip("0").rstrip(".")
        return text.replace("-", MINUS)
    return amount_text(number, places=places)


def _signed(value: Any, *, privacy: bool) -> str:
    number = _known(value)
    if number is None:
        return UNKNOWN
    return HIDDEN if privacy else amount_text(number, sign=True, places=2)


def _percent(value: Any) -> str:
    number = _known(value)
    return UNKNOWN if number is None else percent_text(number, sign=True, places=2)


def _share(value: Any) -> str:
    number = _known(value)
    return UNKNOWN if number is None else percent_text(100 * number)


def _tone(value: Any) -> str:
    number = _known(value)
    if not number:
        return "n"
    return "up" if number > 0 else "down"


def _put(widget: Any, value: str) -> None:
    """Set a text if it differs: what has not changed is not sent."""
    if widget.value != value:
        widget.value = value
