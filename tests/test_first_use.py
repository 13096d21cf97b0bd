"""What one types who has just installed it: an answer says what was meant, in the words that were typed."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.shell import Shell, connected_shell

from jupyter_openapi import portfolio
from jupyter_openapi.errors import RequestRefused, TransportError
from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.vocabulary import FUNCTIONS
from jupyter_openapi.market import orders
from jupyter_openapi.sandbox.launcher import SandboxProcess
from jupyter_openapi.session import SESSION


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    with connected_shell("--seed", "7") as loaded:
        loaded.ip.user_ns.update(client=SESSION.client, sym="AAPL.US", bid=200, qty=3)
        yield loaded


SAYS = {
    # Something was left out: an example by the word that was typed.
    "quote": "quote needs symbol. Such as: `%openapi quote 700.HK AAPL.US`.",
    "trades": "trades needs symbol. Such as: `%openapi trades 700.HK`.",
    "cancel": "cancel_order needs order_id. Such as: `%openapi cancel ORDER_ID`.",
    "wait": "wait needs order_id. Such as: `%openapi wait ORDER_ID`.",
    "submit AAPL.US side=buy quantity=10": "Such as: `%openapi submit 700.HK side=buy type=MO quantity=100`.",
    # A variable without its braces.
    "quote sym": "Did you mean SYM.US? For the value of your variable sym type {sym}.",
    "quote $sym": "For the value of your variable sym type {sym}.",
    "submit AAPL.US side=buy price=bid quantity=1": "For the value of your variable bid type {bid}.",
    "buy qty AAPL.US @ 200": "For the value of your variable qty type {qty}.",
    "cancel sym": "For the value of your variable sym type {sym}.",
    # The order that was meant.
    "buy 100 AAPL": "type %openapi buy 100 AAPL.US @ last (",
    "buy AAPL 100": "type %openapi buy 100 AAPL.US @ last (",
    "sell half TSLA": "type %openapi sell half TSLA.US @ last (",
    "buy 100 700.HK 600": "type %openapi buy 100 700.HK @ 600 (",
    "buy 100 700.HK at 600": "type %openapi buy 100 700.HK @ 600 (",
    "buy 10 AAPL.US limit 200": "type %openapi buy 10 AAPL.US @ 200 (",
    "buy 10 AAPL.US @ 200 GTC": "type %openapi buy 10 AAPL.US @ 200 tif=GTC (",
    "buy 10 shares of AAPL.US @ mkt": "type %openapi buy 10 AAPL.US @ market (",
    "buy 100 700 @ 600": "type %openapi buy 100 700.HK @ 600 (",
    "buy {qty} {sym}": "type %openapi buy {qty} {sym} @ last (",
    "buy ten AAPL.US type=MO": "type %openapi buy 100 AAPL.US type=MO (",
    "buy": "type %openapi buy 100 700.HK @ 600 (",
    # A flag goes to its place with what it was given.
    "positions --out pos.csv": "type %openapi --out pos.csv positions.",
    "positions --out=pos.csv AAPL.US": "type %openapi --out pos.csv positions AAPL.US.",
    "candles 700.HK --tz Asia/Hong_Kong": "type %openapi --tz Asia/Hong_Kong candles 700.HK.",
    "positions --out": "type %openapi --out FILE positions.",
    "GET --tz UTC /v1/asset/stock": "type %openapi --tz UTC GET /v1/asset/stock.",
    # What other programs take as a flag is a parameter here.
    "candles 700.HK --period day": "--period is a parameter, not a flag; type period=day.",
    "sandbox start --db shared.db": "--db is a parameter, not a flag; type db=shared.db.",
    "buy 1 AAPL.US @ last --tif=GTC": "--tif is a parameter, not a flag; type tif=GTC.",
    # A word where an id belongs is not sent to the broker.
    "cancel last": "'last' is not an order id, which is all digits: `%openapi orders` lists them.",
    "replace last price=1": "'last' is not an order id",
    "order_detail newest": "'newest' is not an order id",
    "cancel all": "To cancel every open order type `%openapi cancel_all`.",
    # What is elsewhere.
    "exposure": "type `from jupyter_openapi import portfolio`, then `portfolio.exposure(client)`.",
    "close TSLA.US": "Type `%openapi sell all 700.HK @ market`.",
    "candles 700.HK start=-30d": "history_candlesticks takes start: `%openapi help history_candlesticks`.",
    "orders start=-30d": "history_orders takes start: `%openapi help history_orders`.",
    # A word that is a choice of a parameter.
    "candles 700.HK day": "Type period=day.",
    "candles 700.HK 1d": "Type period=1d.",
    "submit AAPL.US buy 10 200": "Type side=buy.",
    "positions AAPL": "Did you mean AAPL.US?",
    "submit 700.HK zzz=1": "`%openapi help submit_order` lists what it takes.",
}  # fmt: skip


@pytest.mark.parametrize("line", SAYS)
def test_a_refusal_says_what_to_type(shell: Shell, line: str) -> None:
    assert SAYS[line] in shell.fail(f"%openapi {line}")


def test_an_example_is_given_for_what_is_missing_only(shell: Shell) -> None:
    said = shell.fail("%openapi submit AAPL.US side=buy price=nonsense quantity=1")
    assert "is not a number" in said
    assert "Such as" not in said


@pytest.mark.parametrize("line", ["quote exit", "quote print", "quote nothing_of_mine", "quote {sym}.US"])
def test_what_is_no_variable_of_yours_needs_no_braces(shell: Shell, line: str) -> None:
    assert "your variable" not in shell.fail(f"%openapi {line}")


def test_the_line_that_was_meant_is_one_that_works(shell: Shell) -> None:
    for line, said in SAYS.items():
        if said.startswith("type %openapi") and said.endswith("("):
            meant = said.removeprefix("type ").removesuffix(" (")
            if "@ 600" not in meant and "@ 200" not in meant:  # those may be far from the price of today
                assert shell.run(meant).body, line


def test_what_a_body_calls_quantity_is_what_a_line_does(shell: Shell) -> None:
    shown = shell.run("%%openapi --override distance submit\nsymbol: AAPL.US\nside: buy\nprice: 200\nqty: 10")
    assert '"submitted_quantity":"10"' in str(shown)
    assert "variable bid type {bid}" in shell.fail(
        "%%openapi submit\nsymbol: AAPL.US\nside: buy\nprice: bid\nqty: 10"
    )


def test_a_change_of_the_price_alone_keeps_the_quantity(shell: Shell) -> None:
    price = float(shell.run("%openapi quote AAPL.US").last_done.iloc[0])
    low = round(price * 0.8, 2)
    sent = shell.run(f"%openapi --execute buy 10 AAPL.US @ {low}")
    shown = str(shell.run(f"%openapi replace {sent.order_id} price={round(low - 1, 2)}"))
    assert "quantity stays 10, price" in shown
    assert '"quantity":"10"' in shown
    shell.run("%openapi send")
    orders = shell.run("%openapi orders")
    row = orders[orders.order_id == sent.order_id].iloc[0]
    assert (row.price, row.quantity) == (round(low - 1, 2), 10)
    assert "replace_order needs quantity." in shell.fail(f"%openapi replace {sent.order_id}")
    preview = SESSION.connected().replace_order(sent.order_id, price=low)
    assert preview.fields["quantity"] == "10"
    shell.run(f"%openapi --execute cancel {sent.order_id}")


def test_a_replace_that_is_only_looked_at_needs_no_quantity_either(shell: Shell) -> None:
    shown = str(shell.run("%openapi --dry-run replace 1234567890 price=190"))
    assert '{"order_id": "1234567890", "price": "190"}' in shown
    assert "what is left out stays so" in shown
    for flag in ("--explain", "--curl"):  # the very bytes can't be known
        said = shell.fail(f"%openapi {flag} replace 1234567890 price=190")
        assert said.endswith("the quantity of this order is not known; type quantity=, too.")
        assert shell.run(f"%openapi {flag} replace 1234567890 price=190 quantity=10")
    assert "replace_order needs order_id." in shell.fail("%openapi replace price=190")


def test_help_says_what_a_replace_keeps(shell: Shell) -> None:
    (row,) = [
        line for line in str(shell.run("%openapi help replace")).split("\n") if line[2:10] == "quantity"
    ]
    assert "required" not in row
    assert "stays as it is if left out" in row


def test_amounts_of_rows_in_other_currencies_are_said_to_be_so(shell: Shell) -> None:
    frame = portfolio.value(SESSION.connected())
    said = "Each row is in its security's own currency (HKD, USD)."
    assert said in portfolio.notes(frame)
    assert "own currency" not in portfolio.notes(frame[frame["currency"] == "HKD"])


def test_a_refused_line_that_dropped_a_preview_says_so(shell: Shell) -> None:
    shell.run("%openapi buy 1 AAPL.US @ last")
    shell.fail("%openapi sned")
    assert "the last line was refused, and that drops the preview before it" in shell.fail("%openapi send")


def test_python_names_the_method_of_a_word_of_a_line(shell: Shell) -> None:
    client = SESSION.connected()
    for word, method in {
        "positions": "type client.stock_positions(...)",
        "orders": "type client.today_orders(...)",
        "balance": "type client.account_balance(...)",
        "buy": "type client.submit_order(...)",
        "send": "preview.send()",
    }.items():
        with pytest.raises(AttributeError, match=f"no attribute '{word}'") as failed:
            getattr(client, word)
        assert method in str(failed.value)
    with pytest.raises(AttributeError, match=r"no attribute 'nonsense'$"):
        _ = client.nonsense  # type: ignore[attr-defined]
    assert not hasattr(client, "_repr_html_")


def test_a_reply_says_where_its_rows_are(shell: Shell) -> None:
    reply = SESSION.connected().quote("AAPL.US")
    assert repr(reply) == "<Reply to quote: code 0, HTTP 200; .frame() gives its rows>"
    with pytest.raises(AttributeError, match=r"\.frame\(\) gives its rows"):
        _ = reply.last_done  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_a_function_that_is_named_takes_a_client_and_nothing_else(name: str) -> None:
    parameters = inspect.signature(getattr(portfolio, name)).parameters.values()
    assert [each.name for each in parameters if each.default is each.empty] == ["client"]
    assert name not in COMMANDS


def test_a_sandbox_that_does_not_start_says_why(tmp_path: Path) -> None:
    state = str(tmp_path / "shared.db")
    first = SandboxProcess(["--db", state])
    try:
        with pytest.raises(TransportError, match=r"did not start: .*shared\.db is in use by another sandbox"):
            SandboxProcess(["--db", state])
        assert first.alive
    finally:
        first.stop()
    assert not first.alive


@pytest.mark.parametrize("quantity", [None, "", "soon", "0", "-5", "NaN"])
def test_a_quantity_that_is_not_known_is_asked_for_and_never_left_out(quantity: str | None) -> None:
    order = {"status": "NewStatus", "order_type": "LO", "price": "5", "quantity": quantity}
    with pytest.raises(RequestRefused, match="Nothing was sent: the quantity of this order is not known"):
        orders.completed(order, {"order_id": "1", "price": "6"})
    assert orders.completed(order, {"order_id": "1", "price": "6", "quantity": "3"})["quantity"] == "3"
    assert orders.completed({**order, "quantity": "10"}, {"order_id": "1", "price": "6"})["quantity"] == "10"
