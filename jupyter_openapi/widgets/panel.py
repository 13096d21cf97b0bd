"""Shared base of the panels: messages in, one view out, and which pages are open.

The page sends custom messages, each with its own number; the kernel answers with views, custom messages too,
so that nothing of an account is in a trait, where a saved notebook would keep it.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from importlib.resources import files
from typing import Any, NamedTuple
from uuid import uuid4

import anywidget
import traitlets
from markupsafe import Markup

from jupyter_openapi.account import ClientLike
from jupyter_openapi.colors import colors
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.machine import machine
from jupyter_openapi.messages import ENGLISH, N_, _, checked, chosen, known, speaking
from jupyter_openapi.widgets import polling as events
from jupyter_openapi.widgets.model import (
    HIDDEN,
    ClientHolder,
    PendingChange,
    failure_words,
    without_ids,
    zone_of,
)
from jupyter_openapi.widgets.polling import Throttle


def title(client: ClientLike | None, *, privacy: bool = False) -> str:
    """Return the account's title, without its digits where `privacy` is on."""
    if client is None:
        return _("Not connected")
    account = replace(client.account, digits="") if privacy else client.account
    return account.title


def stamp(client: ClientLike | None) -> str:
    """Return the time now, in the client's time zone: ``20:26:11 UTC``."""
    return f"{datetime.now(zone_of(client)):%H:%M:%S %Z}"


LOOKING = 150.0  # seconds without a sign of life after which a page counts as gone
INSTALL = N_(
    "This front end shows no widgets, or lacks anywidget's part. Where the Jupyter server runs, type\n"
    "  pip install anywidget ipywidgets\n"
    "and reload the page."
)
COLAB = N_(
    "On Colab run this first, once in a notebook:\n"
    "  from google.colab import output; output.enable_custom_widget_manager()"
)
PRIVATE_LINES = frozenset({"account", "amount", "sends", "as it stands", "client_request_id"})


def shown_lines(lines: tuple[tuple[str, str], ...], *, privacy: bool) -> list[tuple[str, str]]:
    """Return a preview's lines; with `privacy`, without the account, amounts and ids."""
    if not privacy:
        return list(lines)
    return [(label, HIDDEN if label in PRIVATE_LINES else without_ids(text)) for label, text in lines]


def offer_view(offer: PendingChange | None, *, privacy: bool) -> dict[str, Any] | None:
    """Return what the page shows of a preview that waits to be sent."""
    if offer is None:
        return None
    return {
        "id": offer.id,
        "kind": offer.kind,
        "button": _(offer.button),
        "version": offer.version,
        "seconds": offer.seconds_left,
        "lines": [[_(label), text] for label, text in shown_lines(offer.lines, privacy=privacy)],
    }


def head_view(client: ClientLike | None, *, privacy: bool, at: str = "") -> dict[str, Any]:
    """Return what the head of every panel shows: the account, when that was true, and the colours in use."""
    pair = colors()
    return {
        "title": title(client, privacy=privacy),
        "mode": client.account.mode if client else "none",
        "trading": bool(client and client.account.trading),
        "time": at or stamp(client),
        "colors": {
            "up": [pair.up.light, pair.up.dark],
            "down": [pair.down.light, pair.down.dark],
        },
    }


class Cell(NamedTuple):
    """One cell of a table in the page: its text, a second line, what it is sorted by, and its tone."""

    text: str
    sub: str = ""
    sort: str | float | None = None
    tone: str = ""


def column(title: str, *, end: bool = False, sort: bool = True) -> dict[str, Any]:
    """Return a column of a table in the page; `end` for numbers."""
    return {"title": title, "end": end, "sort": sort}


_IMPORT = re.compile(r'^import [^;]*? from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def static(*names: str) -> str:
    """Return the text of the package's files, one after the other, each script after those it imports.

    A front end takes a panel's script as one text, so the modules are put together here.
    """
    folder = files("jupyter_openapi.widgets") / "static"
    texts: dict[str, str] = {}

    def add(name: str) -> None:
        if name in texts:
            return
        text = folder.joinpath(name).read_text(encoding="utf-8")
        if name.endswith(".js"):
            for imported in _IMPORT.findall(text):
                add(imported)
            text = _EXPORT.sub("", _IMPORT.sub("", text))
        texts[name] = text

    for name in names:
        add(name)
    return "\n".join(texts.values())


class Pages:
    """The pages that show a panel, and the last message of each that arrived."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[int, float]] = {}

    def note(self, page: str, number: int) -> bool:
        """Note a sign of life; tell whether the message is new (a page numbers them from 1 upwards)."""
        with self._lock:
            before = self._seen.get(page, (0, 0.0))[0]
            self._seen[page] = (max(before, number), time.monotonic())
        return number > before

    def forget(self, page: str) -> None:
        """Note that a page has gone."""
        with self._lock:
            self._seen.pop(page, None)

    def numbers(self) -> dict[str, int]:
        """Return the last number of every page."""
        with self._lock:
            return {page: number for page, (number, _at) in self._seen.items()}

    def watched(self) -> bool:
        """Tell whether anybody looks."""
        with self._lock:
            return any(time.monotonic() - at < LOOKING for _number, at in self._seen.values())


# Shown by a notebook that is opened without its kernel; the front end's own "model not found" is hidden.
_LINE = Markup(
    "<style>.jp-OutputArea-child:has(.{name}) + .jp-OutputArea-child .jupyter-widgets:not(:has(*)) "
    '{{ display: none; }}</style><p class="{name}">{text}</p>'
)


class Page(anywidget.AnyWidget):
    """A panel in the page. Subclasses say what a view is and what a message does."""

    NAME = "Panel"
    privacy = traitlets.Bool(default_value=False, help="Show no amounts, no ids.")
    language = traitlets.Unicode(help="en, zh-CN or zh-HK; empty: the language chosen, else the page's own.")
    _language = traitlets.Unicode().tag(sync=True)  # empty: the page's own
    _line = traitlets.Unicode().tag(sync=True)  # the class of the line for a notebook without its kernel

    def __init__(self, session: ClientHolder, **traits: Any) -> None:
        super().__init__(_line=f"jo-line-{uuid4().hex[:12]}", **traits)
        self._session = session
        self._client = session.client
        self._pages = Pages()
        self._outbox = Throttle(self._deliver)
        self.on_msg(self._receive)
        self._language = self.language or chosen()
        self._locale = ""  # the page's
        self.observe(lambda _change: self.touch(), "privacy")
        events.listen(session, self._on_event)

    def touch(self) -> None:
        """Tell the page of a change, soon."""
        self._outbox.touch()

    def watched(self) -> bool:
        """Tell whether a page shows it."""
        return self._pages.watched()

    def view(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        # This and the next three are each panel's own; widgets have a metaclass, so this is no ABC.
        raise NotImplementedError

    def message(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take one message of the page."""
        raise NotImplementedError

    def trouble(self, words: str) -> None:
        """Show an error inside the panel."""
        raise NotImplementedError

    def fallback(self) -> str:
        """Return what to show where there are no widgets."""
        raise NotImplementedError

    def close(self) -> None:
        """Stop everything and leave the page; another account is none of its business any more."""
        events.unlisten(self._session, self._on_event)
        self._outbox.close()
        super().close()

    def __del__(self) -> None:
        """Leave everything alone: ipywidgets holds an open panel, so this one was closed, or never opened.

        To close it here, as ipywidgets would, takes locks, and Python collects wherever it is: in a thread
        that holds one of them, which would then wait for itself.
        """

    def _on_event(self, event: events.Event) -> None:
        if event == "account":
            self._client = self._session.client

    def _look_at_account(self) -> None:
        """Tell the panels if another account was connected by a way that told them nothing."""
        if self._session.client is not self._client:
            events.publish(self._session, "account")

    @traitlets.validate("language")
    def _known_language(self, proposal: Mapping[str, Any]) -> str:
        try:
            return checked(str(proposal["value"])) if proposal["value"] else ""
        except ValueError as unknown:
            raise RequestRefused(str(unknown)) from None

    @traitlets.observe("language")
    def _speak(self, _change: Any) -> None:
        self._language = self.language or chosen()

    def spoken(self) -> str:
        """Return the language the panel is shown in: its own, the one chosen, or its page's."""
        return self.language or chosen() or self._locale

    def _deliver(self) -> None:
        with speaking(self.spoken() or ENGLISH):
            self.send({"kind": "view", "seen": self._pages.numbers(), **self.view()})

    def _receive(self, _widget: Any, content: Any, _buffers: Any) -> None:
        """Take a message, on whatever thread it comes. No error leaves: nobody would see it."""
        if not isinstance(content, dict) or not isinstance(content.get("page"), str):
            return
        self._locale = known(str(content.get("locale", ""))) or self._locale
        with speaking(self.spoken() or ENGLISH):
            self._take(content)
        self.touch()

    def _take(self, content: dict[str, Any]) -> None:
        try:
            kind, page = str(content.get("kind")), content["page"]
            if kind == "gone":
                self._pages.forget(page)
            elif self._pages.note(page, int(content.get("number", 0))):
                self._look_at_account()
                self.message(kind, content)
        except Exception as failure:  # noqa: BLE001 (shown in the panel)
            self.trouble(failure_words(failure))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, *metadata = bundle if isinstance(bundle, tuple) else (bundle,)
        advice = COLAB if machine().service == "Google Colab" else INSTALL
        data = {**data, "text/plain": f"{self.fallback()}\n{_(advice)}"}
        return (data, *metadata) if metadata else data

    def _ipython_display_(self, **_kwargs: Any) -> None:
        from IPython.display import display

        bundle = self._repr_mimebundle_()
        if bundle is None:
            return
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        words = _("{panel}: run this cell to open it.").format(panel=_(self.NAME))
        line = {"text/html": _LINE.format(name=self._line, text=words)}
        display(line, raw=True)  # type: ignore[no-untyped-call]
        display(data, raw=True, metadata=metadata)  # type: ignore[no-untyped-call]
