"""The official SDK as a client of the sandbox's sockets, in a process of its own, told what to do by lines.

Run as a program it reads one JSON request a line and answers each with one line; `Agent` is the other end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from decimal import Decimal
from typing import Any, Self


class Agent:
    """Starts the SDK's process; `ask` has it do something and returns what it says."""

    def __init__(self, info: dict[str, Any], **options: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )
        self.ask("start", info=info, **options)

    def ask(self, do: str, **fields: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **fields}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if isinstance(answer, dict) and "failed" in answer:
            raise RuntimeError(answer["failed"])
        return answer

    def until(self, count: int, kind: str = "", seconds: float = 30) -> list[list[Any]]:
        """Return the pushes so far once there are `count` of a kind."""
        deadline = time.monotonic() + seconds
        while True:
            found = [row for row in self.ask("events") if not kind or row[0] == kind]
            if len(found) >= count:
                return found
            assert time.monotonic() < deadline, f"{len(found)} of {count} {kind} pushes: {found}"
            time.sleep(0.05)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


def plain(value: Any) -> Any:
    """Return what the SDK gives as JSON."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    names = [name for name in dir(value) if not name.startswith("_")]
    fields = {name: getattr(value, name) for name in names if not callable(getattr(value, name))}
    kind = type(value)
    if not fields or any(isinstance(one, kind) for one in fields.values()):  # an enum
        return str(value)
    return {name: plain(one) for name, one in fields.items()}


class Session:
    """Both contexts and what they were pushed."""

    def __init__(self, info: dict[str, Any], overnight: bool = False) -> None:
        from longbridge import openapi as lb

        self.lb = lb
        self.info = info
        self.overnight = overnight
        self.events: list[list[Any]] = []
        self.quote = lb.QuoteContext(self.config(lb.QuoteTransport.WebSocket))
        self.http = lb.QuoteContext(self.config(lb.QuoteTransport.Http))
        self.trade = lb.TradeContext(self.config(lb.QuoteTransport.WebSocket))
        for kind in ("quote", "depth", "brokers", "trades", "candlestick"):
            getattr(self.quote, f"set_on_{kind}")(
                lambda symbol, event, kind=kind: self.note(kind, symbol, event)
            )
        self.trade.set_on_order_changed(lambda event: self.note("order", event.symbol, event))

    def config(self, transport: Any) -> Any:
        info = self.info
        return self.lb.Config.from_apikey(
            info["app_key"],
            info["app_secret"],
            info["access_token"],
            http_url=info["http_url"],
            quote_ws_url=info["quote_ws_url"],
            trade_ws_url=info["trade_ws_url"],
            enable_print_quote_packages=False,
            enable_papertrading=True,
            enable_overnight=self.overnight,
            quote_transport=transport,
        )

    def note(self, kind: str, symbol: str, event: Any) -> None:
        self.events.append([kind, symbol, plain(event)])

    def subscribe(self, symbols: list[str], kinds: list[str]) -> None:
        self.quote.subscribe(symbols, [getattr(self.lb.SubType, kind) for kind in kinds])

    def unsubscribe(self, symbols: list[str], kinds: list[str]) -> None:
        self.quote.unsubscribe(symbols, [getattr(self.lb.SubType, kind) for kind in kinds])

    def orders(self) -> None:
        self.trade.subscribe([self.lb.TopicType.Private])

    def candles(self, symbol: str, period: str) -> Any:
        found = self.quote.subscribe_candlesticks(
            symbol, getattr(self.lb.Period, period), self.lb.TradeSessions.Intraday
        )
        return plain(found)

    def realtime(self, what: str, arguments: list[Any]) -> Any:
        if what == "candlesticks":
            arguments = [arguments[0], getattr(self.lb.Period, arguments[1]), arguments[2]]
        return plain(getattr(self.quote, f"realtime_{what}")(*arguments))

    def pull(self, name: str, arguments: list[Any], ways: bool = True) -> list[Any]:
        """Return what a call gives over the socket and over HTTP."""
        given = [self.read(one) for one in arguments]
        contexts = (self.quote, self.http) if ways else (self.quote,)
        return [plain(getattr(context, name)(*given)) for context in contexts]

    def read(self, text: Any) -> Any:
        """Turn ``Enum.Name``, ``date:2026-01-31`` into what they mean."""
        if isinstance(text, list):
            return [self.read(one) for one in text]
        if isinstance(text, str) and text.startswith("date:"):
            from datetime import date

            return date.fromisoformat(text[5:])
        kind, dot, name = str(text).partition("::")
        return getattr(getattr(self.lb, kind), name) if dot else text

    def answer(self, request: dict[str, Any]) -> Any:
        do = request.pop("do")
        if do == "events":
            return self.events
        if do == "forget":
            self.events.clear()
            return None
        return getattr(self, do)(**request)


def main() -> None:
    session: Session | None = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if session is None:
                request.pop("do")
                session = Session(**request)
                answer: Any = None
            else:
                answer = session.answer(request)
        except Exception as failure:  # noqa: BLE001 (told to the other end)
            answer = {"failed": f"{type(failure).__name__}: {failure}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
