"""The official Protocol Buffers runtime with the same messages: what it reads and writes is right."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message

from jupyter_openapi.protocol import codec

_TYPES = {"string": 9, "bytes": 12, "bool": 8, "int32": 5, "int64": 3, "uint32": 13, "uint64": 4, "enum": 5}
_OPTIONAL, _REPEATED, _MESSAGE = 1, 3, 11
# An open enum is an int32 on the wire and in the hand; the runtime would want the names of its values.


def build() -> dict[str, type[Message]]:
    """Return the runtime's class of each message of our table."""
    file = descriptor_pb2.FileDescriptorProto(name="referee.proto", package="referee", syntax="proto3")
    for name in codec.names():
        made = file.message_type.add(name=name)
        for field in codec.message(name).fields:
            _add(made, name, field)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"referee.{name}"))
        for name in codec.names()
    }


def _add(made: Any, name: str, field: codec.Field) -> None:
    added = made.field.add(name=field.name, number=field.number)
    added.label = _REPEATED if field.repeated or field.mapped else _OPTIONAL
    if not field.mapped:
        _set_type(added, field)
        return
    entry = "".join(word.capitalize() for word in field.name.split("_")) + "Entry"
    added.type, added.type_name = _MESSAGE, f".referee.{name}.{entry}"
    inner = made.nested_type.add(name=entry)
    inner.options.map_entry = True
    inner.field.add(name="key", number=1, type=_TYPES["string"], label=_OPTIONAL)
    _set_type(inner.field.add(name="value", number=2, label=_OPTIONAL), field)


def _set_type(added: Any, field: codec.Field) -> None:
    if field.inner:
        added.type, added.type_name = _MESSAGE, f".referee.{field.type}"
    else:
        added.type = _TYPES[field.type]


def plain(read: Message) -> dict[str, Any]:
    """Return a message of the runtime as our decoder gives it."""
    found: dict[str, Any] = {}
    for field in codec.message(read.DESCRIPTOR.name).fields:
        value = getattr(read, field.name)
        if field.mapped:
            found[field.name] = {key: plain(one) if field.inner else one for key, one in value.items()}
        elif field.repeated:
            found[field.name] = [plain(one) if field.inner else one for one in value]
        elif field.inner:
            found[field.name] = plain(value) if read.HasField(field.name) else None
        else:
            found[field.name] = value
    return found
