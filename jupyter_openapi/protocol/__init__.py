"""The protocol of the broker's sockets: packets, messages and commands. No I/O.

``unpack(data)`` gives a packet, ``message("PushQuote").decode(packet.body)`` what it says.
"""

from __future__ import annotations

from jupyter_openapi.protocol.codec import Message, message
from jupyter_openapi.protocol.packets import Packet, ProtocolError, pack, unpack

__all__ = ["Message", "Packet", "ProtocolError", "message", "pack", "unpack"]
