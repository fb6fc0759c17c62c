"""What is wrong with one file or row of a data set."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """where: the file or the row, as the data set names it; reason: a few words that can be shown."""

    where: str
    reason: str
