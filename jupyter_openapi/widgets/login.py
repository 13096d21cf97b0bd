"""The credential panel without a page: connect, refresh, forget. It never holds a secret."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from jupyter_openapi.credentials import Credentials, profiles, store_profile
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.machine import Machine, machine
from jupyter_openapi.widgets import events
from jupyter_openapi.widgets.access import Row, Wish, check, examine, open_account, or_back, overheard
from jupyter_openapi.widgets.slot import Offer, Slot
from jupyter_openapi.widgets.ticket import in_thread
from jupyter_openapi.widgets.words import failure_words

if TYPE_CHECKING:
    from jupyter_openapi.session import Session

REFRESH_LINES = (
    ("does", "asks the broker for a new access token, once"),
    ("ends", "the old token: other programs that use it stop working"),
    ("keeps", "the new one where the old one came from, or else in this kernel only"),
)


class Login:
    """One credential panel's state.

    Parameters
    ----------
    session
        The kernel's.
    changed
        Told after each change of the state.
    place
        Whose machine this is; found out by default.
    run
        How network work is run; a test runs it at once.
    """

    def __init__(
        self,
        session: Session,
        changed: Callable[[], None],
        *,
        place: Machine | None = None,
        run: Callable[[Callable[[], None]], None] = in_thread,
    ) -> None:
        self._session = session
        self._changed = changed
        self._run = run
        self._lock = threading.Lock()
        self.machine = place or machine()
        self.slot = Slot()
        self.busy = ""
        self.error = ""
        self.note = ""
        self.notes: list[str] = []
        self.report: list[Row] = []
        self.profiles: list[str] = profiles()
        events.listen(session, self._told)

    def connect(self, wish: Wish, typed: Credentials | None, *, privacy: bool = False) -> None:
        """Connect to an account and test it; on failure everything stays as it was."""
        check(wish, self.machine, typed=typed is not None)
        self._work("Connecting", lambda: self._connect(wish, typed, privacy=privacy))

    def ask_refresh(self) -> None:
        """Offer to refresh the access token; nothing is sent yet."""
        client = self._session.client
        if client is None:
            raise RequestRefused("Connect first: there is no token to refresh.")
        if self._session.found is None:
            raise RequestRefused("A sandbox's own token needs no refresh.")
        self.slot.put(Offer("refresh", "Refresh now", REFRESH_LINES, self._refresh, client))
        self._changed()

    def send(self, offer_id: str) -> None:
        """Do what was offered, once."""
        offer = self.slot.take(offer_id, self._session.client)
        if offer is not None:
            self._work("Refreshing", offer.send)

    def drop(self) -> None:
        """Do nothing after all."""
        self.slot.drop()
        self._changed()

    def forget(self, profile: str) -> None:
        """Disconnect, and delete what is kept."""
        self._work("Forgetting", lambda: self._forget(profile))

    def close(self) -> None:
        """Offer nothing more."""
        self.slot.drop()

    def _work(self, busy: str, work: Callable[[], None]) -> None:
        with self._lock:
            if self.busy:
                return
            self.busy, self.error, self.note, self.notes = busy, "", "", []
        self._changed()

        def safely() -> None:
            try:
                work()
            except BaseException as failure:  # noqa: BLE001 (nobody else would see it)
                self.error = failure_words(failure)
            finally:
                self.busy = ""
                self._changed()

        self._run(safely)

    def _connect(self, wish: Wish, typed: Credentials | None, *, privacy: bool) -> None:
        with or_back(self._session), overheard(self._session, self.notes.append):
            client = open_account(self._session, wish, typed)
            report = examine(client, privacy=privacy)
        if wish.save and typed is not None:
            store_profile(wish.profile, typed)
            self.notes.append(f"The keys are stored as profile '{wish.profile}' in the system's keyring.")
        self.report, self.profiles = report, profiles()
        self.note = "Connected"
        self.slot.drop()
        events.tell(self._session, "account")

    def _refresh(self) -> None:
        self.note = self._session.refresh()
        events.tell(self._session, "account")

    def _forget(self, profile: str) -> None:
        said = self._session.forget(profile or None)
        self.report, self.profiles = [], profiles()
        self.note = said
        events.tell(self._session, "account")

    def _told(self, event: events.Event) -> None:
        if event == "account":
            self.slot.drop()
            if self._session.client is None:
                self.report = []
            self._changed()
