"""Frames -> presentations: a clip counts once, and how its frames became one score is always said."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from liveness.errors import InputError
from liveness.metrics import Floats, Strings

Join = Literal["mean", "median", "max", "min"]
JOINS: Mapping[str, Callable[[Floats], float]] = {
    "mean": np.mean,
    "median": np.median,
    "max": np.max,
    "min": np.min,
}


def join_frames(
    scores: Floats, presentations: Strings, how: Join = "mean"
) -> tuple[Floats, NDArray[np.intp]]:
    """One score for each presentation, from those of its frames in which a face was found.

    Returns the scores, NaN where no frame has one, and for each the index of its first row (which gives its
    label and the rest); in the order of first rows. Rows with the name "" stand for themselves.
    Raises InputError for an unknown way to join.
    """
    if how not in JOINS:
        raise InputError(f"frames are joined by {', '.join(JOINS)}, not by {how!r}")
    values = np.asarray(scores, dtype=np.float64)
    numbers, first = _numbered(presentations)
    joined = values[first]
    if len(first) == len(values):
        return joined, first
    several = np.flatnonzero(np.bincount(numbers, minlength=len(first)) > 1)
    order = np.argsort(numbers, kind="stable")
    starts, ends = (np.searchsorted(numbers[order], several, side) for side in ("left", "right"))
    for number, start, end in zip(several, starts, ends):
        judged = values[order[start:end]]
        judged = judged[~np.isnan(judged)]
        joined[number] = JOINS[how](judged) if len(judged) else np.nan
    return joined, first


def _numbered(presentations: Strings) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The presentation of each row, counted in the order of their first rows, and these first rows."""
    known: dict[str, int] = {}
    numbers, first = array("q"), array("q")
    for row, name in enumerate(presentations):
        number = known.setdefault(str(name), len(first)) if name else len(first)
        if number == len(first):
            first.append(row)
        numbers.append(number)
    return np.array(numbers, dtype=np.intp), np.array(first, dtype=np.intp)
