"""Texts, fonts, themes, colours and sizes of every chart.

The colours are Okabe and Ito's, which readers with any common colour blindness can tell apart. A picture is
drawn in a theme, light or dark: the colours of paper, ink and lines.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from jupyter_openapi.colors import colors
from jupyter_openapi.errors import RequestRefused, sentence
from jupyter_openapi.market.money import figure
from jupyter_openapi.messages import ENGLISH, _, language, speaking

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 22  # characters of a name beside its symbol
MINUS = "\u2212"


def facts_of(frame: pd.DataFrame) -> Mapping[str, Any]:
    """Return what a frame says of itself."""
    known = frame.attrs.get("openapi")
    return known if isinstance(known, dict) else {}


def account_line(known: Mapping[str, Any], *more: str) -> str:
    """Return the account's kind and the time: ``SANDBOX account · 2026-11-22 21:16 UTC``, and what else."""
    mode = str(known.get("mode") or "")
    kind = _("{mode} account").format(mode=_(mode.upper())) if mode else _("account not named")
    return "  ·  ".join(filter(None, [kind, moment_text(known.get("requested_at")), *more]))


def moment_text(value: Any) -> str:
    """Return an ISO time as a title shows it, in UTC; empty if it is none."""
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return ""
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def amount_text(value: float, *, sign: bool = False, places: int | None = None) -> str:
    """Return an amount with thousands separators and a proper minus; small ones keep two decimals."""
    if places is None:
        places = 0 if abs(value) >= 1000 else 2
    return figure(value, places, sign=sign).replace("-", MINUS)


MOST_PLACES = 6


def percent_text(value: float, *, sign: bool = False, places: int = 1) -> str:
    """Return a percentage: ``+12.3%``; a small one with as many digits as show that it is not 0."""
    while value and places < MOST_PLACES and not round(value, places):
        places += 1
    return f"{amount_text(value, sign=sign, places=places)}%"


def places_of(numbers: Sequence[float]) -> int:
    """Return the fewest decimals with which the numbers of an axis are told apart, and are what they are."""
    ordered = sorted(set(numbers))
    steps = [after - before for before, after in pairwise(ordered)]
    step = min(steps, default=abs(ordered[0]) if ordered else 1.0) or 1.0
    for places in range(MOST_PLACES + 4):
        if all(abs(round(number, places) - number) < step / 1000 for number in ordered):
            return places
    return MOST_PLACES + 4


def printable(text: object) -> str:
    """Return text on one line, without what is no visible character."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in str(text)).split())


def label_of(symbol: object, name: object, readable: Callable[[str], bool]) -> str:
    """Return what a holding is called: symbol and name, or the symbol alone where the name can't be shown."""
    code = printable(symbol)
    said = "" if name is None or name != name else printable(name)  # noqa: PLR0124 (NaN)
    if not said or said == code or not readable(said):
        return code
    short = said if len(said) <= LONGEST else f"{said[: LONGEST - 1].rstrip()}…"
    return f"{code}  {short}"


LATIN = ("Helvetica Neue", "Arial", "Liberation Sans", "DejaVu Sans")
CJK = (
    "Noto Sans CJK SC",
    "Noto Sans CJK HK",
    "Noto Sans CJK TC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Noto Sans HK",
    "Noto Sans TC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Source Han Sans HK",
    "PingFang SC",
    "PingFang HK",
    "Hiragino Sans GB",
    "Heiti SC",
    "Heiti TC",
    "STHeiti",
    "Microsoft YaHei",
    "Microsoft JhengHei",
    "SimHei",
    "SimSun",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "AR PL UMing CN",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "IPAexGothic",
    "Unifont",
)
WEB = "Helvetica Neue, Arial, PingFang HK, Noto Sans CJK HK, Microsoft JhengHei, Microsoft YaHei, sans-serif"
"""For a browser, which looks further by itself."""


def families() -> list[str]:
    """Return the installed families to draw with; a character is taken from the first that has it."""
    from matplotlib import font_manager

    installed = {entry.name for entry in font_manager.fontManager.ttflist}
    found = [name for name in (*LATIN, *CJK) if name in installed]
    return found or ["DejaVu Sans"]


def readable(text: str) -> bool:
    """Tell whether the installed fonts can show every character."""
    faces = [_face(name) for name in families()]
    return all(any(face.get_char_index(ord(sign)) for face in faces) for sign in set(text))


CHINESE = "\u4e70\u5356\u8cb7\u8ce3"  # bought and sold, in both scripts
NO_FONT = (
    "No installed font has Chinese characters: install one, such as Noto Sans CJK (Debian: apt install "
    "fonts-noto-cjk), and restart the kernel."
)
"""In English in every language: it is said in a picture that can't show another."""


def legible() -> AbstractContextManager[None]:
    """Speak inside as before if the installed fonts can show it, else English."""
    return nullcontext() if language() == ENGLISH or readable(CHINESE) else speaking(ENGLISH)


def note(names: Iterable[object]) -> str:
    """Return in one sentence which font to install; empty if these names and the language can be shown."""
    wanted = [printable(name) for name in names if isinstance(name, str)]
    shown = all(map(readable, wanted)) and (language() == ENGLISH or readable(CHINESE))
    return "" if shown else NO_FONT


_NOTE: ContextVar[str] = ContextVar("note", default="")


@contextmanager
def noting(said: str) -> Iterator[None]:
    """Say this, too, at the foot of every picture that is drawn inside."""
    token = _NOTE.set(said)
    try:
        yield
    finally:
        _NOTE.reset(token)


def noted(remark: str) -> str:
    """Return a picture's remark and what is to be said of the fonts."""
    return sentence(remark, _NOTE.get())


@cache
def _face(family: str) -> Any:
    from matplotlib import font_manager

    path = font_manager.findfont(font_manager.FontProperties(family=family))
    return font_manager.get_font(path)


@dataclass(frozen=True, slots=True)
class Theme:
    """The colours of a picture; blue and orange are Okabe and Ito's, lighter on dark paper."""

    name: str
    blue: str
    orange: str
    grey: str
    ink: str
    soft: str
    grid: str
    paper: str

    @property
    def dark(self) -> bool:
        """Whether the paper is dark."""
        return self.name == "dark"


LIGHT = Theme("light", "#0072B2", "#D55E00", "#9AA5B1", "#1F2933", "#5B6875", "#E4E7EB", "#FFFFFF")
DARK = Theme("dark", "#56B4E9", "#F0894A", "#7B8794", "#E4E7EB", "#B0BAC5", "#323A44", "#16191E")
THEMES = {theme.name: theme for theme in (LIGHT, DARK)}
_CURRENT: ContextVar[Theme] = ContextVar("theme", default=LIGHT)
HALF = 0.5  # of full brightness: a page below it is dark


def current_theme() -> Theme:
    """Return the theme of the picture that is being drawn."""
    return _CURRENT.get()


@contextmanager
def drawn_in(theme: Theme) -> Iterator[None]:
    """Draw what is inside in a theme."""
    token = _CURRENT.set(theme)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def chosen_theme(name: str | None, *, interactive: bool) -> Theme:
    """Return the theme called `name`; without a name that of the library's own settings.

    A notebook does not tell its kernel whether its page is dark: ``plt.style.use("dark_background")`` and
    ``plotly.io.templates.default = "plotly_dark"`` do.

    Raises
    ------
    RequestRefused
        There is no such theme.
    """
    if name is None:
        return DARK if (_plotly_dark() if interactive else _matplotlib_dark()) else LIGHT
    if name not in THEMES:
        raise RequestRefused(
            _("theme is {themes}, not {name!r}.").format(themes=_(" or ").join(THEMES), name=name)
        )
    return THEMES[name]


def _matplotlib_dark() -> bool:
    if "matplotlib" not in sys.modules:
        return False
    import matplotlib as mpl
    from matplotlib.colors import to_rgb

    paper = mpl.rcParams["figure.facecolor"]
    if str(paper).lower() in {"none", "auto"}:
        return False
    red, green, blue = to_rgb(paper)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue < HALF


def _plotly_dark() -> bool:
    if "plotly" not in sys.modules:
        return False
    import plotly.io as pio

    return "dark" in str(pio.templates.default or "")


_THEMED = frozenset({"BLUE", "ORANGE", "GREY", "INK", "SOFT", "GRID", "PAPER"})


def __getattr__(name: str) -> str:
    """Return ``style.INK`` and the like: a colour of the theme that is being drawn in."""
    if name not in _THEMED:
        raise AttributeError(name)
    return str(getattr(current_theme(), name.lower()))


LINES = ("#1565C0", "#A15C00", "#7B1FA2", "#00695C", "#AD1457", "#4E342E")
"""Colours of lines beside each other, the same as on the chart in a page."""
DARK_LINES = ("#64B5F6", "#FFB74D", "#CE93D8", "#4DB6AC", "#F48FB1", "#BCAAA4")
"""The same on dark paper."""


def lines() -> tuple[str, ...]:
    """Return the colours of lines beside each other in the theme that is being drawn in."""
    return DARK_LINES if current_theme().dark else LINES


def tone(name: str) -> str:
    """Return the colour of a ``gain`` or a ``loss`` in the pair in use; else of ``plain`` or ``muted``."""
    theme, pair = current_theme(), colors()
    if name in {"gain", "loss"}:
        shade = pair.up if name == "gain" else pair.down
        return shade.dark if theme.dark else shade.light
    return {"plain": theme.blue, "muted": theme.grey}[name]


WIDTH = 7.6  # inches
DPI = 144
BAR = 0.34  # inches a bar takes
EDGE = 1.55  # inches for title and axis
"""A chart of bars is as high as it needs to be."""
