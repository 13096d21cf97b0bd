"""What to type: an example line for every operation, and advice for a line that was refused.

An example is made from the operation's description so that it passes its checks. What was seen in this kernel
is preferred (the id of your last order), so that the line runs as it stands. Where the description alone
cannot tell what goes together, the words are in `SPOKEN`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.magic.caller import Scope
from jupyter_openapi.magic.command import CommandSpec
from jupyter_openapi.magic.grammar import Command
from jupyter_openapi.magic.lexer import as_typed
from jupyter_openapi.magic.present import SEEN, RecentValues
from jupyter_openapi.market.orders import with_what_stays
from jupyter_openapi.market.sessions import trading_day
from jupyter_openapi.messages import _
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.check import lacking
from jupyter_openapi.spec.model import Kind, Operation, Parameter
from jupyter_openapi.spec.values import choices

ID = "693664675163312128"
FRIDAY, THIRD_WEEK = 4, (15, 21)

# Arguments by operation, where the required ones alone are no sensible call; None is any value of its kind,
# {expiry} the date in the symbol of an option that trades.
SPOKEN: Mapping[str, Mapping[str, Any]] = {
    "submit_order": {"symbol": "700.HK", "side": "buy", "type": "MO", "quantity": "100"},
    "replace_order": {"order_id": None, "quantity": "200"},
    "estimate_max_purchase_quantity": {"symbol": "700.HK", "side": "buy", "type": "LO", "price": "600"},
    "submit_multileg": {
        "side": "buy",
        "type": "LO",
        "price": "1.5",
        "quantity": "1",
        "strategy": "VerticalCallSpread",
        "legs": [
            {"symbol": "AAPL{expiry}C270000.US", "side": "Buy", "ratio_quantity": "1"},
            {"symbol": "AAPL{expiry}C280000.US", "side": "Sell", "ratio_quantity": "1"},
        ],
    },
    "quote": {"symbol": ["700.HK", "AAPL.US"]},
    "static_info": {"symbol": ["700.HK", "AAPL.US"]},
    "candlesticks": {"symbol": "700.HK", "period": "day", "count": "30"},
    "history_candlesticks": {"symbol": "700.HK", "period": "day", "start": "-30d", "end": "today"},
    "history_orders": {"start": "-30d"},
    "history_executions": {"start": "-30d"},
    "all_executions": {"start": "-30d"},
    "calc_indexes": {"symbol": ["700.HK", "AAPL.US"], "indexes": ["last_done", "pe_ttm_ratio"]},
    "option_quote": {"symbol": ["AAPL{expiry}C270000.US"]},
    "warrant_quote": {"symbol": ["13003.HK"]},
    "warrant_list": {"symbol": "700.HK"},
    "market_constituent": {"symbol": "HSI.HK"},
    "market_rank_list": {"key": "ib_hot_all-hk"},
    "alert_add": {"symbol": "700.HK", "condition": "price_rise", "value_map": {"price": "650"}},
    "dca_create": {"symbol": "AAPL.US", "frequency": "Monthly", "day_of_month": "15", "amount": "100"},
    "dca_set_reminder": {"hours": "1"},
    "fund_submit_order": {"counter_id": None, "action": "BUY", "currency": "USD", "amount": "100"},
    "fund_validate_order": {"counter_id": None, "action": "BUY", "currency": "USD", "amount": "100"},
    "fundamental_industry_rank": {"market": "HK", "indicator": "market_cap", "sort_type": "desc"},
    "us_crypto_overview": {"symbol": "BTCUSD.US"},
    "grid_submit": {
        "symbol": "700.HK",
        "settlement_currency": "HKD",
        "grid_trading_rule": {
            "submitted_base_price": "600",
            "upper_limit_price": "650",
            "lower_limit_price": "550",
            "trigger_price_type": "percent",
            "trigger_percent_up": "1",
            "trigger_percent_down": "1",
            "trigger_quantity": "100",
            "time_in_force": "day",
        },
    },
    "grid_replace": {"order_id": None, "grid_trading_rule": {"upper_limit_price": "660"}},
    "grid_submit_strategy_questionnaire": {"type": "grid", "items": {"1": "A"}},
    "agent_continue_conversation": {
        "agent_id": None,
        "chat_uid": None,
        "message_id": None,
        "answers_by_tool_call": {"call_1": "yes"},
    },
}
INSTEAD: Mapping[str, str] = {"token_refresh": "--execute refresh"}  # calls that only a command makes
SYMBOLS = ("700.HK", "AAPL.US")
TEXTS: Mapping[str, str] = {
    "currency": "USD",
    "settlement_currency": "HKD",
    "market": "HK",
    "markets": "HK",
    "name": "My list",
    "description": "What I watch",
    "counter_id": "ST/HK/700",
    "query": "How did 700.HK do this week?",
    "body": "What I think of 700.HK",
    "file_key": "FILE_KEY",
    "indicator_code": "CPI",
}


def example(
    operation: Operation, name: str | None = None, seen: RecentValues = SEEN, on: date | None = None
) -> str:
    """Return a line, or a cell where an object is needed, that calls an operation.

    Parameters
    ----------
    operation
        What to call.
    name
        How to call it: its name if this is None, or an alias.
    seen
        Where symbols and ids are taken from.
    on
        The day on which its options trade; None for today.
    """
    if operation.name in INSTEAD:
        return f"%openapi {INSTEAD[operation.name]}"
    word = name or usual_name(operation)
    meant = catalog().constants(word)
    given = {
        each: value
        for each, value in arguments(operation, seen, on).items()
        if operation.short.get(each, each) not in meant
    }
    if any(_nested(value) for value in given.values()):
        body = json.dumps(given, ensure_ascii=False, indent=2)
        return f"%%openapi {word}\n{body}"
    words = [_bare(value) for key, value in given.items() if key == operation.main]
    pairs = [f"{key}={_typed(value)}" for key, value in given.items() if key != operation.main]
    return " ".join(["%openapi", word, *words, *pairs])


def usual_name(operation: Operation) -> str:
    """Return the shorter of an operation's name and its first alias that stands for nothing else."""
    alias = next((each for each in operation.aliases if not catalog().constants(each)), operation.name)
    return min(operation.name, alias, key=len)


def arguments(operation: Operation, seen: RecentValues = SEEN, on: date | None = None) -> dict[str, Any]:
    """Return arguments that pass an operation's checks: texts, lists and dictionaries."""
    spoken = SPOKEN.get(operation.name)
    short = {wire: name for name, wire in reversed(list(operation.short.items()))}
    if spoken is not None:
        expiry = f"{_monthly_expiry(on or datetime.now(UTC).date()):%y%m%d}"
        return {
            name: _value(operation, _parameter(operation, name), seen)
            if value is None
            else _dated(value, expiry)
            for name, value in spoken.items()
        }
    required = [
        each for each in operation.parameters if each.required and each.name not in operation.defaults
    ]
    required.sort(key=lambda each: each.name != operation.main)
    return {short.get(each.name, each.name): _value(operation, each, seen) for each in required}


def _dated(value: Any, expiry: str) -> Any:
    if isinstance(value, list):
        return [_dated(each, expiry) for each in value]
    if isinstance(value, dict):
        return {name: _dated(each, expiry) for name, each in value.items()}
    return value.replace("{expiry}", expiry) if isinstance(value, str) else value


def _monthly_expiry(on: date) -> date:
    """Return the first day, two weeks or more after `on`, on which monthly US options expire."""
    day = on + timedelta(days=14)
    while not (day.weekday() == FRIDAY and THIRD_WEEK[0] <= day.day <= THIRD_WEEK[1]):
        day += timedelta(days=1)
    while trading_day("US", day, assume=True) is None:
        day -= timedelta(days=1)
    return day


def _parameter(operation: Operation, name: str) -> Parameter:
    found = operation.parameter(name)
    if found is None:
        raise LookupError(
            _("{name} has no parameter {parameter}").format(name=operation.name, parameter=name)
        )
    return found


def _value(operation: Operation, parameter: Parameter, seen: RecentValues) -> Any:
    if parameter.kind is Kind.OBJECT:
        one: Any = {each.name: _value(operation, each, seen) for each in parameter.fields if each.required}
        return [one] if parameter.array else one
    text = _text(operation, parameter, seen)
    return [text] if parameter.array else text


def _text(operation: Operation, parameter: Parameter, seen: RecentValues) -> str:
    name = parameter.name.removesuffix("[]")
    match parameter.kind:
        case Kind.SYMBOL:
            fitting = [
                each for each in SYMBOLS if not parameter.pattern or re.search(parameter.pattern, each)
            ]
            us_only = operation.name.startswith("us_") or "_us_" in operation.name or operation.region == "us"
            return next(each for each in fitting if each.endswith(".US") or not us_only)
        case Kind.ENUM:
            return choices(parameter).split(", ")[0]
        case Kind.ID:
            return next(iter(seen.fitting(operation, parameter)), TEXTS.get(name.removesuffix("s"), ID))
        case Kind.DATE | Kind.TIMESTAMP | Kind.MILLIS:
            return "-30d" if name.startswith(("start", "beg")) or name == "date" else "today"
        case Kind.DECIMAL:
            return "100"
        case Kind.INTEGER:
            return f"{parameter.minimum or 1:g}"
        case Kind.BOOLEAN:
            return "true"
        case _:
            return TEXTS.get(name, f"A {name.replace('_', ' ')}")


def _nested(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and any(isinstance(each, dict) for each in value)
    )


def _bare(value: Any) -> str:
    return " ".join(as_typed(each) for each in value) if isinstance(value, list) else as_typed(str(value))


def _typed(value: Any) -> str:
    return ",".join(as_typed(each) for each in value) if isinstance(value, list) else as_typed(str(value))


# A name that stands where a value does: not before = or :, not a part of 700.HK, not in braces already.
_NAME = re.compile(r"(?<![\w.{/-])[^\W\d]\w*(?![\w.(\[])(?!['\"]?\s*[=:])")


def brace_advice(line: str, scope: Scope, said: str) -> str:
    """Return what to type for a variable of the user's that stands without its braces, or "".

    `line` is what was typed and refused, and `said` why: only a name that it speaks of counts.
    """
    _operation, _space, typed = line.strip().partition(" ")
    for name in dict.fromkeys(_NAME.findall(typed)):
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", said, re.ASCII) and _is_value(scope, name):
            return _("For the value of your variable {name} type {{{name}}}.").format(name=name)
    return ""


def _is_value(scope: Scope, name: str) -> bool:
    """Tell whether a name is a variable that holds data: no module, function or type."""
    try:
        value = scope.evaluate(name)
    except RequestRefused:
        return False
    return value is not None and not callable(value) and not isinstance(value, ModuleType)


def for_what_lacks(operation: Operation, given: Mapping[str, Any], word: str, said: str) -> str:
    """Return an example of a call by its typed name if it was refused for what was left out, or ""."""
    missing = lacking(with_what_stays(operation, given), given)
    if not missing or not all(name in said for name in missing):
        return ""
    line = example(operation, word).replace(ID, "ORDER_ID")  # none was seen yet: it is no id to send
    if "\n" in line:
        return _("`%openapi help {name}` shows an example.").format(name=word)
    return _("Such as: `{line}`.").format(line=line)


def for_command(spec: CommandSpec, given: Mapping[str, Any]) -> str:
    """Return the same for a command, and where to read about it for any other refusal."""
    if spec.examples and lacking(spec.operation, given):
        return _("Such as: `{line}`.").format(line=f"%openapi {spec.examples[0]}")
    return _("Type %openapi help {name} to read about it.").format(name=spec.name)


def for_bare_choice(command: Command, said: str) -> str:
    """Return how a word is typed that is refused where it stands, and that one parameter of a choice takes.

    ``candles 700.HK day`` means ``period=day``.
    """
    operation = catalog().find(command.word) if command.kind == "operation" else None
    if operation is None:
        return ""
    for item in command.items:
        if item.name is not None or not re.search(rf"(?<!\w){re.escape(item.text)}(?!\w)", said, re.ASCII):
            continue
        taking = [each.name for each in operation.parameters if _is_choice(each, item.text)]
        if len(taking) == 1:
            return _("Type {name}={word}.").format(name=taking[0], word=item.text)
    return ""


def _is_choice(parameter: Parameter, word: str) -> bool:
    if parameter.kind is not Kind.ENUM or word.isdecimal():
        return False
    return word.lower() in {str(each).lower() for each in parameter.values}
