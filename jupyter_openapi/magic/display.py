"""Show frames by their views: a table of text in a terminal, one of HTML in a notebook.

A formatter of IPython's for `pandas.DataFrame`, chained to the one that was there before: it knows a frame by
its ``attrs``, and gives every other one to that. Values are server text and never become HTML.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from jupyter_openapi.colors import colors
from jupyter_openapi.frames.view import Cell, Column, Picture, picture_of, view_of, widest_fit
from jupyter_openapi.messages import _, ngettext, text_width

if TYPE_CHECKING:
    import pandas as pd

GAPS = (2, 1)  # characters between two columns of text: one where the key columns don't fit otherwise
PAGE = 900  # pixels a table of HTML may be wide; the page's own margins are left of them
CHARACTER, PADDING = 8.2, 18.0  # pixels of a character at the notebook's size, and of a cell's padding
_GREEN, _RED, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[0m"


class FrameDisplay:
    """The formatters of one shell, and what they replaced.

    Parameters
    ----------
    shell
        IPython's.
    compact
        Tells whether views are on: ``%config OpenAPIMagics.view``.
    """

    def __init__(self, shell: Any, compact: Callable[[], bool]) -> None:
        self._shell, self._compact = shell, compact
        self._before: dict[str, Any] = {}
        self._own: dict[str, Any] = {}

    def install(self) -> None:
        """Show frames by their views from now on; doing so twice changes nothing."""
        formatter = getattr(self._shell, "display_formatter", None)
        if formatter is None or self._own:
            return
        import pandas as pd

        for kind, show in (("text/plain", self._text), ("text/html", self._html)):
            self._own[kind] = show
            self._before[kind] = formatter.formatters[kind].for_type(pd.DataFrame, show)

    def uninstall(self) -> None:
        """Put back the formatters that were there before, unless others were set since."""
        import pandas as pd

        for kind, show in self._own.items():
            known = self._shell.display_formatter.formatters[kind]
            if known.for_type(pd.DataFrame) == show:
                known.pop(pd.DataFrame)
                if self._before[kind] is not None:
                    known.for_type(pd.DataFrame, self._before[kind])
        self._own, self._before = {}, {}

    def _picture(self, frame: pd.DataFrame) -> Picture | None:
        """Return how a frame is shown, or None for pandas: a frame that a view can't show is no error."""
        import pandas as pd

        try:
            view = view_of(frame) if self._compact() else None
            if view is None:
                return None
            most, fewest = pd.get_option("display.max_rows"), pd.get_option("display.min_rows")
            return picture_of(frame, view, most=most or len(frame), fewest=fewest or 10)
        except (AttributeError, KeyError, LookupError, TypeError, ValueError, ArithmeticError):
            return None

    def _text(self, frame: pd.DataFrame, printer: Any, cycle: bool) -> None:  # noqa: FBT001 (IPython's)
        picture = self._picture(frame)
        if picture is not None:
            coloured = getattr(self._shell, "colors", "nocolor").lower() != "nocolor" and _is_terminal(
                self._shell
            )
            printer.text(as_text(picture, shutil.get_terminal_size().columns, coloured=coloured))
        elif self._before.get("text/plain") is not None:
            self._before["text/plain"](frame, printer, cycle)
        else:
            printer.text(repr(frame))

    def _html(self, frame: pd.DataFrame) -> str | None:
        picture = self._picture(frame)
        if picture is not None:
            return str(as_html(picture))
        before = self._before.get("text/html")
        if before is None:
            formatter = self._shell.display_formatter.formatters["text/html"]
            before = type(frame).__dict__[formatter.print_method]
        shown: str | None = before(frame)
        return shown


def _is_terminal(shell: Any) -> bool:
    return "Terminal" in type(shell).__name__


def as_text(picture: Picture, room: int = 80, *, coloured: bool = False) -> str:
    """Return a picture as a table of text that fits `room` columns of a terminal."""
    grids = [
        [column.title, *(_shortened(cell.text, column.most) for cell in column.cells)]
        for column in picture.columns
    ]
    widths = [max(map(text_width, grid)) for grid in grids]
    for gap in GAPS:
        taken = widest_fit(picture.columns, widths, room - 1, gap)
        if all(at in taken for at, column in enumerate(picture.columns) if column.key):
            break
    lines = []
    for row in range(len(picture.shown) + 1):
        parts = []
        for at in taken:
            column, text = picture.columns[at], grids[at][row]
            padded = _padded(text, widths[at], right=column.number)
            cell = column.cells[row - 1] if row else Cell("")
            parts.append(_coloured(padded, cell.sign) if coloured else padded)
        lines.append((" " * gap).join(parts).rstrip())
    left_out = _gap_of(picture)
    if left_out is not None:
        lines.insert(left_out + 1, "...")
    inner = ["\n" + as_text(one, room, coloured=coloured) for one in picture.below]
    return "\n".join([*lines, *_below(picture, len(taken)), *inner])


def as_html(picture: Picture) -> Markup:
    """Return a picture as a table of HTML that fits 900 px; all its texts are escaped.

    Where there is less room the page itself leaves out all but the key columns, and counts them.
    """
    widths = [
        int(
            max(
                len(column.title),
                *(text_width(_shortened(cell.text, column.most)) for cell in column.cells),
                1,
            )
            * CHARACTER
        )
        for column in picture.columns
    ]
    taken = widest_fit(picture.columns, widths, PAGE - int(PADDING) * 2, int(PADDING))
    columns = [picture.columns[at] for at in taken]
    head = Markup().join(
        Markup('<th scope="col" class="{}">{}</th>').format(_kind(column), column.title) for column in columns
    )
    gap = _gap_of(picture)
    rows = []
    for row in range(len(picture.shown)):
        if row == gap:
            rows.append(Markup('<tr><td colspan="{}">...</td></tr>').format(len(columns)))
        rows.append(Markup("<tr>{}</tr>").format(Markup().join(_td(column, row) for column in columns)))
    below = _counted(picture, len(taken), sum(column.key for column in columns))
    return Markup(
        '<div class="jo-view">{}<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table><p>{}</p>{}</div>'
    ).format(_style(), head, Markup("\n").join(rows), below, Markup().join(map(as_html, picture.below)))


def _counted(picture: Picture, shown: int, narrow: int) -> Markup:
    """Return the lines below a table; what a narrow page says instead of the first stands in an attribute."""
    lines = [Markup("{}").format(line) for line in _below(picture, shown)]
    if narrow < shown:
        first = _below(picture, narrow)[0]
        roomy = lines.pop(0) if len(_below(picture, shown)) == len(_below(picture, narrow)) else Markup()
        mark = Markup('<span class="jo-roomy">{}</span><span class="jo-tight" data-says="{}"></span>')
        lines.insert(0, mark.format(roomy, first))
    return Markup("<br>").join(lines)


def _td(column: Column, row: int) -> Markup:
    cell = column.cells[row]
    shade = {1: " jo-up", -1: " jo-down"}.get(cell.sign, "")
    return Markup('<td class="{}{}">{}</td>').format(_kind(column), shade, _shortened(cell.text, column.most))


def _kind(column: Column) -> str:
    kind = "jo-number" if column.number else "jo-text"
    return kind if column.key else f"{kind} jo-more"


def _style() -> Markup:
    """Return the rules of the table: the theme's own colours, and the pair of colours in use."""
    pair = colors()
    return Markup(
        "<style>"
        ".jo-view{{container-type:inline-size;overflow-x:auto}}"
        ".jo-view table{{border-collapse:collapse;font-variant-numeric:tabular-nums}}"
        ".jo-view .jo-number{{text-align:right}}.jo-view .jo-text{{text-align:left}}"
        ".jo-view th,.jo-view td{{padding:2px 9px;white-space:nowrap}}"
        ".jo-view p{{margin:4px 0;opacity:.75;font-size:90%}}"
        "@container (max-width:850px){{.jo-view .jo-more,.jo-view .jo-roomy{{display:none}}"
        ".jo-view th,.jo-view td{{padding:2px 4px;font-size:90%}}"
        ".jo-view .jo-tight::before{{content:attr(data-says)}}}}"
        ".jo-view .jo-up{{color:{}}}.jo-view .jo-down{{color:{}}}"
        '[data-jp-theme-light="false"] .jo-view .jo-up,.vscode-dark .jo-view .jo-up{{color:{}}}'
        '[data-jp-theme-light="false"] .jo-view .jo-down,.vscode-dark .jo-view .jo-down{{color:{}}}'
        "</style>"
    ).format(pair.up.light, pair.down.light, pair.up.dark, pair.down.dark)


def _below(picture: Picture, shown: int) -> list[str]:
    """Return the lines below the table: what is not shown, and the picture's notes."""
    lines = []
    if len(picture.shown) < picture.rows:
        lines.append(ngettext("{count:,} row", "{count:,} rows", picture.rows).format(count=picture.rows))
    hidden = picture.frame_columns - shown
    if hidden > 0:
        template = ngettext("+{count} column: `--wide`", "+{count} columns: `--wide`", hidden)
        lines.append(template.format(count=hidden))
    if not picture.rows:
        lines.insert(0, _("No rows"))
    return [_(". ").join(lines) + _(".")] * bool(lines) + list(picture.notes)


def _gap_of(picture: Picture) -> int | None:
    """Return after how many shown rows some are left out, or None."""
    for at, (one, other) in enumerate(pairwise(picture.shown), 1):
        if other != one + 1:
            return at
    return None


def _shortened(text: str, most: int) -> str:
    if text_width(text) <= most:
        return text
    kept = ""
    for one in text:
        if text_width(kept + one) >= most:
            break
        kept += one
    return f"{kept}…"


def _padded(text: str, room: int, *, right: bool) -> str:
    space = " " * (room - text_width(text))
    return f"{space}{text}" if right else f"{text}{space}"


def _coloured(text: str, sign: int) -> str:
    if not sign:
        return text
    rises_red = colors().up.light > colors().down.light
    return f"{_RED if (sign > 0) == rises_red else _GREEN}{text}{_PLAIN}"


__all__: Sequence[str] = ("FrameDisplay", "as_html", "as_text")
