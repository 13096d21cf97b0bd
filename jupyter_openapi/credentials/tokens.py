"""The values of an account's keys, and what an access token says: when it ends, whose money it moves.

Most tokens are JWTs with a prefix (``m_``, ``us_``, ``hk_m_``). Only the middle part is read and nothing is
verified, so these are claims: good for a warning or a refusal, never for a permission.

Source: token contents quoted in the broker's public issue threads (``exp``, ``aid``, ``ac`` beside ``sub``),
and the broker's own CLI (OAuth: ``sub`` is JSON text with ``member_id`` and ``account_channel``).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple

from jupyter_openapi.errors import sentence
from jupyter_openapi.messages import _

BEARER = "Bearer "
WARN_DAYS = 14  # a token that ends sooner is worth a warning
LONGEST = 8192
INVISIBLE = "\ufeff\u200b\u200c\u200d\u2060"  # what pages and chats put around a copied text
MILLISECONDS = 10_000_000_000  # an expiry above this (the year 2286) counts milliseconds
_PRINTABLE = re.compile(r"[!-~]+")

AccountKind = Literal["paper", "live"]
Region = Literal["ap", "us"]


class KeyValues(NamedTuple):
    """The three values of an account, not yet checked; the printed form shows none of them."""

    app_key: str
    app_secret: str
    access_token: str

    def __repr__(self) -> str:
        return "KeyValues(...)"

    def cleaned(self) -> KeyValues:
        """Return the values without the white space and invisible characters around them."""
        return KeyValues(_trimmed(self.app_key), _trimmed(self.app_secret), _token(self.access_token))

    def problem(self) -> str:
        """Return in one sentence why cleaned values can't be used, repeating none; empty when they can."""
        unsigned = isinstance(self.access_token, str) and self.access_token.startswith(BEARER)
        return (
            _problem("app key", self.app_key)
            or _problem("access token", self.access_token)
            or _problem("app secret", self.app_secret, optional=unsigned)
        )


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """The claims of an access token; None where it makes none.

    Attributes
    ----------
    expires
        When it ends, in UTC.
    account
        ``paper`` or ``live``: whether it moves play money or real money.
    region
        The broker's data centre, for the ``x-dc-region`` header.
    bearer
        Whether it is an OAuth token, which travels unsigned.
    account_id
        The account's number at the broker.
    member_id
        The person's number at the broker; an OAuth token says it.
    """

    expires: datetime | None
    account: AccountKind | None
    region: Region
    bearer: bool
    account_id: str | None = None
    member_id: str | None = None

    def days_left(self, now: datetime | None = None) -> float | None:
        """Return the days until it ends (negative when it has), or None when it doesn't say."""
        if self.expires is None:
            return None
        return (self.expires - (now or datetime.now(UTC))) / timedelta(days=1)


class Validity(NamedTuple):
    """How long a token is still good for, in words, and whether a new one is needed soon."""

    renew: bool
    text: str
    advice: str = ""

    def __str__(self) -> str:
        if not self.advice:
            return self.text
        return _("{label}: {text}").format(label=self.text, text=self.advice)


def validity(days: float | None, *, renews: bool = False) -> Validity:
    """Return what to say of a token that ends in so many days; None where it does not say when it ends.

    One that `renews` itself is worth no warning.
    """
    if renews and (days is None or days >= 0):
        return Validity(renew=False, text=_("renews itself"))
    if days is None:
        return Validity(renew=False, text=_("does not say when it ends"))
    count = round(abs(days))
    if days < 0:
        text = _("ended 1 day ago") if count == 1 else _("ended {count} days ago").format(count=count)
        return Validity(renew=True, text=text, advice=_("get a new one from the broker's developer website"))
    text = _("ends in 1 day") if count == 1 else _("ends in {count} days").format(count=count)
    if days < WARN_DAYS:
        return Validity(renew=True, text=text, advice=_("renew it with `%openapi --execute refresh`"))
    return Validity(renew=False, text=text)


def token_facts(access_token: str) -> TokenFacts:
    """Read the claims of an access token; what can't be read is None. Never raises for any text."""
    bare, bearer = access_token, False
    if access_token[: len(BEARER)].lower() == BEARER.lower():
        bare, bearer = access_token[len(BEARER) :], True
    claims = _claims(bare)
    subject = _json_object(claims.get("sub"))
    return TokenFacts(
        expires=_moment(claims.get("exp")),
        account=_kind(claims.get("ac") or claims.get("account_channel") or subject.get("account_channel")),
        region="us" if bare.startswith("us_") else "ap",
        bearer=bearer,
        account_id=_number(claims.get("aid") or claims.get("aaid") or subject.get("account_id")),
        member_id=_number(subject.get("member_id")),
    )


def _claims(bare: str) -> dict[str, Any]:
    parts = bare.split(".")
    if len(parts) != 3:
        return {}
    try:
        payload = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except (binascii.Error, ValueError):
        return {}
    return _json_object(payload)


def _json_object(text: object) -> dict[str, Any]:
    if not isinstance(text, str | bytes):
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _moment(seconds: object) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float | str):
        return None
    try:
        number = float(seconds)
        return datetime.fromtimestamp(number / 1000 if number > MILLISECONDS else number, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _kind(channel: object) -> AccountKind | None:
    # The channels seen are "lb" and "lb_papertrading". One we have not seen may well be real money.
    if not isinstance(channel, str) or not channel.strip():
        return None
    return "paper" if "paper" in channel.lower() else "live"


def _number(value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        text = str(value).strip()
    except ValueError:  # Python refuses to print integers of thousands of digits
        return None
    return text if text.isalnum() and text.isascii() and len(text) <= 40 else None


def _trimmed(value: str) -> str:
    return value.strip().strip(INVISIBLE).strip() if isinstance(value, str) else value


def _token(value: str) -> str:
    token = _trimmed(value)
    if not isinstance(token, str) or not f"{token} ".lower().startswith(BEARER.lower()):
        return token
    bare = token[len(BEARER) :].strip()
    return f"{BEARER}{bare}" if bare else ""


def _problem(name: str, value: object, *, optional: bool = False) -> str:
    """Say in one sentence why `value` can't be used, without repeating it; empty when it can."""
    shown = {"app key": _("app key"), "access token": _("access token"), "app secret": _("app secret")}[name]
    if not isinstance(value, str):
        return _("The {name} must be text, not {kind}.").format(name=shown, kind=type(value).__name__)
    bare = value.removeprefix(BEARER) if name == "access token" else value
    if not bare:
        return (
            ""
            if optional
            else _("The {name} is empty: copy it from the broker's developer page.").format(name=shown)
        )
    if len(bare) > LONGEST:
        return _("The {name} is longer than {longest} characters: copy it alone.").format(
            name=shown, longest=LONGEST
        )
    if _PRINTABLE.fullmatch(bare):
        return ""
    return sentence(
        _("The {name} holds {flaw}:").format(name=shown, flaw=_flaw(bare)),
        _("copy it again, whole, as one line."),
    )


def _flaw(value: str) -> str:
    if "\n" in value or "\r" in value:
        return _("a line break")
    if any(character.isspace() for character in value):
        return _("white space")
    if any(not character.isprintable() for character in value):
        return _("a control character")
    return _("a character that no key or token has (not ASCII)")
