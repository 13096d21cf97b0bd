"""The pair of colours for rising and falling: one for the panels, the views and the pictures.

Red rises and green falls on the screens of Hong Kong and mainland China; elsewhere it is the other way round.
Blue and orange are for readers who can't tell red from green.
"""

from __future__ import annotations

from collections.abc import Mapping

from jupyter_openapi.errors import RequestRefused
from jupyter_openapi.messages import _, commas


# Plain classes, for `%load_ext` imports them: two named tuples take as long to make as all else here.
class Shade:
    """One colour, as text on a light and on a dark page; each has a contrast of 4.5 or more there."""

    def __init__(self, light: str, dark: str) -> None:
        self.light, self.dark = light, dark


class Colors:
    """The colour of what rises, gains or is bought, and of what falls, loses or is sold."""

    def __init__(self, up: Shade, down: Shade) -> None:
        self.up, self.down = up, down


_GREEN = Shade("#1b7a34", "#81c784")
_RED = Shade("#c62828", "#ef7a76")
PAIRS: Mapping[str, Colors] = {
    "green-up": Colors(_GREEN, _RED),
    "red-up": Colors(_RED, _GREEN),
    "blue-up": Colors(Shade("#0072b2", "#64b5f6"), Shade("#b84a00", "#ff9e5e")),
}
_chosen = "green-up"


def chosen() -> str:
    """Return the name of the pair in use."""
    return _chosen


def colors() -> Colors:
    """Return the pair in use."""
    return PAIRS[_chosen]


def choose(name: str) -> None:
    """Use the pair of that name from now on.

    Raises
    ------
    RequestRefused
        There is no such pair.

    Examples
    --------
    >>> choose("red-up")
    >>> colors().up.light
    '#c62828'
    >>> choose("green-up")
    """
    global _chosen  # noqa: PLW0603 (one pair a kernel)
    if name not in PAIRS:
        raise RequestRefused(
            _("There is no pair of colours '{name}': choose {pairs}.").format(name=name, pairs=commas(PAIRS))
        )
    _chosen = name
