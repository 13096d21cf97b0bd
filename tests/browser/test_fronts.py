"""Notebook 7 and Voila: every panel appears and does its work."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from support import SOAK
from support.streaming import links, until

from browser.driver import OrderForm
from browser.test_lab_live import (
    AWAY,
    CHART,
    LEAVE,
    WATCH,
    a_closed_tab_is_left_alone,
    it_moves_while_a_cell_runs,
    moves,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from support.sandbox import SandboxProcess

    from browser.driver import Notebook

PANELS = (
    "from jupyter_openapi.widgets import Blotter, CredentialPanel, OrderForm\nCredentialPanel()",
    "OrderForm()",
    "Blotter()",
)
WHERE = {"notebooks": "stay in its memory", "voila": "This page is served by Voila"}


@pytest.mark.parametrize("front", WHERE)
def test_every_panel_works(notebook: Callable[..., Notebook], page: Page, front: str) -> None:
    opened = notebook(*PANELS, front=front)
    login, blotter = opened.panel("login"), opened.panel("blotter")
    expect(login.locator(".jo-machine")).to_contain_text(WHERE[front])
    login.get_by_role("button", name="Connect", exact=True).click()
    expect(login.get_by_text("Connected", exact=True)).to_be_visible()
    form = OrderForm(page.locator(".jo-order-form:visible"))
    form.fill("700.HK", "560", "100")
    form.preview()
    expect(form.line("order")).to_contain_text("Buy 100 700.HK, limit (LO) at 560.00 HKD")
    form.button("Send order").click(click_count=2)
    form.status("NewStatus")
    expect(blotter.locator(".jo-row")).to_have_count(1)
    blotter.get_by_role("button", name="Cancel", exact=True).click()
    blotter.get_by_role("button", name="Send cancellation").click()
    expect(blotter.get_by_text("No open orders.")).to_be_visible()
    form.status("CanceledStatus")


if SOAK:
    LIVE = (
        "%load_ext jupyter_openapi\n%openapi connect sandbox",
        "table = %openapi watch 700.HK AAPL.US\ntable",
        "%openapi chart 700.HK period=1m --ma 20,60 --fills",
    )

    @pytest.mark.parametrize("front", WHERE)
    def test_the_live_panels_move(notebook: Callable[..., Notebook], page: Page, front: str) -> None:
        opened = notebook(*LIVE, front=front)
        table, chart = opened.panel("watch"), opened.panel("chart")
        for node in (
            table.locator('td[data-label="Time"]').first,
            chart.locator(".jo-values >> text=Volume"),
        ):
            expect(node).to_be_visible()
            expect(node).not_to_have_text(node.inner_text())
        if front == "notebooks":  # Voila's page runs no further cells
            it_moves_while_a_cell_runs(table, page)
        for panel in (table, chart):
            panel.get_by_role("button", name="Stop", exact=True).click()
            expect(panel.get_by_text("Stopped")).to_be_visible()

    @pytest.fixture
    def moving(notebook: Callable[..., Notebook], connected: str) -> Callable[[str], Notebook]:
        """Open both live panels in a front end, and wait until they move."""

        def opened(front: str) -> Notebook:
            made = notebook(connected, WATCH, CHART, front=front)
            moves(made.panel("watch"), 'td[data-label="Time"]')
            return made

        return opened

    @pytest.mark.timeout(300)
    def test_a_closed_tab_of_notebook_is_left_alone(
        moving: Callable[[str], Notebook], page: Page, sandbox: SandboxProcess
    ) -> None:
        opened = moving("notebooks")
        opened.save()
        a_closed_tab_is_left_alone(opened, page, sandbox)

    @pytest.mark.timeout(300)
    def test_a_closed_tab_of_voila_leaves_nothing_and_opens_again(
        moving: Callable[[str], Notebook], page: Page, sandbox: SandboxProcess
    ) -> None:
        """Voila ends the kernel of a page that is closed; a page opened later has one of its own."""
        opened = moving("voila")
        url = page.url
        assert links(sandbox)
        page.goto("about:blank")
        until(lambda: not links(sandbox), LEAVE + 20)
        page.wait_for_timeout(1000 * AWAY)
        assert not links(sandbox)
        page.goto(url)
        moves(opened.panel("watch"), 'td[data-label="Time"]')
        assert links(sandbox)
