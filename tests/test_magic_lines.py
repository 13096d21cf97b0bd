"""Any line at all through the real magic: a result, or one sentence; nothing changes without --execute."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from support import soak
from support.wire import Received, Recorder, recorder
from traitlets.config import Config

from jupyter_openapi import Client, Credentials
from jupyter_openapi.errors import Interrupted, OpenAPIError
from jupyter_openapi.magic.magics import OpenAPIMagics
from jupyter_openapi.session import SESSION
from jupyter_openapi.spec import catalog
from jupyter_openapi.spec.model import Effect

NAMES = sorted({*catalog().operations, *catalog().aliases})
PARAMETERS = sorted({p.name for operation in catalog().operations.values() for p in operation.parameters})
FLAGS = [
    "--execute",
    "--raw",
    "--decimals string",
    "--tz Asia/Hong_Kong",
    "--again",
    "--bogus",
    "-x",
    "--execute=1",
]
VALUES = [
    "700.HK",
    "AAPL.US,5.HK",
    "100",
    "1.5",
    "{price}",
    "{codes}",
    "{1/0}",
    "{nothing}",
    "'a b'",
    '"',
    "{",
    "}}",
    "{{x}}",
    "#",
    "buy",
    "LO",
    "-30d",
    "today",
    "2026-11-01",
    "",
]
COMMANDS = [
    "status",
    "send",
    "wait",
    "positions",
    "submit",
    "GET /v1/asset/stock",
    "POST /v1/trade/order",
    "DELETE /v1/../v1//trade/%6frder",
    "PUT",
    "x <<",
]

words = st.one_of(
    st.sampled_from(VALUES),
    st.builds(
        "{}={}".format,
        st.sampled_from([*PARAMETERS, "price", "quantity", "type", "x y"]),
        st.sampled_from(VALUES),
    ),
    st.sampled_from(FLAGS),
    st.text(max_size=8),
)
heads = st.one_of(st.sampled_from(NAMES), st.sampled_from(COMMANDS), st.text(max_size=10))
lines = st.builds(
    lambda flags, head, rest: " ".join([*flags, head, *rest]),
    st.lists(st.sampled_from(FLAGS), max_size=2),
    heads,
    st.lists(words, max_size=5),
)


cells = st.none() | st.none() | st.text(max_size=20) | st.sampled_from(['{"symbol": "700.HK"}', "side: buy"])
LINES = 10  # an example holds this many: drawing them together is faster


@pytest.fixture(scope="module")
def magics() -> Iterator[tuple[OpenAPIMagics, Recorder]]:
    shell = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    shell.user_ns.update(price=1.5, codes=["700.HK", "5.HK"])
    with recorder() as server:
        SESSION.client = Client(
            Credentials("key-1", "secret-1", "token-1"), "sandbox", server.url, limits=False
        )
        yield OpenAPIMagics(shell), server
        if SESSION.client is not None:  # a line may have disconnected
            SESSION.client.close()
        SESSION.client = None


def type_in(magics: OpenAPIMagics, line: str, cell: str | None = None) -> None:
    """Run a line as a user would; whatever it raises must be one line."""
    try:
        magics.openapi(line, cell, local_ns={})
    except (OpenAPIError, Interrupted) as mistake:
        shown: list[str] = mistake._render_traceback_()
        assert len(shown) == 1
        assert "\n" not in shown[0]
        assert "Traceback" not in shown[0]


def changes(server: Recorder) -> list[Received]:
    """Return what was sent that is not known to be a read."""
    found = [(seen, catalog().match(seen.method, seen.path)) for seen in server.requests]
    return [
        seen
        for seen, match in found
        if (match[0].effect is not Effect.READ if match else seen.method != "GET")
    ]


def test_any_line_is_a_result_or_one_sentence(
    magics: tuple[OpenAPIMagics, Recorder], monkeypatch: pytest.MonkeyPatch
) -> None:
    magic, server = magics
    seen = 0
    # `wait` would wait, and `connect` would start a sandbox: neither is what this is about.
    monkeypatch.setattr(Client, "wait", _at_once)

    @settings(max_examples=soak(100_000, 40) // LINES, suppress_health_check=list(HealthCheck), database=None)
    @given(st.lists(st.tuples(lines, cells), min_size=LINES, max_size=LINES))
    def check(typed: list[tuple[str, str | None]]) -> None:
        nonlocal seen
        for line, cell in typed:
            seen += 1
            server.requests.clear()
            with contextlib.redirect_stdout(io.StringIO()):
                type_in(magic, line, cell)
            if "--execute" not in line:
                SESSION.preview = None
                assert changes(server) == []

    check()
    assert seen >= soak(100_000, 40)


async def _at_once(_client: Client, order_id: str, timeout: float = 60) -> str:
    return f"{order_id} {timeout}"
