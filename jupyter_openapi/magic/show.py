"""``--dry-run``, ``--explain`` and ``--curl``: a request shown in three ways, and never sent."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from jupyter_openapi.hosts import resolve_host
from jupyter_openapi.magic.curl import curl
from jupyter_openapi.magic.drafts import Draft, draft
from jupyter_openapi.magic.report import Report
from jupyter_openapi.session import SESSION
from jupyter_openapi.spec.model import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openapi.magic.flags import FlagValue
    from jupyter_openapi.magic.target import Target

WIDE = 100


def show(target: Target, flags: Mapping[str, FlagValue], tz: str) -> Report:
    """Return the text that the line's flag asks for.

    Raises
    ------
    RequestRefused
        What is called does not pass its checks; for ``--explain`` also: there is no connection.
    """
    if "dry_run" in flags:
        return _dry_run(draft(target, tz))
    if "explain" in flags:
        return _explained(draft(target, tz))
    return _curl(draft(target, tz, identified=True))


def _dry_run(asked: Draft) -> Report:
    client, target = SESSION.client, asked.target
    rows = [("account", client.account.title if client else "not connected")]
    rows += [("request", f"{asked.method} {asked.path}")]
    rows += [("query", f"{name}={value}") for name, value in asked.pairs]
    if asked.fields is not None:
        text = json.dumps(asked.fields, ensure_ascii=False)
        rows.append(
            ("body", text if len(text) <= WIDE else json.dumps(asked.fields, ensure_ascii=False, indent=2))
        )
    rows += [("note", note) for note in _notes(target)]
    head = "DRY RUN: nothing was sent."
    return Report("\n".join([head, *_aligned(rows)]))


def _notes(target: Target) -> list[str]:
    notes = []
    operation = target.operation
    if operation is None:
        notes.append("this path is not in the specification: nothing of it was checked")
    if target.effect is not Effect.READ:
        notes.append(f"this is a {target.effect}: without --execute it gives a preview")
    if operation is not None and operation.parameter("client_request_id") is not None:
        notes.append("its preview adds an id of its own and looks at the price, ticks, lots and limits")
    elif operation is not None and operation.name == "replace_order":
        notes.append("its preview looks at the order as it stands")
    return notes


def _explained(asked: Draft) -> Report:
    client = SESSION.connected()
    steps = client.explain(asked.method, asked.path, asked.query, asked.body)
    if not steps.signature:
        return Report(
            "An OAuth token travels unsigned; nothing was sent. The request carries these headers:\n\n"
            f"{_indented(steps.canonical)}\n\n{_MASKED}"
        )
    body = f" (the body is {len(asked.body):,} bytes)" if asked.body else ""
    return Report(
        "How this request would be signed at this moment; nothing was sent.\n\n"
        "1. Canonical request: method|path|query|the three headers|their names|SHA-1 of the body, if any"
        f"{body}\n\n{_indented(steps.canonical)}\n\n"
        f"2. String to sign: SHA-1 of the canonical request\n\n{_indented(steps.string_to_sign)}\n\n"
        "3. X-Api-Signature: HMAC-SHA256 of that string, keyed with the app secret\n\n"
        f"{_indented(steps.signature)}\n\n{_MASKED} The digests and the signature are of the real values."
    )


_MASKED = (
    "Masked: the access token and the app key stand in square brackets, by their length alone; the app "
    "secret is nowhere."
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
        notes.append("The keys of this kernel's sandbox: jupyter_openapi.session.SESSION.sandbox.keys()")
    return Report(curl(asked, host, paper=paper, notes=notes))


def _warnings(asked: Draft) -> list[str]:
    if asked.target.effect is Effect.READ:
        return []
    return [
        f"Pasting this makes a {asked.target.effect}, with no preview, no limits and no journal."
        + (" Its id is booked once within 10 minutes." if b'"client_request_id"' in asked.body else "")
    ]


def _aligned(rows: list[tuple[str, str]]) -> list[str]:
    width = max(len(label) for label, _ in rows)
    pad = " " * (width + 4)
    return [f"  {label:<{width}}  {text}".replace("\n", f"\n{pad}") for label, text in rows]


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.split("\n"))
