"""Make a DataFrame of a reply's `data`: typed by its operation, or inferred from its shape.

======================  ==========================================================================
kind of field           column
======================  ==========================================================================
text, id, symbol, enum  plain text: ``str`` on pandas 3, ``object`` on pandas 2; absent is NaN
enum of integers        ``Int64``
decimal                 ``float64``; `decimal.Decimal` or text on request
integer                 ``Int64``
boolean                 ``boolean``
timestamp, millis       aware ``datetime64`` in the zone asked for; 0 and "" are NaT
date                    ``datetime64``, naive midnight
object                  Python objects: a list is a tuple, an object a dict that has a hash (`Nested`)
======================  ==========================================================================

Columns keep the API's names and its order: parents first, then the fields as the reply's first record has
them, described fields that it lacks, and unknown ones last. Times have the resolution pandas itself prefers
(microseconds on pandas 3, nanoseconds on pandas 2). pandas is imported when a frame is made, not before.
"""

from __future__ import annotations

from jupyter_openapi.frames.build import add_trade_date, describe, frame_from_bytes, seal, to_frame
from jupyter_openapi.frames.columns import InexactWarning, UnreadableWarning
from jupyter_openapi.frames.interchange import arrow_table, polars_frame
from jupyter_openapi.frames.values import Nested
from jupyter_openapi.market.symbols import MARKET_ZONES

__all__ = [
    "MARKET_ZONES",
    "InexactWarning",
    "Nested",
    "UnreadableWarning",
    "add_trade_date",
    "arrow_table",
    "describe",
    "frame_from_bytes",
    "polars_frame",
    "seal",
    "to_frame",
]
