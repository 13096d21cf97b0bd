"""What each operation answers: the handlers, by group, and the shapes the official SDK accepts."""

from __future__ import annotations
