"""Fetch whole histories: every row of a window of any length, once, in order of time.

The broker gives a history in pieces: a window of time by default 90 days long, pages inside it, or the first
1,000 rows and the word that there are more. `fetch` walks them all:

- windows that never overlap, both ends inclusive, from the start on;
- inside a window pages, as long as there are more; an operation without pages has its window halved until
  each part comes whole, down to one second;
- a window read over several pages stands only if nothing moved meanwhile: no id came twice, or (where rows
  have no ids, and equal rows may be two) a second reading gave the same;
- today's rows first, where the history leaves today out, so that midnight cannot fall between the two;
- rows are told apart by the id the specification names, and by nothing else.

What cannot be read is said: `History.complete` is False and `History.why` tells the reason. Ctrl-C and errors
lose nothing: the same call goes on from there (`Unfinished`).
"""

from __future__ import annotations

from jupyter_openapi.history.fetcher import History, ProgressBar, Unfinished, fetch
from jupyter_openapi.history.page import cut
from jupyter_openapi.history.walk import Progress, Step

__all__ = ["History", "Progress", "ProgressBar", "Step", "Unfinished", "cut", "fetch"]
