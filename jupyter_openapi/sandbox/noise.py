"""Randomness that is a pure function of its arguments: the sandbox's prices need no memory.

Values come from hashes of (seed, name, number), so that a restart, a jump of the clock or a second process
sees the same market.
"""

from __future__ import annotations

import hashlib
from statistics import NormalDist

_MASK = (1 << 64) - 1
_GOLDEN = 0x9E3779B97F4A7C15
_SPAN = 1024
"""Days between the fixed points of a long walk."""
_REACH = 16.0
"""How far the fixed points stray, in days' standard deviations; a free walk would stray 32."""

GAUSS = tuple(NormalDist().inv_cdf((i + 0.5) / 256) for i in range(256))
"""A standard normal value for every byte."""


def key(*parts: object) -> int:
    """Return a 64-bit number for these parts."""
    text = "/".join(map(str, parts)).encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")


def stream(number: int, size: int) -> bytes:
    """Return `size` random bytes for a number."""
    return hashlib.shake_128(number.to_bytes(8, "big")).digest(size)


def bits(number: int, n: int) -> int:
    """Return 64 random bits for a number and its `n`-th use (splitmix64)."""
    z = (number + n * _GOLDEN) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return z ^ (z >> 31)


def uniform(number: int, n: int = 0) -> float:
    """Return a value in [0, 1)."""
    return bits(number, n) / 2**64


def gauss(number: int, n: int = 0) -> float:
    """Return a nearly normal value (mean 0, deviation 1, within 3.5)."""
    z = bits(number, n)
    total = (z & 0xFFFF) + (z >> 16 & 0xFFFF) + (z >> 32 & 0xFFFF) + (z >> 48)
    return (total - 131070) / 37837.2


def walk(number: int, n: int) -> float:
    """Return a random walk's value at step `n` (any integer): 0 at 0, deviation 1 a step.

    The walk is a Brownian bridge between fixed points every 1,024 steps, halved until it reaches `n`: a
    dozen hashes, however far away `n` is. The fixed points do not drift, so that prices stay in reach.
    """
    block, rest = divmod(n, _SPAN)
    low, high = _fixed(number, block), _fixed(number, block + 1)
    left, right = 0, _SPAN
    while rest not in {left, right}:
        middle = (left + right) // 2
        value = (low + high) / 2 + gauss(number, block * _SPAN + middle) * ((right - left) / 4) ** 0.5
        if rest < middle:
            right, high = middle, value
        else:
            left, low = middle, value
    return low if rest == left else high


def _fixed(number: int, block: int) -> float:
    return _REACH * gauss(number, block * _SPAN) if block else 0.0
