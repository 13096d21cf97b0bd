"""The credential panel: keys go from password fields to the kernel in one message only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_openapi.messages import N_, _
from jupyter_openapi.session import SESSION, Session
from jupyter_openapi.widgets.credential_model import (
    SECRETS,
    CredentialModel,
    LoginRequest,
    empty_fields,
    take_secrets,
)
from jupyter_openapi.widgets.panel import Page, head_view, offer_view, static


class CredentialPanel(Page):
    """A panel to connect to an account.

    The keys live in the page's own password fields, which are emptied on submit, and in one custom message;
    no trait holds them, so no saved notebook, no widget state and no other page does.

    Parameters
    ----------
    session
        Whose client it connects; the kernel's own by default.
    privacy
        Show no account number.
    language
        en, zh-CN or zh-HK; the language that was chosen, else the front end's, by default.
    """

    NAME = N_("Credential panel")
    _esm = static("credential_panel.js")
    _css = static("panel.css")

    def __init__(
        self, *, session: Session | None = None, profile: str = "", privacy: bool = False, language: str = ""
    ) -> None:
        own = SESSION if session is None else session
        super().__init__(own, privacy=privacy, language=language)
        self._profile = profile
        self.login = CredentialModel(own, self.touch)

    def message(self, kind: str, content: Mapping[str, Any]) -> None:
        """Take one message of the page."""
        if kind == "connect":
            self._connect(dict(content) if not isinstance(content, dict) else content)
        elif kind == "login":
            self.login.log_in(_login_request(content), privacy=self.privacy)
        elif kind == "finish":
            self.login.finish_login(str(content.get("text", "")))
        elif kind == "give_up":
            self.login.give_up_login()
        elif kind == "refresh":
            self.login.ask_refresh()
        elif kind == "send":
            self.login.send(str(content["offer"]))
        elif kind == "drop":
            self.login.drop()
        elif kind == "forget":
            self.login.forget(str(content.get("profile", "")).strip())

    def _connect(self, content: dict[str, Any]) -> None:
        empty = empty_fields(content)
        if 0 < len(empty) < len(SECRETS):
            self.login.empty = empty
        typed = take_secrets(content)
        self.login.connect(
            _login_request(content, save=content.get("save") is True), typed, privacy=self.privacy
        )

    def trouble(self, words: str) -> None:
        """Show an error inside the panel."""
        self.login.error = words

    def view(self) -> dict[str, Any]:
        """Return what the page shows, as JSON."""
        login = self.login
        return {
            **head_view(self._session.client, privacy=self.privacy),
            "busy": _(login.busy),
            "error": login.error,
            "note": _(login.note),
            "empty": login.empty,
            "notes": list(login.notes),
            "report": [[_(label), _(text), tone] for label, text, tone in login.report],
            "profile": self._profile,
            "profiles": login.profiles,
            "machine": login.where(),
            "sandbox_only": login.machine.sandbox_only,
            "orders": login.machine.orders,
            "login": login.page_login.view(),
            "offer": offer_view(login.slot.offer, privacy=self.privacy),
        }

    def fallback(self) -> str:
        """Return what to show where there are no widgets."""
        return _(
            "Credential panel. Without it: set LONGBRIDGE_APP_KEY, LONGBRIDGE_APP_SECRET and "
            "LONGBRIDGE_ACCESS_TOKEN, then %openapi connect paper; or type %openapi login --oauth"
        )

    def close(self) -> None:
        """Forget the panel's state, and leave the page; the connection stays."""
        self.login.close()
        super().close()


def _login_request(content: Mapping[str, Any], *, save: bool = False) -> LoginRequest:
    """Return what the fields ask for."""
    return LoginRequest(
        str(content.get("mode", "")),
        trading=content.get("trading") is True,
        profile=str(content.get("profile", "")).strip(),
        save=save,
    )
