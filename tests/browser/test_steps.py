"""The arrow keys' price steps, worked out in the page, are those of the market's own tables."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from jupyter_openapi.market import ticks
from jupyter_openapi.widgets.panel import static
from jupyter_openapi.widgets.queries import _bands

if TYPE_CHECKING:
    from playwright.sync_api import Page

RUN = """([code, call, cases]) => {
  const made = new Function(`${code.replace("export default", "const panel =")}; return ${call};`)();
  return cases.map((one) => made(...one));
}"""


def run(page: Page, call: str, cases: list[list[object]]) -> list[str]:
    """Call a function of the form's script with each of the cases."""
    answers: list[str] = page.evaluate(RUN, [static("order_form.js"), call, cases])
    return answers


@pytest.mark.parametrize("symbol", ["700.HK", "2800.HK", "AAPL.US"])
def test_steps_are_the_exchange_s(page: Page, symbol: str) -> None:
    picked = random.Random(symbol)
    today = datetime.now(UTC).date()
    bounds = [Decimal(start) for start, _ in _bands(symbol)]
    prices = [Decimal(picked.randrange(50, 10**7)) / 10 ** picked.choice([2, 3]) for _ in range(300)]
    prices = [price for price in [*prices, *bounds] if Decimal("0.05") < price < 9000]
    cases = [(price, up) for price in prices for up in (True, False)]
    stepped = run(page, "stepPrice", [[f"{price:f}", _bands(symbol), up] for price, up in cases])
    for (price, up), text in zip(cases, stepped, strict=True):
        wanted = ticks.step(symbol, price, 1 if up else -1, today)
        assert Decimal(text) == wanted, f"{price} {'up' if up else 'down'}"


def test_what_is_no_number_is_left_alone(page: Page) -> None:
    texts = ["", "abc", "1,000", "1e5", "-5", "0.0000001"]
    assert run(page, "stepPrice", [[text, [["0", "1"]], True] for text in texts]) == texts


def test_quantities_step_by_lots(page: Page) -> None:
    cases = [
        ["", 100, True],
        ["100", 100, True],
        ["150", 100, True],
        ["150", 100, False],
        ["100", 100, False],
    ]
    assert run(page, "stepWhole", cases) == ["100", "200", "200", "100", "100"]
