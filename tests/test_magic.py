"""``%openapi`` in a real IPython shell, against a server that records what arrives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from IPython.core.getipython import get_ipython
from IPython.testing.globalipapp import start_ipython
from support.wire import Received, Recorder, http, recorder

from jupyter_openapi import Client, Credentials, Preview, Reply
from jupyter_openapi.session import SESSION

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

POSITIONS = {
    "list": [
        {
            "account_channel": "lb_papertrading",
            "stock_info": [
                {
                    "symbol": "700.HK",
                    "symbol_name": "TENCENT",
                    "quantity": "650",
                    "available_quantity": "450",
                    "currency": "HKD",
                    "cost_price": "457.53",
                    "market": "HK",
                    "init_quantity": "2000",
                }
            ],
        }
    ]
}
DATA: dict[tuple[str, str], Any] = {
    ("GET", "/v1/asset/stock"): POSITIONS,
    ("POST", "/v1/trade/order"): {"order_id": "693664675163312128"},
    ("POST", "/quote/quotes"): {
        "secu_quote": [{"symbol": "700.HK", "last_done": "600", "timestamp": "1767605400"}]
    },
}


def answer(request: Received) -> bytes:
    data = DATA.get((request.method, request.path), {})
    return http(json.dumps({"code": 0, "message": "success", "data": data}).encode())


@pytest.fixture(scope="module")
def ip() -> Iterator[InteractiveShell]:
    shell = start_ipython() or get_ipython()  # None where another module has started it
    shell.run_line_magic("load_ext", "jupyter_openapi")
    yield shell
    shell.run_line_magic("unload_ext", "jupyter_openapi")


@pytest.fixture
def server(ip: InteractiveShell) -> Iterator[Recorder]:
    with recorder(answer) as listening:
        SESSION.client = Client(
            Credentials("key-1", "secret-1", "token-1"), "sandbox", listening.url, limits=False
        )
        SESSION.preview = None
        yield listening
        SESSION.client.close()
        SESSION.client = None


def result(ip: InteractiveShell, cell: str) -> Any:
    done = ip.run_cell(cell)
    done.raise_error()
    return done.result


def failure(ip: InteractiveShell, cell: str) -> str:
    """Run a cell that must fail; return the one line that IPython shows for it."""
    error = ip.run_cell(cell).error_in_exec
    assert error is not None, f"{cell!r} did not fail"
    lines: list[str] = error._render_traceback_()
    assert len(lines) == 1
    assert "\n" not in lines[0]
    return lines[0]


def changes(server: Recorder) -> list[Received]:
    return [
        seen for seen in server.requests if seen.path.startswith("/v1/trade/order") and seen.method != "GET"
    ]


def test_a_read_is_a_typed_frame(ip: InteractiveShell, server: Recorder) -> None:
    frame = result(ip, "%openapi positions 700.HK AAPL.US")
    assert server.requests[-1].query == "symbol=700.HK&symbol=AAPL.US"
    assert list(frame["symbol"]) == ["700.HK"]
    assert str(frame["quantity"].dtype) == "float64"
    assert frame.attrs["openapi"]["operation"] == "stock_positions"


def test_into_a_variable(ip: InteractiveShell, server: Recorder, capsys: pytest.CaptureFixture[str]) -> None:
    assert result(ip, "%openapi held << positions") is None
    assert "held: 1 row," in capsys.readouterr().out
    assert len(ip.user_ns["held"]) == 1
    result(ip, "same = %openapi positions")
    assert ip.user_ns["same"].equals(ip.user_ns["held"])


def test_raw_is_the_data(ip: InteractiveShell, server: Recorder) -> None:
    assert result(ip, "%openapi --raw positions") == POSITIONS


def test_a_path_is_its_operation(ip: InteractiveShell, server: Recorder) -> None:
    assert (
        result(ip, "%openapi GET /v1/asset/stock symbol=700.HK").attrs["openapi"]["operation"]
        == "stock_positions"
    )
    assert server.requests[-1].query == "symbol=700.HK"


def test_an_unknown_path_is_sent(ip: InteractiveShell, server: Recorder) -> None:
    result(ip, "%openapi GET /v1/unheard/of a=1 b={[2, 3]}")
    assert (server.requests[-1].path, server.requests[-1].query) == ("/v1/unheard/of", "a=1&b=2&b=3")


def test_an_unknown_change_needs_execute(ip: InteractiveShell, server: Recorder) -> None:
    assert isinstance(result(ip, "%openapi DELETE /v1/unheard/of a=1"), Preview)
    assert server.requests == []
    result(ip, "%openapi --execute DELETE /v1/unheard/of a=1")
    assert [seen.method for seen in server.requests] == ["DELETE"]


def test_a_submit_is_a_preview_then_sent_once(ip: InteractiveShell, server: Recorder) -> None:
    result(ip, "bid = 599.5")
    preview = result(ip, "%openapi submit 700.HK side=buy type=LO price={bid} quantity=100")
    assert isinstance(preview, Preview)
    assert "Buy 100 700.HK" in str(preview)
    assert "599.50 HKD" in str(preview)
    assert changes(server) == []
    sent = result(ip, "%openapi send")
    assert isinstance(sent, Reply)
    assert sent.order_id == "693664675163312128"
    (order,) = changes(server)
    body = json.loads(order.body)
    assert body["client_request_id"] == preview.client_request_id
    assert body["remark"] == preview.tag
    assert {name: body[name] for name in body if name not in {"client_request_id", "remark"}} == {
        "symbol": "700.HK",
        "order_type": "LO",
        "side": "Buy",
        "submitted_quantity": "100",
        "time_in_force": "Day",
        "submitted_price": "599.5",
    }
    assert "was sent already" in failure(ip, "%openapi send")
    assert len(changes(server)) == 1


def test_execute_sends_in_one_go(ip: InteractiveShell, server: Recorder) -> None:
    result(ip, "%openapi --execute submit 700.HK side=buy type=MO quantity=100")
    result(ip, "%openapi --execute submit 700.HK side=buy type=MO quantity=100")
    ids = {json.loads(seen.body)["client_request_id"] for seen in changes(server)}
    assert len(ids) == 2


def test_a_cell_with_a_json_body(ip: InteractiveShell, server: Recorder) -> None:
    ip.user_ns["bid"] = "600.5"
    body = {
        "symbol": "700.HK",
        "side": "Buy",
        "order_type": "LO",
        "submitted_price": "{bid}",
        "submitted_quantity": "100",
        "time_in_force": "Day",
        "remark": "Hello {from} $Jupyter 100%",
    }
    result(ip, f"%%openapi --execute POST /v1/trade/order\n{json.dumps(body)}")
    sent = json.loads(changes(server)[0].body)
    assert sent["submitted_price"] == "600.5"
    tag = SESSION.connected().journal.rows()[-1]["tag"]
    assert sent["remark"] == f"Hello {{from}} $Jupyter 100% {tag}"


def test_an_argument_beats_a_global_of_the_same_name(ip: InteractiveShell, server: Recorder) -> None:
    ip.run_cell("symbols = ['GLOBAL.HK']")
    ip.run_cell("def held(symbols):\n    frame = %openapi positions symbol={symbols}\n    return frame")
    ip.run_cell("def cell_held(symbols):\n    %openapi frame << positions symbol={symbols}")
    result(ip, "held(['700.HK'])")
    assert server.requests[-1].query == "symbol=700.HK"
    result(ip, "cell_held(['5.HK'])")
    assert server.requests[-1].query == "symbol=5.HK"


@pytest.mark.parametrize(
    "line",
    [
        "%openapi submit 700.HK side=buy type=MO quantity=100  # try --execute",
        "%openapi  # --execute submit 700.HK side=buy type=MO quantity=100",
        "%openapi submit 700.HK side=buy type=MO quantity=100 remark='--execute'",
        "%openapi submit 700.HK side=buy type=MO quantity=100;",
    ],
)
def test_what_does_not_arm(ip: InteractiveShell, server: Recorder, line: str) -> None:
    result(ip, line)
    assert changes(server) == []


def test_a_late_execute_is_refused(ip: InteractiveShell, server: Recorder) -> None:
    said = failure(ip, "%openapi submit 700.HK side=buy type=MO quantity=100 --execute")
    assert "%openapi --execute submit" in said
    assert server.requests == []


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("%openapi positons", ["positions"]),
        ("%openapi stock_position", ["stock_positions"]),
        ("%openapi positions symbl=700.HK", ["symbl", "symbol"]),
        ("%openapi submit 700.HK", ["side", "order_type", "submitted_quantity"]),
        ("%openapi submit 700.HK side=bye type=LO price=1 quantity=100", ["bye", "Buy", "Sell"]),
        ("%openapi submit 700.HK side=buy type=LO quantity=100", ["submitted_price", "LO"]),
        ("%openapi submit 700.HK side=buy type=LO price=1 quantity={float('nan')}", ["quantity"]),
        ("%openapi order_detail order_id={693664675163312128.0}", ["order_id", "float"]),
        ("%openapi positions symbol={nonsense}", ["nonsense"]),
        ("%openapi --exectue positions", ["--execute"]),
        ("%openapi GET v1/asset/stock", ["/v1/asset/stock"]),
        ("%openapi FETCH /v1/asset/stock", ["FETCH"]),
        ("%%openapi --execute POST /v1/trade/order\n{'symbol': 1}", ["line 1", "column 2"]),
        (
            '%%openapi --execute POST /v1/trade/order\n{\n "symbol": "700.HK",\n}',
            ["not JSON at line", "column"],
        ),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_sent(
    ip: InteractiveShell, server: Recorder, line: str, parts: list[str]
) -> None:
    said = failure(ip, line)
    for part in parts:
        assert part in said, said
    assert server.requests == []


def test_not_connected(ip: InteractiveShell) -> None:
    SESSION.client = None
    assert "%openapi connect sandbox" in failure(ip, "%openapi positions")
    SESSION.preview = None
    assert "%openapi connect sandbox" in failure(ip, "%openapi send")


def test_no_credentials_says_where_to_put_them(
    ip: InteractiveShell, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    for prefix in ("LONGBRIDGE", "LONGPORT"):
        for name in ("APP_KEY", "APP_SECRET", "ACCESS_TOKEN"):
            monkeypatch.delenv(f"{prefix}_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    said = failure(ip, "%openapi connect paper")
    assert "LONGBRIDGE_APP_KEY" in said


def test_alone_it_tells_what_to_type(ip: InteractiveShell, capsys: pytest.CaptureFixture[str]) -> None:
    result(ip, "%openapi")
    said = capsys.readouterr().out
    assert "not connected" in said
    assert "%openapi connect sandbox" in said


def test_status_sends_nothing(ip: InteractiveShell, server: Recorder) -> None:
    said = str(result(ip, "%openapi status"))
    assert "SANDBOX" in said
    assert server.requests == []


def test_loading_twice_and_unloading(ip: InteractiveShell) -> None:
    ip.run_line_magic("reload_ext", "jupyter_openapi")
    assert "openapi" in ip.magics_manager.magics["line"]
    ip.run_line_magic("unload_ext", "jupyter_openapi")
    assert "openapi" not in ip.magics_manager.magics["line"]
    assert "openapi" not in ip.magics_manager.magics["cell"]
    ip.run_line_magic("load_ext", "jupyter_openapi")
    assert "openapi" in ip.magics_manager.magics["cell"]
