"""Characters that come with pasted text: full-width forms, curly quotes, dashes, spaces of no width.

Where it is certain what was meant they are read so. Quoted text, expressions and free text stay as they are.
"""

from __future__ import annotations

import re
import unicodedata

from jupyter_openapi.errors import RequestRefused, short
from jupyter_openapi.messages import _
from jupyter_openapi.spec.model import Kind, Parameter

_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\uff0d"
# A flag that lets money move is typed as it is, never guessed from a pasted dash.
_ARMING = "trade|execute|again|override"
_FLAG = re.compile(rf"(?:(?<=\s)|\A)[{_DASHES}-]*[{_DASHES}]+[{_DASHES}-]*(?=[A-Za-z])(?!(?:{_ARMING})\b)")
_MINUS = re.compile(rf"(?:(?<=[\s=@])|\A)[{_DASHES}](?=\d)")
_EQUALS = re.compile(r"((?:\A|\s)-{0,2}[^\W\d][\w.\-\[\]]*)\uff1d")
_BEFORE, _AFTER = r"(\A|[\s=,])", r"(?=[\s,;]|\Z)"
_DOUBLE = re.compile(f'{_BEFORE}[\u201c\u201d\u201e\uff02]([^\u201c\u201d"]*)[\u201c\u201d\uff02]{_AFTER}')
_SINGLE = re.compile(f"{_BEFORE}[\u2018\u2019\uff07]([^\u2018\u2019']*)[\u2018\u2019\uff07]{_AFTER}")
_NO_WIDTH = re.compile("[\u200b\u2060\ufeff\u00ad]")
_NO_WIDTH_BETWEEN = re.compile(
    r"(?:(?<=\s)|\A)[\u200b\u2060\ufeff\u00ad]+(?=\S)|[\u200b\u2060\ufeff\u00ad]+(?==)"
)
_HELD = re.compile(r"\"[^\"]*\"|'[^']*'|\{[^{}]*\}")

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_MEANT = {**FULL_WIDTH, 0x3001: ",", 0x3002: ".", **dict.fromkeys(map(ord, _DASHES), "-")}
_PLAIN = {
    Kind.ID,
    Kind.SYMBOL,
    Kind.ENUM,
    Kind.DECIMAL,
    Kind.INTEGER,
    Kind.BOOLEAN,
    Kind.TIMESTAMP,
    Kind.MILLIS,
    Kind.DATE,
}
"""Kinds whose values hold no such character."""


def mended_line(text: str) -> str:
    """Return a line with the characters that build it as they are typed: flags, equals signs and quotes."""
    if text.isascii():
        return text
    held: list[str] = []

    def keep(found: re.Match[str]) -> str:
        held.append(found[0])
        return f"\0{len(held) - 1}\0"

    line = _HELD.sub(keep, text)
    line = _NO_WIDTH_BETWEEN.sub("", line)
    line = _EQUALS.sub(r"\1=", line)
    line = _DOUBLE.sub(r'\1"\2"', line)
    line = _SINGLE.sub(r"\1'\2'", line)
    line = _FLAG.sub("--", line)
    line = _MINUS.sub("-", line)
    return re.sub(r"\0(\d+)\0", lambda found: held[int(found[1])], line)


def mended_word(word: str) -> str:
    """Return a word that names something, its full-width letters as ASCII."""
    return word if word.isascii() else _NO_WIDTH.sub("", word).translate(FULL_WIDTH)


def mended_value(text: str, parameter: Parameter | None) -> str:
    """Return a value of a parameter with full-width digits, letters and marks as ASCII.

    Raises
    ------
    RequestRefused
        It holds a character that no value of its kind has and that can't be read for another.
    """
    if text.isascii() or parameter is None or parameter.kind not in _PLAIN or parameter.free_text:
        return text
    if text[0] == "{":
        return text
    mended = _NO_WIDTH.sub("", text).translate(_MEANT)
    strange = next((each for each in mended if not each.isascii() and not each.isalnum()), "")
    if strange:
        raise RequestRefused(
            _("{name}={text} holds {character} (U+{code:04X}), which has no place there; retype it.").format(
                name=parameter.name,
                text=short(text, 40),
                character=unicodedata.name(strange, _("a control character")).lower(),
                code=ord(strange),
            )
        )
    return mended
