"""Colours and sizes of every picture.

The colours are Okabe and Ito's, which readers with any common colour blindness can tell apart.
"""

from __future__ import annotations

BLUE = "#0072B2"
ORANGE = "#D55E00"
GREY = "#9AA5B1"
INK = "#1F2933"
SOFT = "#5B6875"
GRID = "#E4E7EB"
PAPER = "#FFFFFF"
TONES = {"plain": BLUE, "gain": BLUE, "loss": ORANGE, "muted": GREY}

WIDTH = 7.6  # inches
DPI = 144
BAR = 0.34  # inches a bar takes
EDGE = 1.55  # inches for title and axis
"""A chart of bars is as high as it needs to be."""
