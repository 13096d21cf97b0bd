"""Account statements: one for each past day or month the account has lived, and where to fetch it.

The file's address needs no signature, as the broker's presigned ones: a code in it stands for the right to
read that one file.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from jupyter_openapi.sandbox.dispatch import FILES, carries
from jupyter_openapi.sandbox.hours import midnight, today
from jupyter_openapi.sandbox.refusal import Refused, bad
from jupyter_openapi.sandbox.replies.wire import number, seconds

if TYPE_CHECKING:
    from jupyter_openapi.sandbox.world import World

Fields = dict[str, Any]

MONTHLY = 2
MOST = 500
_KEY = re.compile(r"(daily|monthly)-(\d{8})")


@carries("statements")
def statements(world: World, fields: Fields) -> Fields:
    """Return the statements, newest first; `start_date` is the page, as the official SDK sends it."""
    kind = "monthly" if fields["statement_type"] == MONTHLY else "daily"
    days = _days(world, kind)
    size = min(fields["limit"], MOST)
    first = (fields["start_date"] - 1) * size
    rows = [{"dt": int(f"{day:%Y%m%d}"), "file_key": f"{kind}-{day:%Y%m%d}"} for day in days]
    return {"list": rows[first : first + size]}


@carries("statement_download_url")
def statement_download_url(world: World, fields: Fields) -> Fields:
    """Return where one statement can be fetched."""
    key = fields["file_key"]
    _span(world, key)
    return {"url": f"{world.url}/sandbox/files/{key}.json?code={_code(world, key)}"}


def statement_file(world: World, name: str, code: str) -> Fields:
    """Return a statement's content, if the code is right."""
    key = name.removesuffix(".json")
    if not hmac.compare_digest(code.encode("utf-8", "replace"), _code(world, key).encode()):
        raise Refused("code: not this file's", code=403201, status=403)
    start, end = _span(world, key)
    flows = world.store.flows("at >= ? and at < ? order by seq", [start, end])
    fills = world.store.executions("at >= ? and at < ? order by seq", [start, end])
    return {
        "statement": key,
        "account": str(world.ring.keys.aaid),
        "cash_flows": [
            {
                "name": flow.name,
                "amount": number(flow.amount),
                "currency": flow.currency,
                "symbol": flow.symbol,
                "time": seconds(flow.at),
            }
            for flow in flows
        ],
        "executions": [
            {
                "trade_id": fill.trade_id,
                "symbol": fill.symbol,
                "side": fill.side,
                "quantity": number(fill.quantity),
                "price": number(fill.price),
                "time": seconds(fill.at),
            }
            for fill in fills
        ],
    }


FILES["/sandbox/files/"] = statement_file


def _days(world: World, kind: str) -> list[date]:
    """Return the last day of every period since the account opened that is over."""
    opened = today("HK", world.store.setting("opened"))
    day = today("HK", world.now()) - timedelta(days=1)
    found = []
    while day >= opened:
        if kind == "daily" or (day + timedelta(days=1)).day == 1:
            found.append(day)
        day -= timedelta(days=1)
    return found


def _span(world: World, key: str) -> tuple[float, float]:
    match = _KEY.fullmatch(key)
    try:
        day = datetime.strptime(match[2], "%Y%m%d").replace(tzinfo=UTC).date() if match else None
    except ValueError:
        day = None
    if match is None or day is None or day not in _days(world, match[1]):
        raise bad("file_key", f"there is no statement {key:.60}")
    first = day.replace(day=1) if match[1] == "monthly" else day
    return midnight("HK", first), midnight("HK", day + timedelta(days=1))


def _code(world: World, key: str) -> str:
    return hmac.new(world.ring.keys.app_secret.encode(), key.encode(), hashlib.sha256).hexdigest()
