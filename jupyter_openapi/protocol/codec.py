"""Protocol Buffers by hand: the table of messages, compiled once into decoders and encoders.

A message in Python is a plain dictionary by field name. A decoded one has every field: an absent scalar is 0,
"" or False, an absent message None, an absent list or map empty. What is unknown or of another wire type than
the table says is skipped, as Protocol Buffers does. `decode` raises `ProtocolError` and nothing else, and the
memory it takes is bounded by `MOST_ITEMS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from jupyter_openapi.protocol.commands import MESSAGES
from jupyter_openapi.protocol.packets import ProtocolError

MOST_ITEMS = 65_536
"""The most list items and messages inside one message; the longest known reply has some thousands."""

_VARINT, _FIXED64, _BYTES, _GROUP, _END_GROUP, _FIXED32 = range(6)
_DEEPEST = 100  # groups inside each other
_LONGEST = 0x7FFF_FFFF

_NUMBERS: dict[str, tuple[int, bool]] = {
    "int64": (64, True),
    "uint64": (64, False),
    "int32": (32, True),
    "uint32": (32, False),
    "enum": (32, True),
    "bool": (64, False),
}

Values = dict[str, Any]
_Reader = Callable[[bytes, int, Values, list[int]], int]
"""Reads one field's value that begins at an offset, and returns the offset after it."""


def message(name: str) -> Message:
    """Return the message called `name` in the table."""
    return _messages()[name]


def names() -> tuple[str, ...]:
    """Return the names of all messages."""
    return tuple(_messages())


@cache
def _messages() -> dict[str, Message]:
    found: dict[str, Message] = {}
    for line in MESSAGES.replace("\n    ", " ").split("\n"):
        if line:
            name, _, fields = line.partition(": ")
            found[name] = Message(name, tuple(_field(text) for text in fields.split(", ")), found)
    return found


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its number, name, type, and whether it is a list or a map."""

    number: int
    name: str
    type: str
    repeated: bool = False
    mapped: bool = False

    @property
    def inner(self) -> bool:
        """Whether its values are messages."""
        return self.type[0].isupper()


def _field(text: str) -> Field:
    number, name, kind = text.split(" ", 2)
    if kind.startswith("map<string,"):
        return Field(int(number), name, kind[11:-1], mapped=True)
    return Field(int(number), name, kind.removeprefix("repeated "), repeated=kind.startswith("repeated "))


class Message:
    """One kind of message: encodes dictionaries to bytes and decodes bytes to dictionaries.

    Attributes
    ----------
    name, fields
        As the table has them.
    """

    def __init__(self, name: str, fields: tuple[Field, ...], known: Mapping[str, Message]) -> None:
        self.name = name
        self.fields = fields
        self._known = known
        self._containers = tuple(
            (f.name, dict if f.mapped else list) for f in fields if f.repeated or f.mapped
        )
        self._defaults = {f.name: _default(f) for f in fields}
        # By tag, the names of the fields that take a short cut; a list is faster than a dictionary here.
        self._texts, self._longs = [""] * 256, [""] * 256
        self._readers: dict[int, _Reader] = {}
        for field in fields:
            self._compile(field)
        self._writers = tuple((f.name, self._writer(f)) for f in sorted(fields, key=lambda f: f.number))

    def __repr__(self) -> str:
        return f"<Message {self.name}>"

    def decode(self, data: bytes, before: Values | None = None) -> Values:
        """Return the message in `data`; given `before`, what is absent stays as it is there.

        `before` becomes the message: pass a copy. Its lists are added to.

        Raises
        ------
        ProtocolError
            These bytes are no such message.
        """
        try:
            return self.fill(data, [MOST_ITEMS], before)
        except (IndexError, UnicodeDecodeError):
            raise ProtocolError(f"these bytes are no {self.name}") from None

    def fill(self, data: bytes, left: list[int], before: Values | None = None) -> Values:
        """Decode into `before`, or a new message; `left` counts how many items the whole may still hold."""
        values = self._new() if before is None else before
        texts, longs = self._texts, self._longs
        at, end = 0, len(data)
        while at < end:
            tag = data[at]
            # Short texts and 64-bit numbers are nearly all of the traffic: no call is made for them.
            if (text := texts[tag]) and (size := data[at + 1]) < 0x80:
                start = at + 2
                at = start + size
                values[text] = data[start:at].decode()
            elif long := longs[tag]:
                number = data[at + 1]
                at += 2
                if number > 0x7F:
                    number, shift = number & 0x7F, 7
                    while (byte := data[at]) > 0x7F and shift < 63:
                        number |= (byte & 0x7F) << shift
                        at, shift = at + 1, shift + 7
                    number |= byte << shift
                    at += 1
                    if shift == 63:
                        number = _signed(number, byte)
                values[long] = number
            else:
                at = self._read(data, at, values, left)
        if at != end:
            raise ProtocolError(f"{self.name} is cut off")
        return values

    def _new(self) -> Values:
        values = self._defaults.copy()
        for name, make in self._containers:
            values[name] = make()
        return values

    def _read(self, data: bytes, at: int, values: Values, left: list[int]) -> int:
        tag, at = _varint(data, at, 5)
        if tag >> 3 == 0 or tag >> 32:
            raise ProtocolError(f"{self.name} has a field without a number")
        reader = self._readers.get(tag)
        return _skip(data, at, tag, 0) if reader is None else reader(data, at, values, left)

    def _compile(self, field: Field) -> None:
        readers, tag = self._readers, field.number << 3
        if field.mapped:
            readers[tag | _BYTES] = self._map_reader(field)
        elif field.inner:
            readers[tag | _BYTES] = self._inner_reader(field)
        elif field.type in {"string", "bytes"}:
            readers[tag | _BYTES] = _text_reader(field)
            if not field.repeated and field.type == "string" and tag < 0x80:
                self._texts[tag | _BYTES] = field.name
        else:
            readers[tag | _VARINT] = _number_reader(field)
            if field.repeated:
                readers[tag | _BYTES] = _packed_reader(field)
            elif field.type == "int64" and tag < 0x80:
                self._longs[tag | _VARINT] = field.name

    def _inner_reader(self, field: Field) -> _Reader:
        name, known = field.name, self._known

        def read_list(data: bytes, at: int, values: Values, left: list[int]) -> int:
            _count(left)
            part, at = _slice(data, at)
            values[name].append(known[field.type].fill(part, left))
            return at

        def read(data: bytes, at: int, values: Values, left: list[int]) -> int:
            _count(left)
            part, at = _slice(data, at)
            # A message in several pieces is their merger.
            values[name] = known[field.type].fill(part, left, values[name])
            return at

        return read_list if field.repeated else read

    def _map_reader(self, field: Field) -> _Reader:
        key, value = Field(1, "key", "string"), Field(2, "value", field.type)
        entry = Message(f"{self.name}.{field.name}", (key, value), self._known)
        empty = {} if field.inner else _default(value)
        known = self._known

        def read(data: bytes, at: int, values: Values, left: list[int]) -> int:
            _count(left)
            part, at = _slice(data, at)
            pair = entry.fill(part, left)
            found = pair["value"]
            if found is None:
                found = known[field.type].fill(b"", left) if field.inner else empty
            values[field.name][pair["key"]] = found
            return at

        return read

    def encode(self, values: Mapping[str, Any]) -> bytes:
        """Return the bytes of a message; fields that are absent, None or at their default take none.

        Whole numbers may be given as text, as the JSON of the same replies has them.

        Raises
        ------
        ProtocolError
            A name that the message does not have, or a value of the wrong type.
        """
        parts: list[bytes] = []
        try:
            for name, write in self._writers:
                value = values.get(name)
                if value is not None:
                    write(value, parts)
        except (AttributeError, OverflowError, TypeError, ValueError):
            raise ProtocolError(f"{self.name}.{name} can't be {value!r:.40}") from None
        if not values.keys() <= self._defaults.keys():
            unknown = ", ".join(sorted(values.keys() - self._defaults.keys()))
            raise ProtocolError(f"{self.name} has no {unknown}")
        return b"".join(parts)

    def _writer(self, field: Field) -> Callable[[Any, list[bytes]], None]:
        number = field.type in _NUMBERS
        head = _encoded(field.number << 3 | (_VARINT if number and not field.repeated else _BYTES))
        if field.mapped:
            return self._map_writer(field, head)
        if field.inner:
            return self._inner_writer(field, head)
        return _number_writer(field, head) if number else _text_writer(field, head)

    def _inner_writer(self, field: Field, head: bytes) -> Callable[[Any, list[bytes]], None]:
        known = self._known

        def write(value: Any, parts: list[bytes]) -> None:
            for one in value if field.repeated else (value,):
                body = known[field.type].encode(one)
                parts += (head, _encoded(len(body)), body)

        return write

    def _map_writer(self, field: Field, head: bytes) -> Callable[[Any, list[bytes]], None]:
        entry = Message(
            f"{self.name}.{field.name}",
            (Field(1, "key", "string"), Field(2, "value", field.type)),
            self._known,
        )

        def write(value: Any, parts: list[bytes]) -> None:
            for key, one in sorted(value.items()):
                # An entry has both its fields, even at their defaults.
                body = entry.encode({"key": key, "value": one})
                if not one and not field.inner:
                    body += b"\x12\x00"
                parts += (head, _encoded(len(body) + 2 * (not key)), b"" if key else b"\x0a\x00", body)

        return write


def _default(field: Field) -> Any:
    if field.repeated or field.mapped or field.inner:
        return None
    return {"string": "", "bytes": b"", "bool": False}.get(field.type, 0)


def _count(left: list[int]) -> None:
    left[0] -= 1
    if left[0] < 0:
        raise ProtocolError(f"more than {MOST_ITEMS} items in one message")


def _varint(data: bytes, at: int, longest: int = 10) -> tuple[int, int]:
    value = shift = 0
    for _ in range(longest):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
    raise ProtocolError("a number without an end")


def _signed(number: int, last: int) -> int:
    """Return a number of ten bytes, of which `last` is the last, as a signed one of 64 bits."""
    if last > 0x7F:
        raise ProtocolError("a number without an end")
    number &= 0xFFFF_FFFF_FFFF_FFFF
    return number - (number >> 63 << 64)


def _slice(data: bytes, at: int) -> tuple[bytes, int]:
    size, at = _varint(data, at, 5)
    stop = at + size
    if size > _LONGEST or stop > len(data):
        raise ProtocolError("a field is cut off")
    return data[at:stop], stop


def _skip(data: bytes, at: int, tag: int, depth: int) -> int:
    """Return the offset after a value that nobody wants."""
    wire = tag & 7
    if wire == _VARINT:
        return _varint(data, at)[1]
    if wire == _BYTES:
        return _slice(data, at)[1]
    if wire == _GROUP:
        return _skip_group(data, at, tag >> 3, depth + 1)
    if wire not in {_FIXED32, _FIXED64}:
        raise ProtocolError("a field of no known kind")
    at += 4 if wire == _FIXED32 else 8
    if at > len(data):
        raise ProtocolError("a field is cut off")
    return at


def _skip_group(data: bytes, at: int, number: int, depth: int) -> int:
    if depth > _DEEPEST:
        raise ProtocolError("groups nested too deep")
    while True:
        tag, at = _varint(data, at, 5)
        if tag >> 3 == 0 or tag >> 32:
            raise ProtocolError("a field without a number")
        if tag == number << 3 | _END_GROUP:
            return at
        at = _skip(data, at, tag, depth)


def _text_reader(field: Field) -> _Reader:
    name, text = field.name, field.type == "string"

    def read(data: bytes, at: int, values: Values, _: list[int]) -> int:
        part, at = _slice(data, at)
        values[name] = part.decode() if text else part
        return at

    def read_list(data: bytes, at: int, values: Values, left: list[int]) -> int:
        _count(left)
        part, at = _slice(data, at)
        values[name].append(part.decode() if text else part)
        return at

    return read_list if field.repeated else read


def _number_reader(field: Field) -> _Reader:
    name, convert = field.name, _converter(field.type)

    def read(data: bytes, at: int, values: Values, _: list[int]) -> int:
        number, at = _varint(data, at)
        values[name] = convert(number)
        return at

    def read_list(data: bytes, at: int, values: Values, left: list[int]) -> int:
        _count(left)
        number, at = _varint(data, at)
        values[name].append(convert(number))
        return at

    return read_list if field.repeated else read


def _packed_reader(field: Field) -> _Reader:
    name, convert = field.name, _converter(field.type)

    def read(data: bytes, at: int, values: Values, left: list[int]) -> int:
        part, stop = _slice(data, at)
        values[name].extend(convert(number) for number in _numbers(part, left))
        return stop

    return read


def _numbers(part: bytes, left: list[int]) -> Iterator[int]:
    at = 0
    while at < len(part):
        _count(left)
        number, at = _varint(part, at)
        yield number


def _converter(kind: str) -> Callable[[int], Any]:
    if kind == "bool":
        return bool
    bits, signed = _NUMBERS[kind]
    mask, half, whole = (1 << bits) - 1, 1 << (bits - 1), 1 << bits

    def convert(number: int) -> int:
        number &= mask
        return number - whole if signed and number >= half else number

    return convert


def _encoded(number: int) -> bytes:
    if number < 0x80:
        return bytes((number,))
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _number_writer(field: Field, head: bytes) -> Callable[[Any, list[bytes]], None]:
    bits, signed = _NUMBERS[field.type]
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if signed else (0, 1 << bits)

    def encoded(value: Any) -> bytes:
        number = int(value or 0)
        if not low <= number < high or (not isinstance(value, str) and number != value):
            raise ValueError(value)
        return _encoded(number & 0xFFFF_FFFF_FFFF_FFFF)

    def write(value: Any, parts: list[bytes]) -> None:
        if value and (text := encoded(value)) != b"\0":
            parts += (head, text)

    def write_list(value: Any, parts: list[bytes]) -> None:
        body = b"".join(map(encoded, value))
        if body:
            parts += (head, _encoded(len(body)), body)

    return write_list if field.repeated else write


def _text_writer(field: Field, head: bytes) -> Callable[[Any, list[bytes]], None]:
    text = field.type == "string"

    def write(value: Any, parts: list[bytes]) -> None:
        for one in value if field.repeated else (value,):
            body = one.encode() if text else bytes(memoryview(one))
            if body or field.repeated:
                parts += (head, _encoded(len(body)), body)

    return write
