"""The widgets around the states: messages in, views out, no secret in a trait, nothing heavy too soon."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest
from browser.fakes import FakeClient, FakeSession, live, until

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.widgets import (
    Blotter,
    CredentialPanel,
    OrderForm,
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
SCRIPTS = ("parts.js", "credential_panel.js", "order_form.js")
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
        "Cancel",
    ],
}  # fmt: skip


class Told:
    """A page in place of the browser's: numbers its messages, keeps the views."""

    def __init__(self, panel: Any, name: str = "page-1") -> None:
        self.panel, self.name, self.number = panel, name, 0
        self.views: list[dict[str, Any]] = []
        panel.send = lambda content, buffers=None: self.views.append(content)

    def tell(self, kind: str, **content: Any) -> dict[str, Any]:
        self.number += 1
        message = {"kind": kind, "page": self.name, "number": self.number, **content}
        self.panel._handle_custom_msg(message, [])
        return message

    @property
    def view(self) -> dict[str, Any]:
        assert until(lambda: self.views)
        return self.views[-1]


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
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("[] ")
    assert "OrderForm" in done.stdout


def test_an_unknown_panel_is_no_attribute() -> None:
    import jupyter_openapi.widgets as package

    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = package.Nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", LABELS)
def test_the_labels_are_those_that_were_agreed_on(name: str) -> None:
    source = static(name)
    missing = [label for label in LABELS[name] if f'"{label}"' not in source]
    assert missing == []


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_take_no_html_and_load_nothing(name: str) -> None:
    banned = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|https?:|import[ (]"
    assert re.findall(banned, re.sub(r"//.*", "", static(name))) == []


@pytest.mark.parametrize("name", ["panel.css", "blotter.css"])
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


def test_without_widgets_a_text_says_what_to_install() -> None:
    panels = [OrderForm(session=FakeSession()), Blotter(session=FakeSession())]
    panels.append(CredentialPanel(session=FakeSession()))  # type: ignore[arg-type]
    for panel in panels:
        bundle = panel._repr_mimebundle_()
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        assert "pip install anywidget ipywidgets" in data["text/plain"]
        assert "%openapi" in data["text/plain"]
        assert "application/vnd.jupyter.widget-view+json" in data
        panel.close()


def shown(widget: Any) -> str:
    """Return what a widget and the widgets in it show as HTML, styles apart."""
    value = str(getattr(widget, "value", ""))
    own = ["" if value.startswith("<style>") else value, str(getattr(widget, "description", ""))]
    return " ".join([*own, *(shown(child) for child in getattr(widget, "children", ()))])


def press(widget: Any, text: str) -> None:
    """Click the first enabled button of that text."""
    found = buttons(widget, text)
    assert found, f"there is no button '{text}'"
    found[0].click()


def buttons(widget: Any, text: str) -> list[Any]:
    here = [widget] if getattr(widget, "description", None) == text and hasattr(widget, "click") else []
    return here + [one for child in getattr(widget, "children", ()) for one in buttons(child, text)]


def blotter(client: FakeClient, **more: Any) -> Blotter:
    panel = Blotter(session=FakeSession(client), **more)
    panel._repr_mimebundle_()
    assert until(lambda: panel.book.read)
    return panel


def test_the_blotter_shows_orders_and_cancels_through_a_preview() -> None:
    client = FakeClient()
    order_id = client.order()
    panel = blotter(client)
    assert until(lambda: "0 / 200" in shown(panel))
    press(panel, "Cancel")
    assert until(lambda: buttons(panel, "Send cancellation"))
    assert client.sent == []
    send = buttons(panel, "Send cancellation")[0]
    for _ in range(3):
        send.click()
    assert until(lambda: client.sent)
    assert until(lambda: "No open orders." in shown(panel))
    assert client.sent == [("cancel_order", {"order_id": order_id})]
    panel.close()


def test_the_blotter_keeps_a_row_s_widgets_while_its_texts_change() -> None:
    client = FakeClient()
    order_id = client.order()
    panel = blotter(client)
    assert until(lambda: panel._table.children)
    before = panel._table.children[0]
    client.orders[order_id].update(executed_quantity="100", status="PartialFilledStatus")
    press(panel, "Refresh")
    assert until(lambda: "100 / 200" in shown(panel))
    assert panel._table.children == (before,)
    panel.close()


def test_a_late_click_on_an_old_preview_s_button_sends_nothing() -> None:
    client = FakeClient()
    client.order()
    client.order()
    panel = blotter(client)
    assert until(lambda: len(buttons(panel, "Cancel")) == 2)
    buttons(panel, "Cancel")[0].click()
    assert until(lambda: buttons(panel, "Send cancellation"))
    late = panel.book.slot.offer
    assert late is not None
    buttons(panel, "Cancel")[1].click()
    assert until(lambda: panel.book.slot.offer not in {None, late})
    panel.book.send(late.id)
    assert client.sent == []
    panel.close()


def test_the_blotter_looks_again_when_its_page_is_seen_again() -> None:
    client = FakeClient()
    panel = blotter(client)
    assert until(lambda: not panel.book.looking)
    client.order()
    Told(panel._editor).tell("hello")
    assert until(lambda: "0 / 200" in shown(panel))
    panel.close()


def test_a_form_that_is_not_connected_says_what_to_do() -> None:
    panel = OrderForm(session=FakeSession())
    told = Told(panel)
    told.tell("hello")
    assert "%openapi login" in told.view["error"]
    panel.close()


def test_replace_opens_the_form_on_that_order() -> None:
    client = FakeClient()
    order_id = client.order(price="500")
    panel = blotter(client)
    assert until(lambda: buttons(panel, "Replace"))
    press(panel, "Replace")
    assert panel._editor.ticket.replaces is not None
    assert panel._editor.ticket.replaces["order_id"] == order_id
    assert panel._editor.ticket.fields["submitted_price"] == "500"
    assert panel._editor_box.layout.display is None
    press(panel, "Close")
    assert panel._editor_box.layout.display == "none"
    panel.close()


def test_the_blotter_escapes_what_the_server_says() -> None:
    client = live()
    client.mark = "<img src=x onerror=alert(1)>"
    client.order(status=f"NewStatus{client.mark}", symbol=f"700.HK{client.mark}")
    order_id = client.order(symbol=f"5.HK{client.mark}")
    panel = blotter(client)
    panel._status.value = "All of today"
    assert until(lambda: "5.HK" in shown(panel))
    panel.book.ask_cancel(order_id)
    assert until(lambda: buttons(panel, "Send cancellation"))
    panel.book.error = f"failed{client.mark}"
    panel._outbox.touch()
    assert until(lambda: "failed" in shown(panel))
    assert "<img" not in shown(panel)
    assert "&lt;img" in shown(panel)
    assert "LIVE: orders move real money" in shown(panel)
    panel.close()


def test_privacy_in_the_blotter() -> None:
    client = FakeClient()
    order_id = client.order()
    panel = blotter(client, privacy=True)
    assert until(lambda: buttons(panel, "Cancel"))
    assert ">0%<" in shown(panel)
    press(panel, "Cancel")
    assert until(lambda: buttons(panel, "Send cancellation"))
    assert order_id not in shown(panel)
    assert "4821" not in shown(panel)
    assert "/ 200" not in shown(panel)
    panel.close()


def test_a_closed_blotter_looks_no_more() -> None:
    client = FakeClient()
    client.order()
    panel = blotter(client)
    assert panel.book.looking
    panel.close()
    assert until(lambda: not panel.book.looking)
