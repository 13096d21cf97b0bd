"""What ``%openapi`` alone prints: where you are, and what you can type."""

from __future__ import annotations

import sys

LINES = """
  %openapi connect sandbox                      a paper exchange on this machine (or: paper, live)
  %openapi positions                            your holdings, as a DataFrame
  df = %openapi positions symbol=700.HK,AAPL.US
  %openapi quote 700.HK AAPL.US                 last prices
  %openapi GET /v1/asset/stock symbol=700.HK    any path
  %openapi submit 700.HK side=buy price=600 quantity=100      a preview; nothing is sent
  %openapi send                                 sends that very preview, once, while it is under 60 s old
  %openapi --execute submit 700.HK side=buy type=MO quantity=100

  price={bid} takes a variable, and any {expression}; # starts a comment; a trailing ; mutes the output.
  Flags stand before the operation: --execute --raw --decimals string --tz Asia/Hong_Kong
  IPython takes a line that ends in ? for itself.
"""


def overview() -> str:
    """Return the text."""
    where = "not connected"
    session = sys.modules.get("jupyter_openapi.session")
    if session is not None and session.SESSION.client is not None:
        where = session.SESSION.client.account.title
    return f"%openapi: {where}\n{LINES}"
