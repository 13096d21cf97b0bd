"""A quicker decoder for messages that come in great number and nearly all look alike.

Two messages have one shape when their fields come in the same order, with texts and numbers of the same
lengths: only the values differ. From one such message a regular expression is made, that checks every tag,
length and end of a number, and takes the values out in a single call. What no known shape fits is decoded as
ever, so what comes out never depends on which shapes are known.
"""

from __future__ import annotations

import re

from jupyter_openapi.protocol.codec import Field, Message, Values

SAME_LENGTH = 4
"""Shapes kept of messages of one length."""

LONGEST = 255
"""Bytes of the longest message that is given a shape."""

MOST_PIECES = 4096
"""Parts of numbers whose values are remembered."""

_EAGER, _SOON, _LATER = 8, 50, 2000
"""The first shapes are made after so few misses each, the others after so many: making one takes a while."""

_ASCII, _MORE, _LAST = "[\\x00-\\x7f]", "[\\x80-\\xff]", "[\\x00-\\x7f]"


class _High(dict[str, int]):
    """The values of numbers beyond their first two bytes, which seldom change: each is found out once."""

    def __missing__(self, piece: str) -> int:
        value = 0
        for character in reversed(piece):
            value = value << 7 | ord(character) & 0x7F
        if len(self) >= MOST_PIECES:
            self.clear()
        # Of a number of two bytes nothing is left, and its second byte lacks the mark that more follows.
        self[piece] = value << 14 if piece else 0x4000
        return self[piece]


_HIGH = _High()


class Shape:
    """Where the fields of messages lie that look alike.

    Attributes
    ----------
    match
        Matches such a message, given as Latin-1, and has the values as its groups.
    """

    def __init__(self, pattern: str, texts: dict[str, int], numbers: list[tuple[str, int, int, int]]) -> None:
        self.match = re.compile(pattern).fullmatch
        self._texts = tuple(texts.items())
        self._short = tuple((name, at) for name, at, size, _ in numbers if size == 1)
        self._long = tuple((name, at, group) for name, at, size, group in numbers if size > 1)

    def fill(self, data: bytes, found: tuple[str, ...], values: Values) -> None:
        """Put the values of a match in their places."""
        for name, place in self._texts:
            values[name] = found[place]
        for name, at in self._short:
            values[name] = data[at]
        for name, at, group in self._long:
            values[name] = data[at] + (data[at + 1] << 7) - 0x4080 + _HIGH[found[group]]


def shape_of(message: Message, data: bytes) -> Shape | None:
    """Return the shape of a message; None if it has none: it is long, nested, or has something unusual."""
    if len(data) > LONGEST:
        return None
    fields = {field.number: field for field in message.fields}
    parts, texts, numbers = [], {}, []
    at, group = 0, 0
    while at < len(data):
        tag, start = data[at], at + 1
        field = fields.pop(tag >> 3, None)
        if field is None or tag > 0x7F or field.repeated or field.mapped:
            return None
        if tag & 7 == 2 and field.type == "string" and start < len(data) and data[start] < 0x80:
            at = start + 1 + data[start]
            if at > len(data) or not data[start + 1 : at].isascii():
                return None
            parts.append(f"\\x{tag:02x}\\x{data[start]:02x}({_ASCII}{{{data[start]}}})")
            texts[field.name], group = group, group + 1
        elif tag & 7 == 0 and (size := _size(field, data, start)):
            at = start + size
            parts.append(f"\\x{tag:02x}" + _number(size))
            numbers.append((field.name, start, size, group))
            group += size > 1
        else:
            return None
    return Shape("".join(parts), texts, numbers) if texts else None


def _size(field: Field, data: bytes, start: int) -> int:
    """Return how many bytes a number has; 0 if its value isn't just its bits."""
    most = {"int64": 9, "bool": 0}.get(field.type, 1)
    for size, byte in enumerate(data[start : start + most], 1):
        if byte < 0x80:
            return size
    return 0


def _number(size: int) -> str:
    if size == 1:
        return _LAST
    if size == 2:
        return f"{_MORE}{_LAST}()"
    return f"{_MORE}{{2}}({_MORE}{{{size - 3}}}{_LAST})"


class Shaped:
    """Decodes one kind of message, by the shapes that it has seen."""

    def __init__(self, message: Message) -> None:
        self.message = message
        self._shapes: dict[int, list[Shape]] = {}
        self._made = self._missed = 0

    def decode(self, data: bytes, before: Values | None = None) -> Values:
        """Return what `Message.decode` returns.

        Raises
        ------
        ProtocolError
            These bytes are no such message.
        """
        if shapes := self._shapes.get(len(data)):
            text = data.decode("latin-1")
            for shape in shapes:
                if (match := shape.match(text)) is not None:
                    values = self.message.decode(b"") if before is None else before
                    shape.fill(data, match.groups(), values)
                    return values
        values = self.message.decode(data, before)
        self._missed += 1
        if self._missed >= (_SOON if self._made < _EAGER else _LATER):
            self._learn(data)
        return values

    def _learn(self, data: bytes) -> None:
        self._missed, self._made = 0, self._made + 1
        if (shape := shape_of(self.message, data)) is not None:
            # The newest first: layouts drift, as when a volume gets one digit more.
            self._shapes[len(data)] = [shape, *self._shapes.get(len(data), [])][:SAME_LENGTH]
