"""A notebook in a real page: written, opened, run, looked at."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from browser.server import Server

# Printed by the last cell; put together there, so that the source does not match.
READY = "READY-MARK"
PRINT_READY = "print('READY-' + 'MARK')"
RUN_ALL = """
async () => {
  for (let i = 0; i < 600; i++) {
    const app = window.jupyterapp;
    const panel = app?.shell.currentWidget;
    if (panel?.context) {
      await panel.context.ready;
      await panel.sessionContext.ready;
      const kernel = panel.sessionContext.session?.kernel;
      if (kernel) {
        await kernel.info;
        await app.commands.execute('notebook:run-all-cells');
        return;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the notebook did not open');
}
"""
# A notebook in a JupyterLab that is there already.
OPEN = """
async (path) => {
  await window.jupyterapp.commands.execute("docmanager:open", { path, factory: "Notebook" });
}
"""
# Closes what is open, and tells whether nothing of it is left.
CLOSE = """
async () => {
  const shell = window.jupyterapp.shell;
  for (const panel of [...shell.widgets("main")]) {
    if (panel.context) panel.context.model.dirty = false; // nobody is to be asked whether to save it
    panel.close();
  }
  const left = () => document.querySelector(".jp-Notebook, .jo-panel, .jp-Dialog, .jp-Tooltip");
  for (let i = 0; i < 100 && left(); i++) await new Promise((resolve) => setTimeout(resolve, 20));
  return !left();
}
"""
PANELS = {
    "login": ".jo-credential-panel",
    "order": ".jo-order-form",
    "blotter": ".jo-blotter",
    "portfolio": ".jo-portfolio",
    "watch": ".jo-watch",
    "chart": ".jo-chart",
}


@dataclass
class Notebook:
    """A notebook that runs in a front end: ``lab``, ``notebooks`` or ``voila``."""

    server: Server
    page: Page
    path: Path
    front: str

    def panel(self, name: str) -> Locator:
        """Return the panel of that kind."""
        return self.page.locator(PANELS[name]).first

    @property
    def address(self) -> str:
        """Where a page of its own finds it.

        JupyterLab sends a page to another address when its workspace stands in a page already.
        """
        folder = {"lab": "lab/workspaces/own/tree", "notebooks": "notebooks", "voila": "voila/render"}
        reset = "?reset" if self.front == "lab" else ""
        return f"{self.server.url}/{folder[self.front]}/{self.path.name}{reset}"

    def open(self) -> None:
        """Open it, run every cell, and wait for the last one's mark."""
        if self.front == "lab" and self.page.url.startswith(f"{self.server.url}/lab"):
            self.page.evaluate(OPEN, self.path.name)
        else:
            self.page.goto(self.address)
        if self.front != "voila":
            self.page.evaluate(RUN_ALL)
        expect(self.page.get_by_text(READY, exact=True).first).to_be_attached(timeout=60_000)

    def execute(self, command: str, arguments: dict[str, Any] | None = None) -> Any:
        """Run one of JupyterLab's commands."""
        return self.page.evaluate(
            "([name, args]) => window.jupyterapp.commands.execute(name, args).then(() => null)",
            [command, arguments or {}],
        )

    def save(self) -> str:
        """Save, and return what is in the file."""
        self.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.save()")
        return self.path.read_text(encoding="utf-8")


def write_notebook(path: Path, cells: list[str]) -> Path:
    """Write a notebook of code cells."""
    rows = [
        {
            "cell_type": "code",
            "id": f"cell-{n}",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": s,
        }
        for n, s in enumerate(cells)
    ]
    kernel = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
    path.write_text(
        json.dumps({"cells": rows, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}), encoding="utf-8"
    )
    return path


@dataclass
class OrderForm:
    """The order form's fields and buttons, found by what a person reads."""

    panel: Locator

    def field(self, label: str) -> Locator:
        """Return a field by its label."""
        return self.panel.get_by_label(label, exact=True)

    def button(self, name: str) -> Locator:
        """Return a button by its text."""
        return self.panel.get_by_role("button", name=name, exact=True)

    def line(self, label: str) -> Locator:
        """Return a line of the preview."""
        return self.panel.locator(f'.jo-offer dd[data-about="{label}"]')

    def fill(self, symbol: str, price: str, quantity: str, side: str = "Buy") -> None:
        """Fill in a limit order."""
        expect(self.button("Preview")).to_be_enabled()
        self.field("Symbol").fill(symbol)
        self.field("Side").select_option(side)
        self.field("Price").fill(price)
        self.field("Quantity").fill(quantity)

    def preview(self) -> None:
        """Ask for a preview and wait for it."""
        self.button("Preview").click()
        expect(self.button("Send order")).to_be_enabled()

    def status(self, status: str) -> None:
        """Wait until the order that was sent is in this state."""
        expect(self.panel.locator(".jo-order-status")).to_have_text(status)
