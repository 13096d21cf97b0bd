"""Handlers of the token server: register, the page where the owner agrees, tokens, devices."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlencode

from markupsafe import Markup

from jupyter_openapi.sandbox.dispatch import CONTROLS, HANDLERS, OPEN, World
from jupyter_openapi.sandbox.gate import Request
from jupyter_openapi.sandbox.oauth import INTERVAL, OAuthError
from jupyter_openapi.sandbox.responses import Response, page, plain, redirect
from jupyter_openapi.spec.model import Effect, Kind, Operation, Parameter

Fields = dict[str, Any]

PAGE = Markup(
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Sandbox: {title}</title>'
    "<style>body{{font:1.1rem system-ui,sans-serif;margin:3rem auto;max-width:34rem;color-scheme:light dark}}"
    "button{{font:inherit;padding:.4rem 1.2rem;margin-right:.6rem}}</style>"
    "<h1>{title}</h1>{body}</html>"
)
ASK = Markup(
    "<p>A program on this machine asks for access to the sandbox's paper account.</p>"
    '<form method="post" action="{action}">{fields}'
    '<button name="answer" value="allow">Allow</button>'
    '<button name="answer" value="deny">Deny</button></form>'
)
FIELD = Markup('<input type="hidden" name="{name}" value="{value}">')
TEXT = Markup("<p>{text}</p>")
ASKED = ("client_id", "redirect_uri", "state", "code_challenge")


def _fields(text: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}


def _body(call: Request) -> dict[str, str]:
    return _fields(call.body.decode("utf-8", "replace"))


def _refusal(problem: OAuthError) -> Response:
    said = {"error": problem.error} | ({"error_description": problem.words} if problem.words else {})
    return plain(said, problem.status)


def _page(title: str, body: Markup, status: int = 200) -> Response:
    return page(PAGE.format(title=title, body=body), status)


def _form(action: str, fields: Mapping[str, str]) -> Markup:
    hidden = Markup("").join(FIELD.format(name=name, value=value) for name, value in fields.items())
    return ASK.format(action=action, fields=hidden)


def register(world: World, call: Request) -> Response:
    """Register a public client (RFC 7591)."""
    try:
        wanted = json.loads(call.body)
        uris = [str(each) for each in wanted["redirect_uris"]]
        name = str(wanted["client_name"])
    except (ValueError, TypeError, KeyError):
        return _refusal(OAuthError("invalid_client_metadata", "client_name and redirect_uris are needed"))
    if not uris or not all(
        each.startswith(("http://localhost:", "http://127.0.0.1:", "https://")) for each in uris
    ):
        return _refusal(OAuthError("invalid_redirect_uri"))
    now = int(time.time())
    client_id = world.oauth.register(uris)
    answer = {
        "client_id": client_id,
        "client_id_issued_at": now,
        "client_secret_expires_at": now + 3600,
        "client_name": name,
        "redirect_uris": uris,
        "grant_types": wanted.get("grant_types", ["authorization_code", "refresh_token"]),
        "token_endpoint_auth_method": "none",
        "response_types": ["code"],
        "registration_client_uri": f"{world.url}/oauth2/register/{client_id}",
    }
    return plain(answer, 201)


def authorize(world: World, call: Request) -> Response:
    """Show the page where the account's owner agrees."""
    asked = _fields(call.query)
    if not world.oauth.may_return_to(asked.get("client_id", ""), asked.get("redirect_uri", "")):
        text = "This client is not known, or its redirect address is not registered."
        return _page("Not allowed", TEXT.format(text=text), 400)
    if problem := _wrong(asked):
        return redirect(
            f"{asked['redirect_uri']}?{urlencode({'error': problem, 'state': asked.get('state', '')})}"
        )
    return _page("Allow access?", _form("/oauth2/authorize", {name: asked[name] for name in ASKED}))


def _wrong(asked: Mapping[str, str]) -> str:
    if asked.get("response_type") != "code":
        return "unsupported_response_type"
    pkce = asked.get("code_challenge_method") == "S256" and len(asked.get("code_challenge", "")) == 43
    return "" if pkce and asked.get("state") else "invalid_request"


def decide(world: World, call: Request) -> Response:
    """Send the browser back with a code, or with a refusal."""
    asked = _body(call)
    client, uri = asked.get("client_id", ""), asked.get("redirect_uri", "")
    if not world.oauth.may_return_to(client, uri):
        return _page("Not allowed", TEXT.format(text="This client is not known."), 400)
    back = {"state": asked.get("state", "")}
    if asked.get("answer") == "allow":
        back["code"] = world.oauth.give_code(client, uri, asked.get("code_challenge", ""))
    else:
        back["error"] = "access_denied"
    return redirect(f"{uri}?{urlencode(back)}")


def token(world: World, call: Request) -> Response:
    """Exchange a code, a refresh token or a device's code for tokens."""
    try:
        return plain(world.oauth.exchange(_body(call)))
    except OAuthError as problem:
        return _refusal(problem)


def device_authorize(world: World, call: Request) -> Response:
    """Begin a device's login (RFC 8628)."""
    try:
        code, grant = world.oauth.start_device(_body(call).get("client_id", ""))
    except OAuthError as problem:
        return _refusal(problem)
    link = f"{world.url}/oauth2/device"
    return plain(
        {
            "device_code": code,
            "user_code": grant.user_code,
            "verification_uri": link,
            "verification_uri_complete": f"{link}?{urlencode({'user_code': grant.user_code})}",
            "expires_in": int(grant.ends - time.time()),
            "interval": INTERVAL,
        }
    )


def device_page(world: World, call: Request) -> Response:
    """Show the page where the account's owner agrees to a device."""
    del world
    code = _fields(call.query).get("user_code", "")
    return _page(f"Allow access for {code}?", _form("/oauth2/device", {"user_code": code}))


def device_decide(world: World, call: Request) -> Response:
    """Note what the owner said of a device."""
    asked = _body(call)
    agreed = asked.get("answer") == "allow"
    if not world.oauth.decide_device(asked.get("user_code", ""), agreed=agreed):
        return _page("Not known", TEXT.format(text="This code is not known, or has ended."), 400)
    return _page("Allowed" if agreed else "Denied", TEXT.format(text="You can close this page."))


def metadata(world: World, call: Request) -> Response:
    """Describe the token server (RFC 8414)."""
    del call
    base = f"{world.url}/oauth2"
    return plain(
        {
            "issuer": world.url,
            "authorization_endpoint": f"{base}/authorize",
            "token_endpoint": f"{base}/token",
            "registration_endpoint": f"{base}/register",
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }
    )


OPEN.update(
    {
        ("GET", "/.well-known/oauth-authorization-server"): metadata,
        ("POST", "/oauth2/register"): register,
        ("GET", "/oauth2/authorize"): authorize,
        ("POST", "/oauth2/authorize"): decide,
        ("POST", "/oauth2/token"): token,
        ("POST", "/oauth2/device/authorize"): device_authorize,
        ("GET", "/oauth2/device"): device_page,
        ("POST", "/oauth2/device"): device_decide,
    }
)


def steer(world: World, fields: Fields) -> Fields:
    """Set how long new tokens live, or end the refresh tokens; say how often tokens were renewed."""
    if fields.get("life") is not None:
        world.oauth.life = int(fields["life"])
    if fields.get("end") is not None:
        world.oauth.end_refresh_tokens()
    return {"life": world.oauth.life, "renewals": world.oauth.renewals}


CONTROLS["POST", "/sandbox/oauth"] = Operation(
    name="POST /sandbox/oauth",
    method="POST",
    path="/sandbox/oauth",
    effect=Effect.WRITE,
    group="sandbox",
    limit="none",
    summary="",
    parameters=tuple(Parameter(name, "body", Kind.DECIMAL, number=True) for name in ("life", "end")),
)
HANDLERS["POST /sandbox/oauth"] = steer
