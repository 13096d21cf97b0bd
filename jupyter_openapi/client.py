"""`Client`: call any operation by name, or any path, on one account."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from jupyter_openapi.account import Account
from jupyter_openapi.connection import Connection, Reader, keep_tokens_out
from jupyter_openapi.credentials import Credentials
from jupyter_openapi.errors import guarded
from jupyter_openapi.history import History, Progress, ProgressBar, Unfinished, fetch
from jupyter_openapi.market.fees import BrokerFees, stated_fees
from jupyter_openapi.market.sessions import MARKETS, read_year
from jupyter_openapi.market.symbols import parse
from jupyter_openapi.market.worth import Instruments
from jupyter_openapi.messages import N_
from jupyter_openapi.operations import Operations
from jupyter_openapi.ratelimit.rates import Urgency
from jupyter_openapi.reply import Reply
from jupyter_openapi.signing import Explanation
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import flag, open_to, seconds, text, texts
from jupyter_openapi.spec.model import Effect, Operation
from jupyter_openapi.spec.request import arguments_of, encode_query, normalise, pairs_of, unknown_change
from jupyter_openapi.stream.subscriber import Subscriber
from jupyter_openapi.trading import Basket, Desk, OrderState, Preview
from jupyter_openapi.trading.basket import cancel_basket, submit_basket
from jupyter_openapi.trading.broker_fees import learn
from jupyter_openapi.trading.journal import Journal
from jupyter_openapi.trading.limits import OrderLimits
from jupyter_openapi.trading.order_state import Looks, describe_progress
from jupyter_openapi.trading.order_state import wait as wait_for
from jupyter_openapi.trading.reconcile import Settlement, reconcile, settle_by_hand
from jupyter_openapi.transport.download import download
from jupyter_openapi.transport.hosts import language_named

if TYPE_CHECKING:
    import pandas as pd

    from jupyter_openapi.stream.gateway import Source


class Client(Operations, Subscriber):
    """Client of one account. Safe to use from several threads; also a context manager.

    Once it is closed every request is refused, until another ``with`` opens it again.

    Parameters
    ----------
    credentials
        The account's app key, app secret and access token.
    mode
        ``sandbox``, ``paper`` or ``live``. Paper sends ``x-papertrading: true``, on which the broker refuses
        a real-money account.
    http_url
        Another host than the broker's: a sandbox, or one named on purpose. It is shown in every preview.
    trading
        Whether orders and other changes may be sent. Default: yes for sandbox and paper, no for live.
    timeout
        Seconds to connect, and to wait for a reply.
    limits
        Keep the broker's limits. False is only for a sandbox.
    region
        ``cn`` for the mainland hosts.
    source
        Where the credentials came from, in words, for titles.
    notify
        Called with one line when a request has to wait for its turn for over a second.
    language
        ``en``, ``zh-CN`` or ``zh-HK``: the language of names and of the broker's messages. Default:
        ``LONGBRIDGE_LANGUAGE``, else English.
    limits_url
        A Redis server, where kernels on several machines share the account's limits. Default:
        ``LONGBRIDGE_LIMITS_URL``, else files of this user. Its password is never shown.

    Raises
    ------
    RequestRefused
        A mode, host or limit that is not allowed. Nothing is connected to until the first call.
    """

    def __init__(
        self,
        credentials: Credentials,
        mode: str = "paper",
        http_url: str | None = None,
        *,
        trading: bool | None = None,
        timeout: tuple[float, float] = (5, 30),
        limits: bool = True,
        region: str | None = None,
        source: str = N_("given in Python"),
        notify: Callable[[str], None] | None = None,
        language: str | None = None,
        limits_url: str | None = None,
    ) -> None:
        self.connection = Connection(
            credentials,
            mode,
            http_url,
            trading=trading,
            timeout=timeout,
            limits=limits,
            region=region,
            source=source,
            notify=notify,
            language=language,
            limits_url=limits_url,
        )
        self._transport = self.connection.transport
        self._reader = Reader(self.connection)
        self._order_reader = Reader(self.connection, Urgency.ORDER)
        self.instruments = Instruments()
        self.tz = "UTC"
        self.preview_made: Callable[[Preview], None] | None = None  # told of each preview
        self._unfinished = Unfinished()

    def __repr__(self) -> str:
        return f"<Client of {self.account.title}>"

    def __enter__(self) -> Self:
        self._transport.closed = False
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the subscriptions and connections, and the store of the shared limits, for good.

        A change that is being sent finishes first; whatever is asked later is refused.
        """
        self._transport.closed = True
        self.pause()

    def pause(self) -> None:
        """Close what `close` closes, until the next request opens it again."""
        self.close_subscriptions()
        self.connection.close()

    def refuse_closed(self) -> None:
        """Refuse to go on once it is closed."""
        self._transport.refuse_closed()

    @property
    def account(self) -> Account:
        """Which account this is, and whether orders are on."""
        return self.connection.account

    @property
    def language(self) -> str:
        """The language of names and of the broker's messages: ``en``, ``zh-CN`` or ``zh-HK``; may be set."""
        return self._transport.language

    @language.setter
    @guarded
    def language(self, tag: str) -> None:
        self._transport.language = language_named(tag)

    def token_days_left(self) -> float | None:
        """Return the days until the access token ends, or None if it does not say."""
        return self.connection.credentials.facts.days_left()

    @property
    def token_renews(self) -> bool:
        """Whether the access token is one of OAuth that renews itself before it ends."""
        return self.connection.renewal is not None

    def limits_left(self) -> dict[str, int]:
        """Return how many calls each of the broker's limits still allows now; empty when none are kept."""
        return self.connection.limits_left()

    @property
    def throttled(self) -> int:
        """How often the broker has answered 429 (too many requests), also where a repeat succeeded."""
        return self.connection.transport.throttled

    def clock_offset(self) -> float:
        """Return the seconds by which the server's clock is ahead of this machine's; 0 when they agree."""
        return self.connection.transport.clock.offset

    @guarded
    def explain(self, method: str, path: str, query: str = "", body: bytes = b"") -> Explanation:
        """Show how a request would be signed now, with the token and the key masked; nothing is sent."""
        return self.connection.explain(method, path, query, body)

    @guarded
    def refresh(self, *, days: int = 90) -> Credentials:
        """Exchange the access token for a new one that lasts `days`, and use it from now on.

        The old token stops working everywhere, so keep what this returns. It is sent once, never repeated.
        """
        return self.connection.refresh(days)

    @cached_property
    def journal(self) -> Journal:
        """The record of what was sent, on disk, shared by all kernels of this user."""
        return Journal()

    @cached_property
    def _looks(self) -> Looks:
        return Looks(self._order_reader, self.limits_left)

    @cached_property
    def _desk(self) -> Desk:
        desk = Desk(self.connection, self.journal, self._order_reader.data)
        desk.made = lambda preview: self.preview_made and self.preview_made(preview)
        desk.instruments = self.instruments
        return desk

    def stream_source(self) -> Source:
        """Return what subscriptions need of this client."""
        from jupyter_openapi.stream.gateway import Source

        region = self.connection.credentials.facts.region
        return Source(
            self._transport,
            self._reader.data,
            language=self.language,
            region=region,
            settings=self.stream_settings,
        )

    @property
    def order_limits(self) -> OrderLimits:
        """The limits that a single order needs a named override to pass; may be set."""
        return self._desk.limits

    @order_limits.setter
    def order_limits(self, limits: OrderLimits) -> None:
        self._desk.limits = limits

    @property
    def fees(self) -> Mapping[str, BrokerFees]:
        """The broker's own fees by market, which estimates use; may be set, as `stated_fees` takes them."""
        return dict(self._desk.fees)

    @fees.setter
    @guarded
    def fees(self, stated: Mapping[str, Any]) -> None:
        self._desk.fees = stated_fees(stated)

    @guarded
    def fetch_calendar(self, year: int, market: str | None = None) -> dict[str, int]:
        """Read a year's trading days from the broker and keep them; return their number by market."""
        return {name: read_year(self._reader.data, name, year) for name in ([market] if market else MARKETS)}

    @guarded
    def learn_fees(self, market: str | None = None) -> dict[str, BrokerFees]:
        """Work out the broker's own fees from the last filled orders, and estimate with them from now on."""
        learnt = learn(self._reader.data, self.instruments, market)
        self._desk.fees |= learnt
        return learnt

    def _call(
        self,
        operation: str,
        parameters: Mapping[str, Any],
        *,
        execute: bool,
        again: bool,
        override: Iterable[str],
        tick: str | None,
    ) -> Reply | Preview | Basket | pd.DataFrame:
        known, execute, again = catalog().named(operation), flag("execute", execute), flag("again", again)
        given = {**catalog().constants(operation), **parameters}
        if known.effect is Effect.READ:
            reply = self._reader.read(known, given, tz=self.tz)
            if known.name == "order_detail" and isinstance(reply.data, Mapping):
                reply.words = describe_progress(reply.data)
            return reply
        keep_tokens_out(known)
        orders = given.pop("orders", None) if known.name == "submit_order" else None
        if orders is not None:
            basket = self.basket(orders, override=override, tick=tick)
            return basket.send(again=again) if execute else basket
        preview = self._desk.preview(known, given, tz=self.tz, override=override, tick=tick)
        return preview.send(again=again) if execute else preview

    @guarded
    def pages(self, operation: str, /, *, progress: Progress | None = None, **parameters: Any) -> History:
        """Fetch a whole history, every row from its start on; after Ctrl-C the same call goes on from there.

        Parameters
        ----------
        operation
            ``history_orders``, ``history_executions``, ``all_executions``, ``cash_flow``, ...
        progress
            Called after each reply; a bar is shown when there is more than one, if not given.
        parameters
            As `call`; a start is needed.

        Returns
        -------
        History, with `frame()` and `summary()`; `complete` says whether every row is there.
        """
        known = catalog().named(operation)
        return fetch(
            self._reader.data,
            known,
            {**catalog().constants(operation), **parameters},
            tz=self.tz,
            progress=progress or ProgressBar(known.name),
            resume=self._unfinished,
            facts=self._reader.facts(known.name),
        )

    @guarded
    def candles(
        self,
        symbols: str | Iterable[str],
        *,
        period: Any = "day",
        count: int = 100,
        pivot: bool = False,
        **parameters: Any,
    ) -> pd.DataFrame:
        """Return the latest candlesticks of several symbols in one frame, one row a bar, `symbol` first.

        `trade_date` is in the zone of each market. With `pivot` there is one row a time, and columns
        of field and symbol. Other `parameters` are those of ``candlesticks``.
        """
        from jupyter_openapi.history.candles import candles_of

        wanted = texts("symbols", symbols)
        known = {**parameters, "period": period, "count": count}

        def frame_of(symbol: str) -> pd.DataFrame:
            reply: Reply = self.call("candlesticks", symbol=symbol, **known)
            return reply.frame(tz=self.tz)

        return candles_of(wanted, frame_of, pivot=pivot)

    @guarded
    def basket(self, orders: Any, *, override: Iterable[str] = (), tick: str | None = None) -> Basket:
        """Preview several orders: a DataFrame or a list of mappings, one order a row.

        Its `send()` sends the rows one after the other and returns a frame with the outcome of each. A basket
        that failed half-way sends only the rest when it is made and sent again.
        """
        self.refuse_closed()
        return submit_basket(
            self._desk,
            self._order_reader.data,
            self.journal,
            orders,
            tz=self.tz,
            override=override,
            tick=tick,
        )

    @guarded
    def cancel_all(self, symbol: Sequence[str] = ()) -> Basket:
        """Preview the cancelling of every open order, or those of some symbols; its `send()` does it."""
        symbols = [str(parse(each)) for each in texts("symbol", symbol)]
        return cancel_basket(self._desk, self._order_reader.data, symbols)

    @guarded
    def request(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        execute: bool = False,  # noqa: FBT001, FBT002 (pinned)
        *,
        undescribed: bool = False,
    ) -> Reply | Preview:
        """Send any request, to a path known to us or not.

        A path of the specification is sent as its operation, with the same checks and the same desk. An
        unknown GET is a read; anything else unknown counts as a trade.

        Parameters
        ----------
        method, path
            Such as ``GET`` and ``/v1/asset/stock``; the path may carry a query.
        params
            Query parameters; a list repeats its key.
        json
            The body.
        execute
            Send a change at once instead of previewing it.
        undescribed
            Let parameters pass that the specification does not describe on a path that it knows; for reads
            only, since what an order does must be known before it is sent.
        """
        verb, plain, inline = normalise(method, path)
        execute = flag("execute", execute)
        pairs = [*inline, *pairs_of(params)]
        match = catalog().match(verb, plain)
        if match is not None:
            operation, in_path = match
            if undescribed:
                operation = open_to(operation, [*(name for name, _value in pairs), *(json or ())])
            return self._named(
                operation, {**in_path, **arguments_of(operation, pairs, json)}, execute=execute
            )
        if verb == "GET":
            return self._reader.get(plain, pairs, json)
        preview = self._desk.raw(unknown_change(verb, plain), encode_query(pairs), json)
        return preview.send() if execute else preview

    @guarded
    def reconcile(self) -> list[Settlement]:
        """Find out what became of this account's orders of unknown outcome, reading only; a row for each."""
        link = self.connection
        return reconcile(
            self.journal,
            link.owner,
            self._order_reader.data,
            mode=self.account.mode,
            ahead=link.transport.clock.offset,
            server_now=link.transport.server_now,
        )

    @guarded
    def settle(self, intent: int, *, done: bool, order_id: str | None = None) -> Settlement:
        """Settle by hand an order that `reconcile` can't: state whether the broker did it."""
        return settle_by_hand(
            *(self.journal, self.connection.owner, self._order_reader.data, intent),
            done=flag("done", done),
            order_id=order_id,
        )

    def unsettled(self) -> int:
        """Return how many orders of this account have an unknown outcome in the journal; nothing is sent."""
        if not self.journal.path.exists():
            return 0
        return len(self.journal.open(self.connection.owner, mode=self.account.mode))

    @guarded
    async def wait(self, order_id: str, timeout: float = 60) -> OrderState:  # noqa: ASYNC109 (pinned)
        """Wait until an order is filled, cancelled, rejected or expired, or `timeout` seconds have passed.

        While a subscription to orders is live, its pushes tell when to look; otherwise the order is looked at
        once a second. Returns the last known state; its `done` tells an end from a time-out.
        """
        self.refuse_closed()
        live, patience = self.live, seconds("timeout", timeout)
        watch = None if live is None else live.order_news
        return await wait_for(self._looks, text("order_id", order_id), patience, watch=watch)

    @guarded
    def download(self, url: str) -> bytes:
        """Fetch a presigned file (a statement, say); none of our credentials travel with it."""
        self.refuse_closed()
        return download(text("url", url))

    def _named(self, operation: Operation, arguments: Mapping[str, Any], *, execute: bool) -> Reply | Preview:
        if operation.effect is Effect.READ:
            return self._reader.read(operation, arguments, tz=self.tz)
        keep_tokens_out(operation)
        preview = self._desk.preview(operation, arguments, tz=self.tz)
        return preview.send() if execute else preview
