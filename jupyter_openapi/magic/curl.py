"""A request as a command line for a POSIX shell with curl and openssl.

Nothing in it is secret: the key, the secret and the token are the shell's own variables, and the shell makes
the timestamp and the signature when the command is pasted. Whatever comes from the request stands in single
quotes, in which a shell reads nothing; it runs in a subshell, so that it leaves no variables behind. While it
runs, openssl and curl have the values among their arguments, where other users of the machine can see them.
"""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from jupyter_openapi.signing import CONTENT_TYPE, SIGNED_HEADERS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_openapi.hosts import Host
    from jupyter_openapi.magic.drafts import Draft

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
    said = [f"Set {KEY}, {SECRET} and {TOKEN} first, then paste all of this.", *notes]
    # As our own requests do: a proxy has no business with a sandbox on this machine.
    direct = "--noproxy 127.0.0.1,localhost,::1 " if host.loopback else ""
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
        f"  --header {quote(f'Content-Type: {CONTENT_TYPE}')} --header 'Accept-Language: en' \\",
        '  --header "x-dc-region: $centre"'
        + (" --header 'x-papertrading: true'" if paper else "")
        + (' --data-binary "$body"' if asked.body else ""),
        ")",
    ]
    return "\n".join(lines)
