"""The widgets around the states: messages in, views out, no secret in a trait, nothing heavy too soon."""

from __future__ import annotations

import gc
import json
import re
import subprocess
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
from browser.fakes import FakeClient, FakeSession, until
from ipywidgets import Widget
from support.page import Told

from jupyter_openapi import colors
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.widgets import (
    Blotter,
    CredentialPanel,
    OrderForm,
    PortfolioView,
)
from jupyter_openapi.widgets import (
    order_ticket as ticket,
)
from jupyter_openapi.widgets import (
    panel as page,
)
from jupyter_openapi.widgets.panel import static

SECRETS = {
    "app_key": "key-" + "k" * 28,
    "app_secret": "secret-" + "s" * 57,
    "access_token": "token-" + "t" * 90,
}
SCRIPTS = (
    "credential_panel.js", "order_form.js", "blotter.js", "portfolio_view.js", "watch.js", "chart.js",
)  # fmt: skip
STYLES = ("panel.css", "order.css", "blotter.css", "portfolio.css", "watch.css", "chart.css")
FIELDS = {
    "symbol": "700.HK",
    "side": "Buy",
    "order_type": "LO",
    "submitted_price": "600",
    "submitted_quantity": "100",
    "time_in_force": "Day",
}
LABELS = {
    "credential_panel.js": [
        "App Key", "App Secret", "Access Token", "Account", "Profile", "Allow trading", "Sandbox", "Paper",
        "Live", "Connect", "Refresh token", "Forget",
    ],
    "order_form.js": [
        "Symbol", "Side", "Type", "Price", "Quantity", "Time in force", "Trigger price", "Trailing amount",
        "Trailing percent", "Limit offset", "Expire date", "Outside RTH", "Remark", "Preview", "Send order",
        "Cancel", "Take profit", "Stop loss", "All", "Half", "Max",
    ],
    "blotter.js": ["Symbol", "Status", "Refresh", "Cancel all", "Replace", "Cancel", "Keep", "Close"],
    "portfolio_view.js": ["Base currency", "Hide amounts", "Refresh"],
}  # fmt: skip


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticket, "SOON", 0.0)


def form(client: FakeClient | None = None, **more: Any) -> tuple[OrderForm, Told]:
    panel = OrderForm(session=FakeSession(client or FakeClient()), **more)
    return panel, Told(panel)


def test_nothing_heavy_is_imported_before_a_panel_is_asked_for() -> None:
    code = (
        "import sys, jupyter_openapi.widgets as w; "
        "print([n for n in ('ipywidgets', 'anywidget', 'pandas', 'requests') if n in sys.modules], dir(w))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.startswith("[] ")
    assert "OrderForm" in done.stdout


def test_an_unknown_panel_is_no_attribute() -> None:
    import jupyter_openapi.widgets as package

    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = package.Nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", LABELS)
def test_the_labels_are_those_that_were_agreed_on(name: str) -> None:
    source = static(name)
    words = set(re.findall(r'"([^"\n]*)"|\b(\w+): (?=\()', source))
    keys = {key for _, key in words if key}
    missing = [label for label in LABELS[name] if label not in {text for text, _ in words} | keys]
    assert missing == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_panel_s_modules_are_one_script_with_every_name_once(name: str) -> None:
    source = static(name)
    assert not re.findall(r"^(?:import|export (?!default))", source, re.MULTILINE)
    declared = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", source, re.MULTILINE)
    assert len(declared) == len(set(declared)), sorted({one for one in declared if declared.count(one) > 1})
    assert source.count("export default") == 1


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_take_no_html_and_load_nothing(name: str) -> None:
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|https?:|import[ (]"
    assert re.findall(banned, re.sub(r"//.*", "", static(name))) == []


@pytest.mark.parametrize("name", STYLES)
def test_the_styles_load_nothing(name: str) -> None:
    assert re.findall(r"url\(|@import|https?:", static(name)) == []


def test_keys_are_in_no_trait_before_while_and_after_they_are_used() -> None:
    session: Any = FakeSession()
    panel = CredentialPanel(session=session)
    told = Told(panel)
    works: list[Any] = []
    panel.login._run = works.append
    message = told.tell("connect", mode="paper", trading=True, **SECRETS)
    assert works
    held = [json.dumps(panel.get_state(), default=repr), repr(vars(panel.login)), repr(message)]
    works.pop()()
    held += [json.dumps(panel.get_state(), default=repr), repr(panel), repr(told.views), repr(message)]
    assert [name for name, value in SECRETS.items() if any(value in text for text in held)] == []
    assert not any(panel.trait_metadata(name, "sync") for name in panel.traits() if "secret" in name)
    panel.close()


def test_a_key_that_can_t_be_used_is_said_in_the_panel_without_it() -> None:
    panel = CredentialPanel(session=FakeSession())  # type: ignore[arg-type]
    told = Told(panel)
    message = told.tell("connect", mode="paper", **{**SECRETS, "app_secret": "two words"})
    assert until(lambda: "app secret holds white space" in told.view["error"])
    assert "two words" not in repr(told.views) + repr(message)
    panel.close()


def test_the_form_s_state_holds_rules_and_nothing_of_the_account() -> None:
    panel, told = form()
    told.tell("hello")
    told.tell("preview", fields=FIELDS, version="a", epoch=panel.ticket.epoch)
    assert until(lambda: told.view["offer"])
    state = json.dumps(panel.get_state(), default=repr)
    assert "4821" not in state
    assert "700.HK" not in state
    assert "600" not in json.dumps(panel.get_state()["_setup"])
    panel.close()


def test_preview_then_send_by_messages() -> None:
    client = FakeClient()
    panel, told = form(client)
    told.tell("hello")
    told.tell("preview", fields=FIELDS, version="a", epoch=panel.ticket.epoch)
    assert until(lambda: told.view["offer"])
    offer = told.view["offer"]
    assert offer["button"] == "Send order"
    assert offer["version"] == "a"
    for _ in range(3):
        told.tell("send", offer=offer["id"])
    assert until(lambda: told.view["order"] and told.view["order"]["words"].startswith("Buy"))
    assert len(client.sent) == 1
    assert told.view["seen"] == {"page-1": told.number}
    panel.close()


def test_a_message_that_arrives_twice_counts_once() -> None:
    panel, told = form()
    message = told.tell("preview", fields=FIELDS, version="a", epoch=panel.ticket.epoch)
    assert until(lambda: panel.ticket.slot.offer)
    offer = panel.ticket.slot.offer
    panel._handle_custom_msg(message, [])
    assert panel.ticket.slot.offer is offer
    panel.close()


def test_a_page_that_shows_other_fields_than_the_kernel_s_is_not_heeded() -> None:
    panel, told = form()
    panel.ticket.start({"symbol": "AAPL.US"})
    told.tell("edit", fields=FIELDS, version="a", epoch=panel.ticket.epoch - 1)
    assert panel.ticket.fields == {"symbol": "AAPL.US"}
    panel.close()


def test_a_broken_message_is_an_error_in_the_panel() -> None:
    panel, told = form()
    told.tell("send")
    assert until(lambda: told.view["error"] == "KeyError: 'offer'")
    panel._handle_custom_msg("not a message", [])
    panel._handle_custom_msg({"kind": "send"}, [])
    assert told.view["error"] == "KeyError: 'offer'"
    panel.close()


def test_names_in_python_are_the_magic_s_short_names() -> None:
    panel, _ = form(symbol="700.HK", side="sell", price=600, quantity=100, type="limit", tif="GTC")
    assert panel.ticket.fields == {**FIELDS, "side": "Sell", "time_in_force": "GTC"}
    panel.close()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"prices": 600}, "no field 'prices'. Did you mean price"),
        ({"type": "FOO"}, "Type can't be 'FOO': choose LO, ELO"),
        ({"side": "both"}, "Side can't be 'both': choose Buy, Sell"),
    ],
)
def test_what_the_form_can_t_start_with_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestRefused, match=said):
        form(**fields)
    Widget.close_all()  # it would stumble over a panel that stayed behind half made


def test_nobody_looks_until_a_page_opens_and_after_it_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    client = FakeClient()
    panel, told = form(client, symbol="700.HK")
    assert until(lambda: not panel.ticket.tape._poller.running)
    assert client.calls == []
    told.tell("hello")
    assert panel.watched()
    assert until(lambda: client.names("quote"))
    told.tell("gone")
    assert not panel.watched()
    told.tell("ping")
    monkeypatch.setattr(page, "LOOKING", 0.0)
    assert not panel.watched()
    panel.close()


def test_a_closed_panel_looks_no_more() -> None:
    client = FakeClient()
    panel, told = form(client, symbol="700.HK")
    told.tell("hello")
    assert until(lambda: client.names("quote"))
    panel.close()
    assert until(lambda: not panel.ticket.tape._poller.running)


def test_privacy_shows_no_amounts_and_no_ids() -> None:
    client = FakeClient()
    panel, told = form(client, privacy=True)
    told.tell("hello")
    told.tell("preview", fields=FIELDS, version="a", epoch=panel.ticket.epoch)
    assert until(lambda: told.view["offer"])
    told.tell("send", offer=told.view["offer"]["id"])
    assert until(lambda: told.view["order"] and told.view["order"]["status"])
    shown = json.dumps(told.views)
    assert "4821" not in shown
    assert panel.ticket.order_id not in shown
    assert "60,000" not in shown
    panel.privacy = False
    assert until(lambda: "4821" in json.dumps(told.view))
    panel.close()


def test_the_title_carries_the_account_and_the_time() -> None:
    panel, told = form()
    told.tell("hello")
    assert told.view["title"] == "PAPER account …4821 (profile 'main')"
    assert re.fullmatch(r"\d\d:\d\d:\d\d UTC", told.view["time"])
    panel.close()


def panels() -> list[Any]:
    session: Any = FakeSession()
    return [kind(session=session) for kind in (OrderForm, Blotter, CredentialPanel, PortfolioView)]


def test_collecting_a_panel_closes_nothing() -> None:
    """Python collects also in a thread that holds a lock which closing takes; it would wait for itself."""

    class Counting(OrderForm):
        closed = 0

        def close(self) -> None:
            Counting.closed += 1
            super().close()

    session: Any = FakeSession()
    panel = Counting(session=session)
    panel.close()
    gone = weakref.ref(panel)
    del panel
    assert until(lambda: gc.collect() >= 0 and gone() is None)  # its last look may still be under way
    assert Counting.closed == 1


def test_without_widgets_a_text_says_what_to_install() -> None:
    for panel in panels():
        data, _ = panel._repr_mimebundle_()
        assert "pip install anywidget ipywidgets" in data["text/plain"]
        assert "%openapi" in data["text/plain"]
        assert "application/vnd.jupyter.widget-view+json" in data
        panel.close()


def test_a_line_stands_before_each_panel_for_a_notebook_without_its_kernel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    for panel in panels():
        panel._ipython_display_()
        line, view = shown[-2:]
        assert f'<p class="{panel._line}">{panel.NAME}: run this cell to open it.</p>' in line["text/html"]
        assert "text/plain" not in line, "a terminal would print it beside the text of the panel"
        assert view["application/vnd.jupyter.widget-view+json"]["model_id"] == panel.model_id
        panel.close()


def test_a_form_that_is_not_connected_says_what_to_do() -> None:
    panel = OrderForm(session=FakeSession())
    told = Told(panel)
    told.tell("hello")
    assert "%openapi login" in told.view["error"]
    panel.close()


def test_another_account_is_said_whichever_way_it_was_connected() -> None:
    client = FakeClient()
    panel, told = form(client)
    told.tell("hello")
    told.tell("preview", fields=FIELDS, version="a", epoch=panel.ticket.epoch)
    offer = told.wait_for("offer")
    panel._session.client = FakeClient()  # by Python, which tells no panel
    told.tell("ping")
    assert told.wait_for("offer", lambda now: now is None) is None
    assert "Another account is connected" in told.wait_for("error")
    told.tell("send", offer=offer["id"])
    assert until(lambda: told.view["seen"]["page-1"] == told.number)
    assert client.sent == panel._session.client.sent == []
    assert panel.ticket.fields["symbol"] == "700.HK"
    panel.close()


def test_a_take_profit_and_a_stop_loss_become_attached_orders() -> None:
    client = FakeClient()
    panel, told = form(client)
    fields = {**FIELDS, "take_profit": "650", "stop_loss": "570"}
    told.tell("preview", fields=fields, version="a", epoch=panel.ticket.epoch)
    told.tell("send", offer=told.wait_for("offer")["id"])
    assert until(lambda: client.sent)
    (_, sent), *_ = client.sent
    assert sent["attached_params"] == {
        "attached_order_type": "BRACKET",
        "profit_taker_price": "650",
        "stop_loss_price": "570",
    }
    assert "take_profit" not in sent
    panel.close()


@pytest.mark.parametrize(
    ("side", "fields", "said"),
    [
        ("Buy", {"take_profit": "590"}, "Take profit must be above the price for a Buy order"),
        ("Sell", {"take_profit": "610"}, "Take profit must be below the price for a Sell order"),
        ("Buy", {"stop_loss": "600"}, "Stop loss must be below the price for a Buy order"),
        ("Sell", {"stop_loss": "590"}, "Stop loss must be above the price for a Sell order"),
        ("Buy", {"stop_loss": "cheap"}, "Stop loss must be a number above 0"),
    ],
)
def test_a_bracket_on_the_wrong_side_is_refused(side: str, fields: dict[str, str], said: str) -> None:
    client = FakeClient()
    panel, told = form(client)
    fields = {**FIELDS, "side": side, **fields}
    told.tell("preview", fields=fields, version="a", epoch=panel.ticket.epoch)
    assert said in told.wait_for("error")
    assert set(told.view["problems"]) <= {"take_profit", "stop_loss"}
    assert client.sent == []
    panel.close()


def test_the_pair_of_colours_is_the_setting_s() -> None:
    panel, told = form()
    told.tell("hello")
    green = told.view["colors"]["up"]
    colors.choose("red-up")
    try:
        told.tell("ping")
        assert until(lambda: told.view["colors"]["down"] == green)
    finally:
        colors.choose("green-up")
    with pytest.raises(RequestRefused, match="choose green-up, red-up, blue-up"):
        colors.choose("pink")
    panel.close()


def test_a_field_of_the_keys_that_is_empty_is_named() -> None:
    session: Any = FakeSession()
    panel = CredentialPanel(session=session)
    told = Told(panel)
    told.tell("connect", mode="paper", app_key=SECRETS["app_key"], app_secret=" ", access_token="")
    assert told.wait_for("empty") == {
        "app_secret": "App Secret is empty.",
        "access_token": "Access Token is empty.",
    }
    assert told.view["error"]
    panel.close()


def test_the_lock_file_of_the_scripts_tools_names_no_host() -> None:
    root = Path(__file__).parents[1]
    lock = (root / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in lock
    assert '"resolved"' not in lock
    assert "omit-lockfile-registry-resolved=true" in (root / ".npmrc").read_text(encoding="utf-8")
