"""The command line of ``python -m jupyter_openapi sandbox``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

FAULTS = ("drop_before", "drop_after", "delay", "error500", "http429", "html502", "garbage", "slow_body")
"""What may befall a request."""

SOCKET_FAULTS = ("ws_drop", "ws_halfopen", "ws_delay")
"""What may befall a push, and with it its link."""

ALL_FAULTS = FAULTS + SOCKET_FAULTS

LONGEST_PAST = 1000  # days

PARENT = "JUPYTER_OPENAPI_SANDBOX_OF"  # names the process with which the sandbox ends


@dataclass(frozen=True, slots=True)
class Options:
    """How one sandbox runs.

    `seed` is None to take the database's own (or 1 for a new one); `start` is where a manual clock begins,
    in Unix seconds. `history` is how many days of history a new account starts with. `faults` maps a fault's
    name to (rate, seconds).
    """

    port: int = 0
    db: Path | None = None
    seed: int | None = None
    clock: str = "real"
    start: float | None = None
    limits: bool = True
    sessions: Literal["always", "real"] = "always"
    history: int = 0
    faults: Mapping[str, tuple[float, float | None]] = field(default_factory=dict)
    verbose: bool = False


def parse(argv: Sequence[str]) -> Options:
    """Read the command line; a mistake ends the program with one line on stderr and status 2."""
    given = _parser().parse_args(argv)
    return Options(
        port=given.port,
        db=given.db,
        seed=given.seed,
        clock=given.clock,
        start=given.start,
        limits=given.limits == "on",
        sessions=given.sessions,
        history=given.history,
        faults=dict(given.fault),
        verbose=given.verbose,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jupyter_openapi sandbox",
        description="A paper exchange on 127.0.0.1 that answers like the broker. Its keys are printed first.",
    )
    add = parser.add_argument
    add("--port", type=_port, default=0, help="0, the default, takes any free port")
    add("--db", type=Path, default=None, metavar="PATH", help="keep accounts, orders and keys in this file")
    add("--seed", type=int, default=None, help="the seed of the price paths; kept in the database")
    add("--clock", choices=("real", "manual"), default="real", help="manual: POST /sandbox/clock moves time")
    add("--start", type=_moment, default=None, metavar="TIME", help="where a manual clock begins (ISO 8601)")
    add("--limits", choices=("on", "off"), default="on", help="the broker's rate limits")
    add(
        "--sessions",
        choices=("always", "real"),
        default="always",
        help="always open (the default), or the exchanges' own hours",
    )
    add(
        "--history",
        type=_days,
        default=0,
        metavar="DAYS",
        help="start a new account with so many days of orders, fills, deposits, dividends, a split",
    )
    add(
        "--fault",
        type=fault,
        action="append",
        default=[],
        metavar="NAME=RATE[:SECONDS]",
        help=f"fail this share of the requests (ws_: pushes); NAME is one of {', '.join(ALL_FAULTS)}",
    )
    add("--verbose", action="store_true", help="log every request on stderr")
    return parser


def fault(text: str) -> tuple[str, tuple[float, float | None]]:
    """Read ``NAME=RATE`` or ``NAME=RATE:SECONDS``.

    Examples
    --------
    >>> fault("delay=0.1:2.5")
    ('delay', (0.1, 2.5))
    """
    name, _, value = text.partition("=")
    rate, _, seconds = value.partition(":")
    if name not in ALL_FAULTS:
        raise argparse.ArgumentTypeError(f"there is no fault {name!r}; there are {', '.join(ALL_FAULTS)}")
    try:
        share, wait = float(rate), float(seconds) if seconds else None
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}: write {name}=0.1 or {name}=0.1:2.5") from None
    if not 0 <= share <= 1 or (wait is not None and not 0 <= wait <= 3600):
        raise argparse.ArgumentTypeError(
            f"{text!r}: the rate must be between 0 and 1, the seconds under an hour"
        )
    return name, (share, wait)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; 0 takes any free one")
    return int(text)


def _days(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 2 <= int(text) <= LONGEST_PAST:
        raise argparse.ArgumentTypeError(f"{text!r}: a past has 2 to {LONGEST_PAST} days")
    return int(text)


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is no ISO 8601 time; write 2026-11-23T10:30:00+08:00"
        raise argparse.ArgumentTypeError(message) from None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
