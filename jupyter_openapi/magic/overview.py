"""What ``%openapi`` alone prints: where you are, and what you can type."""

from __future__ import annotations

import sys

from jupyter_openapi.magic.commands import COMMANDS
from jupyter_openapi.magic.flags import FLAGS
from jupyter_openapi.magic.helping import flag_line
from jupyter_openapi.magic.report import Report

HEAD = """
Type
  %openapi connect sandbox                      a paper exchange on this machine (or: paper, live)
  %openapi positions                            your holdings, as a DataFrame
  df = %openapi positions symbol=700.HK,AAPL.US
  %openapi quote 700.HK AAPL.US                 last prices
  %openapi history_orders start=-30d            days as 2026-11-01, today, -30d
  %openapi GET /v1/asset/stock symbol=700.HK    any path
  %openapi submit 700.HK side=buy price=600 quantity=100      a preview; nothing is sent
  %openapi send                                 sends that very preview, once, while it is under 60 s old
  %openapi --execute submit 700.HK side=buy type=MO quantity=100

  A cell that begins with %%openapi takes a body: JSON, or name: value lines.
  price={bid} takes a variable, and any {expression}; # starts a comment; a trailing ; mutes the output.
  Tab completes names, parameters and values. IPython takes a line that ends in ? for itself.

Find
  %openapi endpoints dividend                   the operations that hold a word
  %openapi help submit                          what one takes and gives, and an example
"""


def overview() -> Report:
    """Return the text; nothing is sent."""
    where = "not connected"
    session = sys.modules.get("jupyter_openapi.session")
    if session is not None and session.SESSION.client is not None:
        where = session.SESSION.client.account.title
    commands = [f"  {name:<12} {spec.summary}" for name, spec in COMMANDS.items()]
    flags = [f"  {flag_line(flag)}" for flag in FLAGS.values()]
    parts = [
        f"%openapi: {where}",
        HEAD,
        "Commands, beside the operations that %openapi endpoints lists",
        *commands,
        "",
        "Flags, before the operation; %config OpenAPIMagics sets what holds without them",
        *flags,
    ]
    return Report("\n".join(parts))
