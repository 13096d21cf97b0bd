"""Value what one account holds, or several beside each other in one frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from jupyter_openapi.errors import RequestRefused, guarded
from jupyter_openapi.frames import describe, seal
from jupyter_openapi.frames.values import text_column
from jupyter_openapi.market.money import ZERO, amount, exactly, floats, from_float, ratio
from jupyter_openapi.messages import _
from jupyter_openapi.portfolio.arguments import choice, one_client, told
from jupyter_openapi.portfolio.positions import owner_of, warn
from jupyter_openapi.portfolio.prices import currency_code
from jupyter_openapi.portfolio.valuation import SESSIONS, text, valued

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.account import ClientLike


@guarded
def value(
    client: ClientLike | Sequence[ClientLike] | Mapping[str, ClientLike],
    base_currency: str = "HKD",
    session: str = "regular",
) -> pd.DataFrame:
    """Value every holding: one row for each stock, option and fund of each account channel.

    Parameters
    ----------
    client
        A connected `Client`. At most five reads of the account are made, one or two of quotes, and a few more
        of these where quotes are refused. Or several in a list, or by names of your own: one frame with an
        ``account`` column first, each read within its own limits.
    base_currency
        The currency of the totals: ``HKD``, ``USD``, ``CNH``, or any other that the broker has a rate for.
    session
        ``regular`` values at the last price of regular hours; ``latest`` at the last trade of any session,
        named in a last column, `price_session`.

    Returns
    -------
    pandas.DataFrame
        Numbers are ``float64``, multiplied exactly before, and NaN where not known:

        ===================================  ==========================================================
        account_channel, symbol,             as the broker names them; the market of a fund is ``FUND``
        symbol_name, market, currency
        quantity, available_quantity         shares, contracts or fund units
        cost_price, last_done, prev_close    per share or unit, in `currency`; a fund's last_done is its
                                             net asset value
        market_value                         quantity x last_done (x an option's multiplier)
        cost_value                           quantity x cost_price (x an option's multiplier)
        unrealized_pl                        market_value - cost_value, before fees
        unrealized_pl_pct                    of cost_value, in percent
        day_pl                               quantity at the open x (last_done - prev_close), and today's
                                             fills: (last_done - price) x quantity bought, the reverse for
                                             a sale; before fees
        day_pl_pct                           of the value at the previous close and what was put in today,
                                             in percent
        weight                               share of all holdings' value, 0 to 1; cash is not in it
        base_currency, market_value_base,    at today's rates of exchange: gains and losses of the
        unrealized_pl_base                   currencies themselves are not in them
        ===================================  ==========================================================

        ``cost_price`` is average or diluted by the account's own setting; the API does not show which. A cost
        of 0 counts as not known. A fund has no ``prev_close`` and so no ``day_pl``.

        ``attrs["openapi"]`` holds the definitions (``notes``), what could not be read (``missing``), the cash
        (``cash``), the rates used (``rates``), what was closed today (``closed_today``) and the broker's own
        totals (``broker``). `totals` adds up, `notes` says it in words.

    Raises
    ------
    RequestRefused
        `base_currency` is no currency's code, or `session` is neither of the two.

    Warns
    -----
    IncompleteWarning
        Something could not be read: one line says what. What depends on it is NaN, never 0.
    """
    several = named_clients(client)
    base_currency = currency_code(base_currency)
    session = choice("session", session, SESSIONS, _(" or "))
    frame = (
        valued(client, base_currency, session)  # type: ignore[arg-type]
        if several is None
        else together(
            {name: valued(each, base_currency, session) for name, each in several.items()}, _same(several)
        )
    )
    warn(frame.attrs["openapi"]["missing"], _("Not everything could be valued"))
    return frame


def named_clients(given: Any) -> dict[str, ClientLike] | None:
    """Return several clients by name; None where it is one client.

    Without names of the user's own an account is called by its kind and last digits, ``paper …4821``; the
    second of a name has a number.

    Raises
    ------
    RequestRefused
        There is none among them, or one comes twice.
    """
    if isinstance(given, Mapping):
        found = {}
        for name, client in given.items():
            if str(name) in found:
                raise RequestRefused(
                    _("Two accounts are called {name}: give each a name of its own.").format(name=told(name))
                )
            found[str(name)] = one_client(client)
    elif isinstance(given, (list, tuple)):
        found = {}
        for client in map(one_client, given):
            account = client.account
            name = f"{account.mode} …{account.digits}" if account.digits else account.mode
            count = sum(other == name or other.startswith(f"{name} (") for other in found)
            found[f"{name} ({count + 1})" if count else name] = client
    else:
        return None
    if not found:
        raise RequestRefused(_("Pass at least one client: portfolio.value([client_a, client_b])."))
    if len({id(client) for client in found.values()}) < len(found):
        raise RequestRefused(_("A client comes twice: its holdings would count twice."))
    return found


def _same(clients: Mapping[str, ClientLike]) -> list[str]:
    """Return a sentence for each client whose account is that of one before it."""
    found: dict[str, str] = {}
    said = []
    for name, client in clients.items():
        first = found.setdefault(owner_of(client), name)
        if first != name:
            said.append(
                _("{one} and {other} are the same account: what it holds is counted twice.").format(
                    one=first, other=name
                )
            )
    return said


def together(frames: Mapping[str, pd.DataFrame], said: Sequence[str] = ()) -> pd.DataFrame:
    """Return the frames of several accounts as one, an ``account`` column first; weights are of all.

    `said` is what else there is to say of them.
    """
    import pandas as pd

    facts = {name: frame.attrs["openapi"] for name, frame in frames.items()}
    with exactly():
        whole = pd.concat([frame.assign(account=name) for name, frame in _plain(frames)], ignore_index=True)
        values = [from_float(value) for value in whole["market_value_base"]]
        size = sum((abs(value) for value in values if value is not None), ZERO)
        whole["weight"] = floats([ratio(value, size, Decimal(1)) for value in values])
        net = [amount((known.get("broker") or {}).get("net_assets")) for known in facts.values()]
        broker_currencies = {(known.get("broker") or {}).get("currency") for known in facts.values()}
        stated = None if None in net else sum((one for one in net if one is not None), ZERO)
    whole.insert(0, "account", text_column([str(name) for name in whole.pop("account")]))
    rates: dict[str, Any] = {}
    for known in facts.values():
        rates |= known["rates"]
    first = next(iter(facts.values()))
    broker = None
    if stated is not None and len(broker_currencies) == 1:
        broker = {"currency": broker_currencies.pop(), "net_assets": text(stated), "total_cash": None}
    notes = [*said, *dict.fromkeys(line for known in facts.values() for line in known["notes"])]
    return seal(
        describe(
            whole,
            operation="portfolio of several",
            mode=" and ".join(dict.fromkeys(str(known["mode"]) for known in facts.values())),
            source=", ".join(facts),
            requested_at=first["requested_at"],
            base_currency=first["base_currency"],
            cash=[{**part, "account": name} for name, known in facts.items() for part in known["cash"]],
            rates=rates,
            broker=broker,
            closed_today=[
                {**part, "account": name} for name, known in facts.items() for part in known["closed_today"]
            ],
            notes=notes,
            missing=[
                _("{account}: {what}").format(account=name, what=what)
                for name, known in facts.items()
                for what in known["missing"]
            ],
        )
    )


def _plain(frames: Mapping[str, pd.DataFrame]) -> list[tuple[str, pd.DataFrame]]:
    """Return the frames without their attributes, which are not alike; empty ones keep their dtypes."""
    found = []
    for name, frame in frames.items():
        bare = frame.copy()
        bare.attrs = {}
        found.append((name, bare))
    return found
