"""Choose the host that signed requests go to, and the language that the broker is asked to answer in.

The broker's own hosts and this machine's loopback are known. The environment may name only those: a variable
that someone else has set must not send an account's token elsewhere. Another host takes an explicit argument.
The language is that of the names of securities, and of the broker's own messages.

Source: the hosts of the broker's documentation and of the official SDK; the SDK's ``Language`` and its
variable ``LONGBRIDGE_LANGUAGE``.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.messages import LANGUAGES, N_, VARIABLES, _, spelled

GLOBAL = "https://openapi.longbridge.com"
CHINA = "https://openapi.longbridge.cn"
KNOWN = frozenset({GLOBAL, CHINA, "https://openapi.longportapp.com", "https://openapi.longportapp.cn"})
REGIONS = ("cn", "hk")
URL_NAMES = ("LONGBRIDGE_HTTP_URL", "LONGPORT_HTTP_URL")
REGION_NAMES = ("LONGBRIDGE_REGION", "LONGPORT_REGION")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
EXAMPLE = N_("such as https://openapi.longbridge.com or http://127.0.0.1:8080")


@dataclass(frozen=True, slots=True)
class Host:
    """Where requests go.

    Attributes
    ----------
    url
        Scheme, host and port, no slash at the end.
    known
        Whether it is one of the broker's own.
    loopback
        Whether it is this machine: the only place where plain http is allowed.
    region
        ``cn`` for the hosts in mainland China, else ``hk``.
    """

    url: str
    known: bool
    loopback: bool
    region: str

    @property
    def name(self) -> str:
        """The host and port, for people."""
        return self.url.partition("://")[2]


def resolve_host(
    http_url: str | None = None, region: str | None = None, environ: Mapping[str, str] | None = None
) -> Host:
    """Choose the host: the argument, else the region's, else the environment's, else the global one.

    Parameters
    ----------
    http_url
        Any https URL of a host alone, or http on loopback.
    region
        ``cn`` or ``hk``: the broker's host there.
    environ
        Instead of the process's environment; read are ``LONGBRIDGE_HTTP_URL`` (a known host or loopback) and
        ``LONGBRIDGE_REGION``, and the same with ``LONGPORT_``.

    Raises
    ------
    RequestRefused
        The URL is no host, is not https, or is not one that the environment may name.
    """
    variables = os.environ if environ is None else environ
    if http_url is not None:
        host = _host(http_url, "http_url")
        if region is not None and host.known and host.region != _region(region):
            raise RequestRefused(
                _("http_url names {name}, which is not of region '{region}': give only one.").format(
                    name=host.name, region=region
                )
            )
        return host
    if region is not None:
        return _host(CHINA if _region(region) == "cn" else GLOBAL, "region")
    for name in URL_NAMES:
        if url := variables.get(name, "").strip():
            host = _host(url, name)
            if not (host.known or host.loopback):
                raise RequestRefused(
                    _(
                        "The variable {name} names {host}, which is not one of the broker's hosts; nothing "
                        "was sent. Unset it, or pass http_url= yourself."
                    ).format(name=name, host=host.name)
                )
            return host
    chosen = next((value for name in REGION_NAMES if (value := variables.get(name, "").strip())), "")
    return _host(CHINA if chosen.lower() == "cn" else GLOBAL, "region")


def _region(region: str) -> str:
    if region.lower() not in REGIONS:
        raise RequestRefused(
            _("There is no region '{region}': it is {regions}.").format(
                region=region, regions=_(" or ").join(REGIONS)
            )
        )
    return region.lower()


def _host(url: str, where: str) -> Host:
    """Read a URL that is a host and nothing else; what it should not hold is never repeated."""
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise RequestRefused(
            _("{where} is not a URL: type a host alone, {example}.").format(where=where, example=_(EXAMPLE))
        ) from None
    name = parts.hostname or ""
    numeric = _address(name)
    if not (_HOST.fullmatch(name) or (numeric and numeric.version == 6)) or not url.strip().isascii():
        raise RequestRefused(
            _("{where} names no host: type {example}.").format(where=where, example=_(EXAMPLE))
        )
    if _more_than_a_host(parts, url):
        raise RequestRefused(
            _(
                "{where} must be a host alone, without user name, path, query or fragment: type {example}."
            ).format(where=where, example=_(EXAMPLE))
        )
    loopback = name == "localhost" or bool(numeric and numeric.is_loopback)
    if parts.scheme not in {"https", "http"} or (parts.scheme == "http" and not loopback):
        raise RequestRefused(
            _("{where} must start with https:// (plain http is for this machine only): {example}.").format(
                where=where, example=_(EXAMPLE)
            )
        )
    shown = f"[{name}]" if ":" in name else name
    plain = port is None or (parts.scheme, port) in {("https", 443), ("http", 80)}
    clean = f"{parts.scheme}://{shown}" if plain else f"{parts.scheme}://{shown}:{port}"
    return Host(clean, clean in KNOWN, loopback, "cn" if clean in KNOWN and clean.endswith(".cn") else "hk")


def _more_than_a_host(parts: SplitResult, url: str) -> bool:
    text = url.strip()
    return (
        "@" in parts.netloc
        or parts.netloc.endswith(":")
        or parts.path not in {"", "/"}
        or any(mark in text for mark in ("?", "#", "\\"))
        or any(character.isspace() or not character.isprintable() for character in text)
    )


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def language_named(text: object, where: str = "language") -> str:
    """Return a language as it is spelled: ``en``, ``zh-CN`` or ``zh-HK``.

    Parameters
    ----------
    text
        In any case, with a dash or an underscore.
    where
        What names it, for the message.

    Raises
    ------
    RequestRefused
        It is none of them.
    """
    if found := spelled(str(text)):
        return found
    raise RequestRefused(
        _("{where} is {languages}, not {given}.").format(
            where=where, languages=_(" or ").join(LANGUAGES), given=short(str(text), 40) or "''"
        )
    )


def choose_language(given: str | None = None, environ: Mapping[str, str] | None = None) -> str:
    """Return the language of a client: the one given, else the environment's, else English.

    Raises
    ------
    RequestRefused
        One that is not available was given, or stands in the variable.
    """
    if given is not None:
        return language_named(given)
    variables = os.environ if environ is None else environ
    for name in VARIABLES:
        if value := variables.get(name, "").strip():
            return language_named(value, name)
    return LANGUAGES[0]
