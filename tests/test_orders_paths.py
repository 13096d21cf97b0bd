"""Every way to an order is the same way: magic, Python or form, first run or Run All, armed or not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.agreement import exchange_orders
from support.faults import FaultProxy
from support.kernel import Kernel
from support.sandbox import SandboxProcess
from support.shell import Shell, loaded_shell
from support.wire import OK, Received, Recorder, http, recorder

from jupyter_openapi import Client, Credentials, OutcomeUnknown, RequestRefused, connect, run
from jupyter_openapi.session import SESSION
from jupyter_openapi.trading.journal import Journal
from jupyter_openapi.widgets.order_ticket import Ticket

NAMES = ("LONGBRIDGE_APP_KEY", "LONGBRIDGE_APP_SECRET", "LONGBRIDGE_ACCESS_TOKEN")
ORDER: dict[str, Any] = {"symbol": "AAPL.US", "side": "buy", "price": 181, "quantity": 1}


@pytest.fixture(scope="module")
def proxy(sandbox: SandboxProcess) -> Iterator[FaultProxy]:
    with FaultProxy(sandbox.url) as between:
        yield between


def keys(sandbox: SandboxProcess) -> tuple[str, str, str]:
    return sandbox.info["app_key"], sandbox.info["app_secret"], sandbox.info["access_token"]


def make(sandbox: SandboxProcess, url: str, folder: Path, mode: str = "sandbox") -> Client:
    client = Client(Credentials(*keys(sandbox)), mode, url, limits=False, timeout=(1, 0.5))
    client.__dict__["journal"] = Journal(folder / "journal.db")
    return client


@pytest.fixture
def client(sandbox: SandboxProcess, proxy: FaultProxy, tmp_path: Path) -> Iterator[Client]:
    with make(sandbox, proxy.url, tmp_path) as made:
        made._desk._delivery._waits = (0.01,) * 6
        yield made


# --- magic and Python ----------------------------------------------------------------------------------


def test_magic_python_and_form_leave_the_same_rows(sandbox: SandboxProcess, tmp_path: Path) -> None:
    with loaded_shell() as shell, make(sandbox, sandbox.url, tmp_path) as session:
        SESSION.client = session
        shell.run("%openapi --execute submit AAPL.US side=buy price=181 quantity=1 remark='why not'")
        shell.run("%openapi submit AAPL.US side=Buy price=181.00 quantity=1 type=LO remark='why not'")
        shell.run("%openapi send")
        shell.run(
            "%%openapi --execute POST /v1/trade/order\n"
            '{"symbol": "AAPL.US", "side": "Buy", "order_type": "LO", "submitted_price": "181",\n'
            ' "submitted_quantity": "1", "time_in_force": "Day", "remark": "why not"}'
        )
        session.call("submit", **ORDER, remark="why not", execute=True)
        session.call("submit_order", **ORDER, remark="why not").send()
        body = {"symbol": "AAPL.US", "side": "Buy", "order_type": "LO", "submitted_price": "181"}
        body |= {"submitted_quantity": "1", "time_in_force": "Day", "remark": "why not"}
        session.request("POST", "/v1/trade/order", json=body, execute=True)
        fill_in({**body, "submitted_price": "181.0"})
        submits = session.journal.rows()
        ids = [row["order_id"] for row in submits]
        shell.run(f"%openapi --execute replace {ids[0]} price=182 quantity=2")
        session.call("replace", order_id=ids[1], price="182.0", quantity=2, execute=True)
        shell.run(f"%openapi --execute cancel {ids[2]}")
        session.call("cancel", order_id=ids[3], execute=True)
        order = session.call("order_detail", order_id=ids[4]).data
        fill_in({"submitted_quantity": "2", "submitted_price": "182"}, replaces=order, cancel=True)
        changes = session.journal.rows()[len(submits) :]
        SESSION.client = None
    replaces, cancels = ([row for row in changes if row["kind"] == kind] for kind in ("replace", "cancel"))
    assert [len(rows) for rows in (submits, replaces, cancels)] == [7, 3, 3]
    assert len({row["fingerprint"] for row in submits}) == 1
    assert [plain(row) for row in submits] == [plain(submits[0])] * 7
    assert [plain(row) for row in replaces] == [plain(replaces[0])] * 3
    assert [plain(row) for row in cancels] == [plain(cancels[0])] * 3


def fill_in(fields: dict[str, str], *, replaces: dict[str, Any] | None = None, cancel: bool = False) -> None:
    """Do with the order form what a person does: preview, send; then cancel what was sent."""
    form = Ticket(SESSION, lambda: None, replaces=replaces, watched=lambda: False, run=lambda work: work())
    form.preview(fields, "v1")
    assert form.slot.offer is not None, form.error
    form.send(form.slot.offer.id)
    if cancel:
        form.cancel()
        assert form.slot.offer is not None, form.error
        form.send(form.slot.offer.id)
    assert form.error == ""
    form.close()


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Return a journal's row without what differs between orders: ids, times, the cell, the price then."""
    own = (
        "id",
        "created",
        "at",
        "run",
        "cell",
        "trace_id",
        "client_request_id",
        "tag",
        "order_id",
        "last_price",
    )
    own += ("target", "fingerprint", "path") if row["target"] else ()
    body = {
        name: value
        for name, value in (row["body"] or {}).items()
        if name not in {"client_request_id", "order_id"}
    }
    if "remark" in body:
        body["remark"] = body["remark"].removesuffix(str(row["tag"]))
    return {**{name: value for name, value in row.items() if name not in own}, "body": body}


# --- a real kernel -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def variables(sandbox: SandboxProcess, proxy: FaultProxy) -> dict[str, str]:
    return {**dict(zip(NAMES, keys(sandbox), strict=True)), "LONGBRIDGE_HTTP_URL": proxy.url}


@pytest.fixture(scope="module")
def kernel(home: Path, variables: dict[str, str]) -> Iterator[Kernel]:
    with Kernel(home, variables) as running:
        yield running


NOTEBOOK = {
    # The sandbox of these tests has no limits, and a kernel would keep them all the same.
    "c1": (
        "%load_ext jupyter_openapi\nclient = %openapi connect paper\n"
        "client.connection.transport._limiter = None"
    ),
    "c2": "%openapi --execute submit AAPL.US side=buy price=181 quantity=1",
    "c3": "client.call('submit', symbol='AAPL.US', side='buy', price=181, quantity=1, execute=True)",
    "c4": (
        "%%openapi --execute POST /v1/trade/order\nsymbol: AAPL.US\nside: Buy\norder_type: LO\n"
        "submitted_price: 181\nsubmitted_quantity: 1\ntime_in_force: Day"
    ),
}


def test_run_all_twice_is_three_orders_and_not_six(
    kernel: Kernel, home: Path, variables: dict[str, str], sandbox: SandboxProcess
) -> None:
    before = len(exchange_orders(sandbox.client))
    for _ in range(2):
        outputs = {cell: kernel.run(code, cell) for cell, code in NOTEBOOK.items()}
    assert len(exchange_orders(sandbox.client)) == before + 3
    for cell in ("c2", "c3", "c4"):
        (line,) = outputs[cell].error
        assert line.startswith("RequestRefused: Nothing was sent: an earlier run of this cell sent")
        assert "--again" in line
    with Kernel(home, variables) as restarted:
        for cell, code in NOTEBOOK.items():
            assert restarted.run(code, cell).ok == (cell == "c1")
    assert len(exchange_orders(sandbox.client)) == before + 3


def test_a_notebook_run_by_a_program_is_known_by_its_code(
    home: Path, variables: dict[str, str], sandbox: SandboxProcess
) -> None:
    """No cell ids come from nbconvert, papermill and Voila; each of their runs is a kernel of its own."""
    order = "%openapi --execute submit AAPL.US side=buy price=170 quantity=1"
    python = "client.call('submit', symbol='AAPL.US', side='buy', price=169, quantity=1, execute=True)"
    cells = [NOTEBOOK["c1"], order, order, python]
    before = len(exchange_orders(sandbox.client))
    for first in (True, False):
        with Kernel(home, variables) as program:
            assert [program.run(code).ok for code in cells] == [True, first, first, first]
    assert len(exchange_orders(sandbox.client)) == before + 3


def test_inside_one_run_and_with_again_an_order_repeats(kernel: Kernel, sandbox: SandboxProcess) -> None:
    kernel.run(NOTEBOOK["c1"])
    before = len(exchange_orders(sandbox.client))
    loop = (
        "for _ in range(2):\n    %openapi --execute submit AAPL.US side=buy price=180 quantity=1;\n"
        "client.call('submit', symbol='AAPL.US', side='buy', price=180, quantity=1, execute=True)"
    )
    assert kernel.run(loop, "d1").ok
    assert len(exchange_orders(sandbox.client)) == before + 3
    assert not kernel.run(loop, "d1").ok
    assert len(exchange_orders(sandbox.client)) == before + 3
    again = "%openapi --execute --again submit AAPL.US side=buy price=180 quantity=1"
    for _ in range(2):
        assert kernel.run(again, "d1").ok
    assert len(exchange_orders(sandbox.client)) == before + 5
    # A preview is no order: it may be made by every run, and sent by none but the first.
    assert kernel.run("%openapi submit AAPL.US side=buy price=179 quantity=1\n%openapi send", "d2").ok
    second = kernel.run("%openapi submit AAPL.US side=buy price=179 quantity=1\n%openapi send", "d2")
    assert "an earlier run" in second.error[0]
    assert kernel.run("%openapi --again send", "d3").ok


def test_a_basket_of_an_earlier_run_is_not_sent_again(kernel: Kernel, sandbox: SandboxProcess) -> None:
    kernel.run(NOTEBOOK["c1"])
    before = len(exchange_orders(sandbox.client))
    basket = (
        "import pandas as pd\n"
        "df = pd.DataFrame([dict(symbol='AAPL.US', side='buy', price=p, quantity=1) for p in (172, 173)])\n"
        "sent = %openapi --execute submit_order orders={df}\nprint(list(sent.outcome), *sent.message)"
    )
    assert kernel.run(basket, "b1").text.startswith("2 rows: 2 sent.\n['sent', 'sent']")
    said = kernel.run(basket, "b1").text
    assert said.startswith("2 rows: 1 refused, 1 not sent.\n['refused', 'not sent']")
    assert "an earlier run of this cell sent the same order" in said
    assert len(exchange_orders(sandbox.client)) == before + 2


def test_ctrl_c_in_flight_is_one_line_and_ends_the_loop(
    kernel: Kernel, proxy: FaultProxy, sandbox: SandboxProcess
) -> None:
    kernel.run(NOTEBOOK["c1"])
    before, known = len(exchange_orders(sandbox.client)), len(proxy.changes)
    proxy.planned.append("hang_after")
    request = kernel.begin(
        "for price in (174, 175, 176):\n"
        "    try:\n"
        "        %openapi --execute submit AAPL.US side=buy price={price} quantity=1\n"
        "    except Exception:\n"
        "        print('and on it goes')",
        "i1",
    )
    wait_until(lambda: len(proxy.changes) > known and proxy.changes[-1].reached)
    time.sleep(0.2)
    kernel.interrupt()
    output = kernel.finish(request)
    (line,) = output.error
    assert line.startswith(
        "Interrupted: Interrupted while submit_order was in flight: it may have been done."
    )
    assert "`%openapi reconcile`" in line
    assert "\n" not in line
    assert "and on it goes" not in output.text
    assert len(proxy.changes) == known + 1
    assert kernel.run("print(client.unsettled(), client.journal.open()[-1].state)").text == "1 unknown\n"
    shown = kernel.run("for each in client.reconcile(): print(each.verdict, each.how)").text
    assert shown == "done tag\n"
    assert len(exchange_orders(sandbox.client)) == before + 1
    assert kernel.run("%openapi --execute submit AAPL.US side=buy price=177 quantity=1").ok


def test_run_in_a_cell_whose_loop_is_running(kernel: Kernel) -> None:
    kernel.run(NOTEBOOK["c1"])
    shown = kernel.run(
        "import asyncio\nfrom jupyter_openapi import run\n"
        "loop = asyncio.get_running_loop()\n"
        "order = client.call('submit', symbol='AAPL.US', side='buy', price=171, quantity=1, execute=True)\n"
        "state = run(client.wait(order.order_id, timeout=0.3))\n"
        "print(loop.is_running(), state.done, state.order_id == order.order_id)\n"
        "client.call('cancel', order_id=order.order_id, execute=True)\n"
        "print(run(client.wait(order.order_id)).status, (await client.wait(order.order_id)).done)\n"
        "%openapi wait {order.order_id}"
    )
    assert shown.text == "True False True\nCanceledStatus True\n", shown
    assert "CanceledStatus" in shown.result


def test_run_in_plain_python(client: Client) -> None:
    order = client.call("submit", **ORDER, execute=True).order_id
    begun = time.monotonic()
    assert not run(client.wait(order, timeout=0.3)).done
    assert time.monotonic() - begun < 15
    client.call("cancel", order_id=order, execute=True)
    assert run(client.wait(order)).done


def wait_until(condition: Any, within: float = 90) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# --- what is never repeated blindly --------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("page", ["redirect307", "bare429", "html502", "html504"])
def test_a_page_on_the_way_is_no_answer(
    client: Client, proxy: FaultProxy, sandbox: SandboxProcess, page: str, when: str
) -> None:
    orders, known = len(exchange_orders(sandbox.client)), len(proxy.log)
    proxy.planned.append(f"{page}_{when}")
    with pytest.raises(OutcomeUnknown, match="Look before you send it again"):
        client.request("POST", "/v1/trade/unheard/of", json={"a": 1}, execute=True)
    assert [passed.target for passed in proxy.log[known:]] == ["/v1/trade/unheard/of"]
    proxy.planned.append(f"{page}_{when}")
    order_id = client.call("submit", **ORDER, execute=True).order_id
    sent = [passed for passed in proxy.log[known:] if passed.changes][1:]
    # One that was booked is found among today's orders before it would be repeated.
    assert [passed.target for passed in sent] == ["/v1/trade/order"] * (1 if when == "after" else 2)
    assert len({passed.body for passed in sent}) == 1  # the id included
    assert len(exchange_orders(sandbox.client)) == orders + 1
    proxy.planned.append(f"{page}_{when}")
    known = len(proxy.log)
    client.call("replace", order_id=order_id, price=182, quantity=1, execute=True)
    methods = [p.method for p in proxy.log[known:] if p.target.startswith("/v1/trade/order")]
    assert methods == (["GET", "PUT", "GET"] if when == "after" else ["GET", "PUT", "GET", "PUT"])


# --- live is armed by name and by nothing else ---------------------------------------------------------

HABITS = {
    "LONGBRIDGE_TRADE": "1",
    "LONGBRIDGE_TRADING": "true",
    "LONGBRIDGE_LIVE": "1",
    "LONGPORT_TRADING": "yes",
    "JUPYTER_OPENAPI_TRADE": "1",
    "JUPYTER_OPENAPI_ORDERS": "on",
    "OPENAPI_TRADE": "on",
    "TRADE": "1",
    "TRADING": "True",
}
LINES = [
    "%openapi connect live",
    "%openapi connect live;",
    "%openapi connect live # --trade",
    "%openapi connect live  # with --trade it would be armed",
    "%openapi connect live --Trade",
    "%openapi connect live --TRADE",
    "%openapi connect live --trad",
    "%openapi connect live --trades",
    "%openapi connect live --trading",
    "%openapi connect live --trade=yes",
    "%openapi connect live --trade=false",
    "%openapi connect live --trade no",
    "%openapi connect live -trade",
    "%openapi connect live -t",
    "%openapi connect live \N{EM DASH}trade",
    "%openapi connect live trade",
    "%openapi connect live trade=True",
    "%openapi connect live trading=1",
    "%openapi connect live '--trade'",
    "%openapi connect live {'--trade'}",
    "%openapi connect live {arm}",
    "%openapi connect {'live --trade'}",
    "%openapi connect 'live --trade'",
    "%openapi connect Live",
    "%openapi connect live --execute",
    "%openapi connect live --again",
    "%openapi --execute connect live",
    "%openapi connect live --override trade",
    "%%openapi connect live\n--trade",
    "%%openapi connect live\ntrade: true",
]


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Recorder]:
    """Every habit's variable is set, a .env says the same, and whatever arrives is noted."""
    with recorder() as server:
        for name, value in {**HABITS, **dict.fromkeys(NAMES, "k"), "LONGBRIDGE_HTTP_URL": server.url}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        monkeypatch.chdir(tmp_path)
        Path(".env").write_text(
            "\n".join(f"{name}={value}" for name, value in HABITS.items()), encoding="utf-8"
        )
        yield server


@pytest.fixture
def shell() -> Iterator[Shell]:
    with loaded_shell() as loaded:
        yield loaded


def test_no_line_variable_comment_or_typo_arms_live(broker: Recorder, shell: Shell) -> None:
    shell.run("arm = '--trade'\ntrade = trading = True")
    for line in LINES:
        SESSION.client = None
        shell.ip.run_cell(line)
        if SESSION.client is None:
            continue
        assert SESSION.client.account.mode == "live", line
        assert not SESSION.client.account.trading, line
        said = shell.fail("%openapi --execute POST /v1/unheard/of a=1")
        assert "read-only; arm it with `%openapi connect live --trade`" in said, line
        SESSION.client.close()
    assert [seen.method for seen in broker.requests if seen.method != "GET"] == []


def test_arming_is_for_one_connection_only(broker: Recorder, shell: Shell) -> None:
    shell.run("%openapi connect live --trade;")
    assert SESSION.client is not None
    assert SESSION.client.account.trading
    SESSION.client.close()
    shell.run("%openapi connect live;")
    assert not SESSION.client.account.trading
    SESSION.client.close()
    SESSION.client = None


@pytest.mark.parametrize("trading", ["no", "false", "True", "--trade", 1, 0, [], "live"])
def test_python_takes_only_true_for_true(broker: Recorder, trading: Any) -> None:
    with pytest.raises(RequestRefused, match="trading= takes True or False"):
        connect("live", trading=trading)
    with pytest.raises(RequestRefused, match="trading= takes True or False"):
        Client(Credentials("k", "k", "k"), "live", broker.url, trading=trading)
    assert broker.requests == []


def test_a_default_is_not_armed(broker: Recorder) -> None:
    for made in (connect("live"), Client(Credentials("k", "k", "k"), "live", broker.url)):
        with made, pytest.raises(RequestRefused, match="read-only"):
            made.request("POST", "/v1/unheard/of", json={}, execute=True)
    SESSION.client = None
    assert broker.requests == []


# --- the notebook's own limits -------------------------------------------------------------------------


def test_the_limits_are_settings_of_the_notebook(shell: Shell, client: Client) -> None:
    magics = "%config OpenAPIMagics"
    order = "submit AAPL.US side=buy price=181 quantity=1"
    SESSION.client = client
    try:
        shell.run(f"%openapi {order}")
        shell.run(f"{magics}.max_value = {{'USD': 100}}")
        assert "more than the maximum of 100.00 USD" in shell.fail(f"%openapi {order}")
        with pytest.raises(RequestRefused, match="--override max_value"):
            client.call("submit", **ORDER)
        shell.run(f"%openapi --override max_value {order}")
        assert client.order_limits.max_value["HKD"] == 1_000_000  # what is not named stays
        shell.run(f"{magics}.max_value = {{'USD': None}}")
        shell.run("%openapi submit AAPL.US side=buy price=181 quantity=100000")
        for nonsense in (
            "{'USD': 'much'}",
            "{'USD': -1}",
            "{'USD': True}",
            "{'EURO': 1}",
            "{'USD': float('nan')}",
        ):
            shell.ip.run_cell(f"{magics}.max_value = {nonsense}")
            assert shell.run("get_ipython().magics_manager.registry['OpenAPIMagics'].max_value") == {
                "USD": None
            }
        shell.run(f"{magics}.passive = 5")
        assert "below the last price" in shell.fail(f"%openapi {order}")
        again = connect("sandbox")  # the next client is held to them as well
        with pytest.raises(RequestRefused, match="below the last price"):
            again.call("submit", **ORDER)
        again.close()
    finally:
        SESSION.client = SESSION.order_limits = None
        del shell.ip.config["OpenAPIMagics"]  # where %config keeps what it was told, for the next load


# --- the clock -----------------------------------------------------------------------------------------


REFUSED = b'{"code":403201,"message":""}'


def dated(minutes: float) -> bytes:
    from email.utils import formatdate

    return http(headers=f"Date: {formatdate(time.time() + 60 * minutes, usegmt=True)}\r\n")


@pytest.mark.parametrize("minutes", [7, -7])
def test_timestamps_never_repeat_and_follow_the_servers_date_ahead(minutes: int) -> None:
    with (
        recorder(lambda _: dated(minutes)) as server,
        Client(Credentials(f"clock{minutes}", "s", "t"), "sandbox", server.url, limits=False) as client,
    ):
        for _ in range(20):
            client.request("GET", "/v1/asset/account")
        stamps = [float(seen.headers["x-timestamp"]) for seen in server.requests]
        now = time.time()
    assert abs(stamps[0] - now) < 5
    if minutes > 0:
        assert all(abs(stamp - now - 60 * minutes) < 5 for stamp in stamps[1:])
    assert stamps == sorted(set(stamps))


@pytest.mark.parametrize("minutes", [7, -7])
def test_a_clock_that_is_off_is_corrected_by_the_refusal_it_gets(minutes: int) -> None:
    def strict(request: Received) -> bytes:
        away = float(request.headers["x-timestamp"]) - time.time() - 60 * minutes
        good = dated(minutes)
        if abs(away) < 30:
            return good
        return good.replace(b"200 OK", b"403 Forbidden").replace(OK, REFUSED.ljust(len(OK)))

    with (
        recorder(strict) as server,
        Client(Credentials(f"strict{minutes}", "s", "t"), "sandbox", server.url, limits=False) as client,
    ):
        for _ in range(3):
            assert client.request("GET", "/v1/asset/account").code == 0
        stamps = [float(seen.headers["x-timestamp"]) for seen in server.requests]
    assert len(stamps) == 4  # the first was refused and repeated
    assert stamps[1:] == sorted(set(stamps[1:]))


def test_a_strange_date_neither_moves_the_clock_nor_costs_the_answer() -> None:
    dates = [
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Sun, 00 Foo 20x6 99:99:99 GMT",
        "",
        "-1",
        "Sun, 22 Nov 26 10:00:00 -9999",
    ]
    for number, date in enumerate(dates):
        with (
            recorder(lambda _, date=date: http(headers=f"Date: {date}\r\n")) as server,
            Client(Credentials(f"odd{number}", "s", "t"), "sandbox", server.url, limits=False) as client,
        ):
            for _ in range(2):
                assert client.request("GET", "/v1/asset/account").code == 0
            assert abs(float(server.requests[-1].headers["x-timestamp"]) - time.time()) < 5, date


def test_the_date_of_a_proxys_page_is_not_the_brokers() -> None:
    page = dated(30).replace(b"200 OK", b"502 Bad Gateway").replace(OK, b"<html>".ljust(len(OK)))
    replies = [page, http(), http()]
    with (
        recorder(lambda _: replies.pop(0)) as server,
        Client(Credentials("proxy", "s", "t"), "sandbox", server.url, limits=False) as client,
    ):
        for _ in range(2):
            client.request("GET", "/v1/asset/account")
        assert abs(float(server.requests[-1].headers["x-timestamp"]) - time.time()) < 5
