"""Split a line into words, and a value into its items: quotes, braces, comments, commas.

A group opens where a value can begin: at the start of a word, after ``name=``, or after a comma.

=====================  ==========================================================================
``"700.HK AAPL.US"``   Quotes group words. The closing quote is the first one followed by white
                       space, a comma, a semicolon or the end, so ``"it's 5" wide"`` needs no escapes.
``it's``               A quote inside a word is a plain character; so is one that never closes.
``{codes[0] + '.HK'}`` Braces group up to the first closing brace that makes a whole Python
                       expression, wherever in a word they open.
``{not python}``       Failing that, up to the brace that balances the first; failing that too, the
                       brace is a plain character.
`` # note``            After white space, outside groups: a comment to the end of the line.
=====================  ==========================================================================
"""

from __future__ import annotations

import re

from jupyter_openapi.magic.expressions import is_expression
from jupyter_openapi.magic.pasted import MENDED

_GROUP = re.compile(r"['\"{]")
_PLAIN = re.compile(r"[^\s'\"{]*")
_PLAIN_ITEM = re.compile(r"[^,'\"{]*")
_SPACE = re.compile(r"\s*")
_COMMENT = re.compile(r"(?:^|\s)#")
_NAME_AND_EQUALS = re.compile(r"-{0,2}[^\W\d][\w.\-\[\]]*=")
_CLOSING = {quote: re.compile(rf"{quote}(?=[\s,;]|\Z)") for quote in "'\""}
_SIMPLE_BRACES = re.compile(r"\{[^{}'\"#\\]*\}")  # its first closing brace is the only candidate
_BALANCE = re.compile(r"[{}]|\s#")
_TRIALS = 40  # closing braces tried for one opening brace; no real expression holds so many
_AS_IT_STANDS = re.compile(r"(?!--)[^\s'\"{},;=#?<]+")


def split_line(text: str) -> list[str]:
    """Return the words of a line as they were typed, quotes and braces included, without its comment."""
    if not _GROUP.search(text):
        if "#" in text and (comment := _COMMENT.search(text)):
            text = text[: comment.start()]
        return text.split()
    words = []
    position = _after_space(text, 0)
    while position < len(text) and text[position] != "#":
        end = _word_end(text, position)
        words.append(text[position:end])
        position = _after_space(text, end)
    return words


def split_commas(text: str) -> list[str]:
    """Return the items of an array's value: cut at commas outside groups, white space around them dropped.

    A comma at the very end adds no item.
    """
    items = []
    if _GROUP.search(text):
        start = 0
        while start <= len(text):
            end = _item_end(text, start)
            items.append(text[start:end].strip())
            start = end + 1
    else:
        items = [item.strip() for item in text.split(",")]
    if len(items) > 1 and not items[-1]:
        items.pop()
    return items


def unquoted(text: str) -> str | None:
    """Return what stands between the quotes if they hold the whole of `text`, otherwise None."""
    if len(text) > 1 and text[0] in _CLOSING and _quote_end(text, 0) == len(text):
        return text[1:-1]
    return None


def in_braces(text: str) -> str | None:
    """Return what stands between the braces if `text` begins and ends with one, otherwise None."""
    return text[1:-1] if len(text) > 1 and text[0] == "{" and text[-1] == "}" else None


def as_typed(text: str) -> str:
    """Return `text` as a person would type it on a line so that it is read back as just this text.

    Plain where it can be, in quotes where that is enough, otherwise as a Python string in braces.
    """
    # Characters of pasted text are read as what they stand for, unless they are in quotes.
    if _AS_IT_STANDS.fullmatch(text) and not MENDED.search(text):
        return text
    if "{" not in text and "}" not in text and text.isprintable():
        for quote in "\"'":
            if quote not in text:
                return f"{quote}{text}{quote}"
    return f"{{{text!r}}}"


def _after_space(text: str, position: int) -> int:
    space = _SPACE.match(text, position)
    return space.end() if space else position


def _word_end(text: str, start: int) -> int:
    position = start
    while True:
        position = _end_of(_PLAIN, text, position)
        if position == len(text) or text[position].isspace():
            return position
        position = _group_end(text, position, opens=_opens(text, start, position))


def _item_end(text: str, start: int) -> int:
    position = first = _after_space(text, start)
    while True:
        position = _end_of(_PLAIN_ITEM, text, position)
        if position >= len(text) or text[position] == ",":
            return position
        position = _group_end(text, position, opens=position == first)


def _end_of(pattern: re.Pattern[str], text: str, position: int) -> int:
    run = pattern.match(text, position)
    return run.end() if run else position


def _opens(text: str, start: int, position: int) -> bool:
    if position == start or text[position - 1] == ",":
        return True
    return text[position - 1] == "=" and _NAME_AND_EQUALS.fullmatch(text, start, position) is not None


def _group_end(text: str, position: int, *, opens: bool) -> int:
    """Return where the group at `position` ends, or the next position if no group begins there."""
    if text[position] == "{":
        return _brace_end(text, position) or position + 1
    return (opens and _quote_end(text, position)) or position + 1


def _quote_end(text: str, position: int) -> int | None:
    closing = _CLOSING[text[position]].search(text, position + 1)
    return closing.end() if closing else None


def _brace_end(text: str, position: int) -> int | None:
    if simple := _SIMPLE_BRACES.match(text, position):
        return simple.end()
    end = position
    for _ in range(_TRIALS):
        end = text.find("}", end + 1)
        if end < 0:
            break
        if is_expression(text[position + 1 : end]):
            return end + 1
    return _balanced_end(text, position)


def _balanced_end(text: str, position: int) -> int | None:
    depth = 0
    for mark in _BALANCE.finditer(text, position):
        if mark[0] not in "{}":
            return None
        depth += 1 if mark[0] == "{" else -1
        if not depth:
            return mark.end()
    return None
