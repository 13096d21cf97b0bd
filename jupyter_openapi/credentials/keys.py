"""`Credentials`: an app key, an app secret and an access token that never show themselves by accident."""

from __future__ import annotations

import hashlib
import hmac
import weakref
from typing import Any, NoReturn

from jupyter_openapi.credentials.environment import from_environment
from jupyter_openapi.credentials.keyrings import load_profile
from jupyter_openapi.credentials.oauth import OAuthFile, OAuthProfile, TokenStore
from jupyter_openapi.credentials.tokens import BEARER, KeyValues, TokenFacts, token_facts
from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.kernel import lasting
from jupyter_openapi.messages import _

# The values live here and not in the objects, so that `vars`, a debugger's or an inspector's list of
# attributes, and anything else that walks an object finds nothing. They outlive a reload of this file.
_VAULT: weakref.WeakKeyDictionary[Credentials, KeyValues] = lasting("keys", weakref.WeakKeyDictionary)
_STORES: weakref.WeakKeyDictionary[Credentials, TokenStore] = lasting("stores", weakref.WeakKeyDictionary)


class Credentials:
    """The three values that sign a request; no printed form of the object shows them.

    White space around a pasted value is dropped. Objects are compared by identity (`same_as` compares the
    values), and are never pickled or copied.

    Parameters
    ----------
    app_key
        Names the app (for OAuth: the client id).
    app_secret
        Signs; never sent. May be empty for an OAuth token only.
    access_token
        Names the account: a bare token, or ``Bearer TOKEN`` (OAuth).

    Raises
    ------
    RequestRefused
        A value is missing or can't stand in a header. The message names it and never repeats it.

    Examples
    --------
    >>> Credentials("3fa1c9d2e7b84056", "s" * 64, "t" * 64)
    Credentials(app_key='3fa1…')
    """

    __slots__ = ("__dict__", "__weakref__")

    def __init__(self, app_key: str, app_secret: str, access_token: str) -> None:
        values = KeyValues(app_key, app_secret, access_token).cleaned()
        del app_key, app_secret, access_token  # a traceback keeps this frame's variables
        if problem := values.problem():
            del values
            raise RequestRefused(problem)
        _VAULT[self] = values

    @property
    def app_key(self) -> str:
        """The app key, or the OAuth client's id."""
        return _VAULT[self].app_key

    @property
    def app_secret(self) -> str:
        """The app secret; empty for an OAuth token."""
        return _VAULT[self].app_secret

    @property
    def access_token(self) -> str:
        """The access token as the ``Authorization`` header carries it."""
        return _VAULT[self].access_token

    @property
    def facts(self) -> TokenFacts:
        """What the access token says of itself."""
        return token_facts(self.access_token)

    @property
    def token_store(self) -> TokenStore | None:
        """Where an OAuth token is kept with what renews it; None for all others."""
        return _STORES.get(self)

    @property
    def key_digest(self) -> str:
        """A name for the app key that can't be turned back into it: 32 hex digits."""
        return _digest("key", self.app_key)

    @property
    def account_digest(self) -> str:
        """A name for the account that outlives a refreshed token: 32 hex digits.

        Made from the app key and the token's account number, or else its kind of account. Where the token
        names neither, all accounts of an app key share one name. An OAuth token that names the person needs
        no app key for it: a client that registers again is the same account.
        """
        facts = self.facts
        if facts.bearer and facts.member_id:
            return _digest("member", facts.member_id, facts.account_id or "", facts.account or "")
        return _digest("account", self.app_key, facts.account_id or facts.account or "")

    def same_as(self, other: Credentials) -> bool:
        """Return whether both hold the same three values (compared in constant time)."""
        mine, theirs = ("\n".join(_VAULT[one]).encode() for one in (self, other))
        return hmac.compare_digest(mine, theirs)

    def with_token(self, access_token: str) -> Credentials:
        """Return credentials with the same app key and secret and another access token."""
        # The value leaves this frame's variables before anything can be raised: a traceback keeps them.
        token, access_token = [access_token], ""
        return Credentials(self.app_key, self.app_secret, token.pop())

    @classmethod
    def from_env(cls) -> Credentials:
        """Read ``LONGBRIDGE_APP_KEY``, ``_APP_SECRET``, ``_ACCESS_TOKEN``, or else the ``LONGPORT_`` three.

        Raises
        ------
        RequestRefused
            Neither set is whole; the message names what is missing and where to put it.
        """
        return cls(*from_environment())

    @classmethod
    def from_profile(cls, name: str) -> Credentials:
        """Read the set stored as `name` in the system's keyring.

        Raises
        ------
        RequestRefused
            There is no such profile, or no keyring; the message says what to install or type.
        """
        values = load_profile(name)
        if values.access_token.startswith(BEARER):
            return cls.from_store(OAuthProfile(name, values.app_key))
        return cls(*values)

    @classmethod
    def from_oauth(cls, client_id: str) -> Credentials:
        """Read the OAuth token that the official SDK keeps under ``~/.longbridge/openapi/tokens/``.

        Raises
        ------
        RequestRefused
            There is no such file, it can't be read, or its token has ended.
        """
        return cls.from_store(OAuthFile(client_id))

    @classmethod
    def from_store(cls, store: TokenStore) -> Credentials:
        """Read the OAuth token that `store` keeps; clients renew it there before it ends.

        Raises
        ------
        RequestRefused
            Nothing is kept, it can't be read, or the token has ended and can't be renewed.
        """
        made = cls(*store.load())
        _STORES[made] = store
        return made

    def __repr__(self) -> str:
        if self not in _VAULT:  # a traceback shows it while its values are being refused
            return "Credentials(refused)"
        facts = self.facts
        account = f", account '{facts.account}'" if facts.account else ""
        expires = f", expires {facts.expires:%Y-%m-%d}" if facts.expires else ""
        return f"Credentials(app_key='{_hint(self.app_key)}'{account}{expires})"

    def __getstate__(self) -> NoReturn:
        _refuse_copies()

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        _refuse_copies()

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        del value
        raise AttributeError(
            _("Credentials can't be changed ('{name}'): make new ones, or use with_token().").format(
                name=name
            )
        )


def _refuse_copies() -> NoReturn:
    raise TypeError(
        "Credentials are not pickled or copied: pass the object itself, or store a profile and use "
        "Credentials.from_profile(name) where you need them."
    )


def _digest(purpose: str, *values: str) -> str:
    text = "\0".join(("jupyter-openapi", purpose, *values))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _hint(app_key: str) -> str:
    shown = 4 if len(app_key) >= 16 else 2 if len(app_key) >= 8 else 0
    return f"{app_key[:shown]}…"
