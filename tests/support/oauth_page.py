"""A person at the broker's page, without a browser: opens the link and presses a button."""

from __future__ import annotations

import re
from html import unescape

import requests

FIELD = re.compile(r'name="([^"]+)" value="([^"]*)"')


def press(url: str, answer: str = "allow", *, follow: bool = True) -> requests.Response:
    """Open the page behind a link and press Allow or Deny; with `follow`, go where it sends the browser."""
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(url, timeout=10)
        page.raise_for_status()
        fields = {name: unescape(value) for name, value in FIELD.findall(page.text) if name != "answer"}
        return browser.post(
            url.partition("?")[0], data={**fields, "answer": answer}, timeout=10, allow_redirects=follow
        )
