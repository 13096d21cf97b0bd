"""``--dry-run``, ``--explain`` and ``--curl``: show a request in three ways without sending it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from shlex import quote

from jupyter_openapi.magic.command import Report
from jupyter_openapi.magic.flags import FlagValue
from jupyter_openapi.magic.request import Draft, Target, draft
from jupyter_openapi.market.orders import refuse_unread
from jupyter_openapi.messages import N_, _, aligned
from jupyter_openapi.session import SESSION
from jupyter_openapi.signing import CONTENT_TYPE, SIGNED_HEADERS
from jupyter_openapi.spec.model import Effect
from jupyter_openapi.transport.hosts import Host, resolve_host

KEY, SECRET, TOKEN = "LONGBRIDGE_APP_KEY", "LONGBRIDGE_APP_SECRET", "LONGBRIDGE_ACCESS_TOKEN"


def curl(asked: Draft, host: Host, *, paper: bool = False, notes: Sequence[str] = ()) -> str:
    """Return the command.

    Parameters
    ----------
    asked
        The request.
    host
        Where it goes.
    paper
        Send ``x-papertrading: true``.
    notes
        What to say in it, one line each; the shell does nothing with them.
    """
    said = [
        _("Set {key}, {secret} and {token} first, then paste all of this.").format(
            key=KEY, secret=SECRET, token=TOKEN
        ),
        *notes,
    ]
    # As our own requests do: a proxy must not see requests to a sandbox on this machine.
    direct = "--noproxy 127.0.0.1,localhost,::1 " if host.loopback else ""
    kind = quote(f"Content-Type: {CONTENT_TYPE}")
    lines = [
        "(",
        # Not after a # sign: zsh takes that for a command when it is typed, and an apostrophe for a quote.
        *(f": {quote(' '.join(note.split()))}" for note in said),
        f': "${{{KEY}:?is not set}}" "${{{SECRET}:?is not set}}" "${{{TOKEN}:?is not set}}"',
        # No variable may be called path: in zsh that is the search path.
        f"verb={quote(asked.method)} host={quote(host.url)}",
        f"route={quote(asked.path)}",
        f"query={quote(asked.query)}",
        f"body={quote(asked.body.decode())}",
        "stamp=$(date +%s) sum=",
        # openssl prints "SHA1(stdin)= 12ab..." or "(stdin)= 12ab...", as its version likes.
        "hex() { sed 's/^.*= *//'; }",
        '[ -z "$body" ] || sum=$(printf %s "$body" | openssl dgst -sha1 | hex)',
        "text=$(printf '%s|%s|%s|authorization:%s\\nx-api-key:%s\\nx-timestamp:%s\\n|%s|%s' \\",
        f'  "$verb" "$route" "$query" "${TOKEN}" "${KEY}" "$stamp" {quote(SIGNED_HEADERS)} "$sum")',
        'digest="HMAC-SHA256|$(printf %s "$text" | openssl dgst -sha1 | hex)"',
        f'mac=$(printf %s "$digest" | openssl dgst -sha256 -hmac "${SECRET}" | hex)',
        f'sign="HMAC-SHA256 SignedHeaders={SIGNED_HEADERS}, Signature=$mac"',
        f'case "${TOKEN}" in ("Bearer "*) sign= ;; esac',
        f'case "${TOKEN}" in (us_*) centre=us ;; (*) centre=ap ;; esac',
        f"curl --silent --show-error --write-out '\\n' {direct}\\",
        '  --request "$verb" "$host$route${query:+?$query}" \\',
        f'  --header "X-Api-Key: ${KEY}" --header "Authorization: ${TOKEN}" \\',
        '  --header "X-Timestamp: $stamp" --header "X-Api-Signature: $sign" \\',
        f"  --header {kind} --header 'Accept-Language: en' \\",
        '  --header "x-dc-region: $centre"'
        + (" --header 'x-papertrading: true'" if paper else "")
        + (' --data-binary "$body"' if asked.body else ""),
        ")",
    ]
    return "\n".join(lines)


WIDE = 100
EFFECT_WORDS = {Effect.READ: N_("read"), Effect.WRITE: N_("write"), Effect.TRADE: N_("trade")}


def show(target: Target, flags: Mapping[str, FlagValue], tz: str) -> Report:
    """Return the text that the line's flag asks for.

    Raises
    ------
    RequestRefused
        What is called does not pass its checks; for ``--explain`` also: there is no connection.
    """
    if "dry_run" in flags:
        return _dry_run(draft(target, tz))
    asked = draft(target, tz, identified="explain" not in flags)
    refuse_unread(target.operation, asked.fields)
    return _explained(asked) if "explain" in flags else _curl(asked)


def _dry_run(asked: Draft) -> Report:
    client, target = SESSION.client, asked.target
    rows = [(N_("account"), client.account.title if client else _("not connected"))]
    rows += [(N_("request"), f"{asked.method} {asked.path}")]
    rows += [(N_("query"), f"{name}={value}") for name, value in asked.pairs]
    if asked.fields is not None:
        text = json.dumps(asked.fields, ensure_ascii=False)
        rows.append(
            (
                N_("body"),
                text if len(text) <= WIDE else json.dumps(asked.fields, ensure_ascii=False, indent=2),
            )
        )
    rows += [(N_("note"), note) for note in _notes(target)]
    head = _("DRY RUN: nothing was sent.")
    return Report("\n".join([head, *aligned(rows, "  ")]))


def _notes(target: Target) -> list[str]:
    notes = []
    operation = target.operation
    if operation is None:
        notes.append(_("this path is not in the specification: nothing of it was checked"))
    if target.effect is not Effect.READ:
        notes.append(
            _("this is a {effect}: without --execute it gives a preview").format(
                effect=_(EFFECT_WORDS[target.effect])
            )
        )
    if operation is not None and operation.parameter("client_request_id") is not None:
        notes.append(_("its preview adds an id of its own and looks at the price, ticks, lots and limits"))
    elif operation is not None and operation.name == "replace_order":
        notes.append(_("its preview looks at the order as it stands, and what is left out stays so"))
    return notes


def _explained(asked: Draft) -> Report:
    client = SESSION.connected()
    steps = client.explain(asked.method, asked.path, asked.query, asked.body)
    if not steps.signature:
        return Report(
            _(
                "An OAuth token travels unsigned; nothing was sent. The request carries these "
                "headers:\n\n{headers}\n\n{masked}"
            ).format(headers=_indented(steps.canonical), masked=_masked())
        )
    body = _(" (the body is {count:,} bytes)").format(count=len(asked.body)) if asked.body else ""
    return Report(
        _(
            "How this request would be signed at this moment; nothing was sent.\n\n1. Canonical request: "
            "method|path|query|the three headers|their names|SHA-1 of the body, if "
            "any{body}\n\n{canonical}\n\n2. String to sign: SHA-1 of the canonical request\n\n{digest}\n\n3. "
            "X-Api-Signature: HMAC-SHA256 of that string, keyed with the app "
            "secret\n\n{signature}\n\n{masked} The digests and the signature are of the real values."
        ).format(
            body=body,
            canonical=_indented(steps.canonical),
            digest=_indented(steps.string_to_sign),
            signature=_indented(steps.signature),
            masked=_masked(),
        )
    )


def _masked() -> str:
    return _(
        "Masked: of the access token and the app key only the lengths are shown, in square brackets; the app "
        "secret is not shown."
    )


def _curl(asked: Draft) -> Report:
    client, effect = SESSION.client, asked.target.effect
    if client is None:
        return Report(curl(asked, resolve_host(), notes=_warnings(asked)))
    if effect is not Effect.READ:
        client.account.may_change(asked.target.name)  # a read-only connection gives no order away either
    host = resolve_host(client.account.host)
    paper = client.account.mode == "paper"
    notes = [client.account.title, *_warnings(asked)]
    if client.account.mode == "sandbox":
        notes.append(_("The keys of this kernel's sandbox: jupyter_openapi.session.SESSION.sandbox.keys()"))
    return Report(curl(asked, host, paper=paper, notes=notes))


def _warnings(asked: Draft) -> list[str]:
    if asked.target.effect is Effect.READ:
        return []
    return [
        _("Pasting this makes a {effect}, with no preview, no limits and no journal.").format(
            effect=_(EFFECT_WORDS[asked.target.effect])
        )
        + (_(" Its id is booked once within 10 minutes.") if b'"client_request_id"' in asked.body else "")
    ]


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.split("\n"))
