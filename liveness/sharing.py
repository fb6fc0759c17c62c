"""Large tables say the same again and again: equal texts are kept once, and so are the numbers in them."""

from __future__ import annotations

from functools import lru_cache

# Bounded, so that texts which never come again (paths) cost nothing in the end; those that do stay.
_REMEMBERED = 1 << 15

number = lru_cache(_REMEMBERED)(float)


@lru_cache(_REMEMBERED)
def once(text: str) -> str:
    """The same text, and the same object whenever it was asked for lately."""
    return text
