"""Fonts for a picture: which are installed, and which characters they can show."""

from __future__ import annotations

from functools import cache
from typing import Any

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


@cache
def _face(family: str) -> Any:
    from matplotlib import font_manager

    path = font_manager.findfont(font_manager.FontProperties(family=family))
    return font_manager.get_font(path)
