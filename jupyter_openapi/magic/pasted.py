"""Normalise characters of pasted text: full-width forms, curly quotes, dashes, spaces of no width.

Where it is certain what was meant they are read so. Quoted text, expressions and free text stay as they are.
What builds a cell's JSON is read as what was meant where that is certain, and refused with its name
otherwise; what stands inside its quotes is never touched by that: it may be free text.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

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
_NO_WIDTH = "\u200b\u2060\ufeff\u00ad"
_NO_WIDTH_BETWEEN = re.compile(
    r"(?:(?<=\s)|\A)[\u200b\u2060\ufeff\u00ad]+(?=\S)|[\u200b\u2060\ufeff\u00ad]+(?==)"
)
_HELD = re.compile(r"\"[^\"]*\"|'[^']*'|\{[^{}]*\}")
MENDED = re.compile(f"[{_DASHES}{_NO_WIDTH}\uff1d\u201c\u201d\u201e\uff02\u2018\u2019\uff07]")
"""Any character that `mended_line` may read for another, whatever stands beside it."""

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
    return word if word.isascii() else re.sub(f"[{_NO_WIDTH}]", "", word).translate(FULL_WIDTH)


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
    mended = re.sub(f"[{_NO_WIDTH}]", "", text).translate(_MEANT)
    strange = next((each for each in mended if not each.isascii() and not each.isalnum()), "")
    if strange:
        raise RequestRefused(
            _(
                "{name}={text} holds {character} (U+{code:04X}), which is not allowed there; retype it."
            ).format(
                name=parameter.name,
                text=short(text, 40),
                character=unicodedata.name(strange, _("a control character")).lower(),
                code=ord(strange),
            )
        )
    return mended


_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_CURLY = "\u201c\u201d\u201e\uff02"
_CURLY_OR_PLAIN = re.compile(f'[{_CURLY}"]')
_MARKS: dict[int, int | str] = {**FULL_WIDTH, 0x3001: ","}
_AFTER_STRING = re.compile(f"[\\s\u3000{_NO_WIDTH}]*(?:[:,}}\\]\uff1a\uff0c\uff5d\uff3d\u3001]|\\Z)")


def begins_json(text: str) -> bool:
    """Tell whether a body is JSON by its first character that can be seen."""
    return text.lstrip(f" \t{_NO_WIDTH}\u00a0\u3000")[:1] in {"{", "[", "\uff5b", "\uff3b"}


def mended_json(text: str) -> str:
    """Return JSON with its marks and quotes as JSON has them; each character keeps its line and column.

    Raises
    ------
    RequestRefused
        It holds a character outside of quotes, or a quote, of which it is not certain what was meant.
    """
    if text.isascii():
        return text
    parts: list[str] = []
    position = 0
    while position < len(text):
        one = text[position]
        if one == '"':
            string = _STRING.match(text, position)
            if string is None:
                strange = next((at for at in range(position, len(text)) if text[at] in _CURLY), None)
                if strange is not None:
                    raise _strange(text, strange)
                parts.append(text[position:])
                break
            parts.append(string[0])
            position = string.end()
        elif one in _CURLY:
            end = _curly_end(text, position)
            parts.append(f'"{text[position + 1 : end]}"')
            position = end + 1
        else:
            parts.append(_mark(text, position))
            position += 1
    return "".join(parts)


def _curly_end(text: str, start: int) -> int:
    """Return where the curly quotes that open at `start` close."""
    found = _CURLY_OR_PLAIN.search(text, start + 1)
    if found is None or found[0] == '"':
        raise _strange(text, start)
    if _AFTER_STRING.match(text, found.end()) is None:
        raise _strange(text, found.start())
    return found.start()


def _mark(text: str, position: int) -> str:
    """Return a character outside of quotes as JSON has it."""
    one = text[position]
    if one.isascii():
        return one
    if one in _NO_WIDTH:
        around = text[position - 1 : position], text[position + 1 : position + 2]
        if all(each.isalnum() for each in around):
            raise _strange(text, position)
        return " "
    if unicodedata.category(one) == "Zs":
        return " "
    meant = _MARKS.get(ord(one))
    if meant is None or one in "\uff02\uff07":
        raise _strange(text, position)
    return chr(meant) if isinstance(meant, int) else meant


def _strange(text: str, position: int) -> RequestRefused:
    one = text[position]
    return RequestRefused(
        _(
            "The body holds {character} (U+{code:04X}) at line {line}, column {column}, which has no place "
            "there; retype it."
        ).format(
            character=unicodedata.name(one, _("a control character")).lower(),
            code=ord(one),
            line=text.count("\n", 0, position) + 1,
            column=position - text.rfind("\n", 0, position),
        )
    )


def mended_json_value(value: Any, parameter: Parameter | None) -> Any:
    """Return a JSON value with its symbols, numbers and choices as ASCII, at any depth; free text as it is.

    Raises
    ------
    RequestRefused
        One holds a character that no value of its kind has.
    """
    if parameter is None:
        return value
    if isinstance(value, str):
        return mended_value(value, parameter)
    if isinstance(value, list):
        return [mended_json_value(item, parameter) for item in value]
    if isinstance(value, dict) and parameter.fields:
        fields = {each.name: each for each in parameter.fields}
        return {name: mended_json_value(item, fields.get(name)) for name, item in value.items()}
    return value
