"""Frames -> presentations: a clip counts once, and how its frames became one score is always said."""

from __future__ import annotations

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
    rows: dict[str | int, list[int]] = {}
    for index, name in enumerate(presentations):
        rows.setdefault(str(name) or index, []).append(index)
    values = np.asarray(scores, dtype=np.float64)
    joined = np.full(len(rows), np.nan)
    for number, members in enumerate(rows.values()):
        judged = values[members][~np.isnan(values[members])]
        if len(judged):
            joined[number] = JOINS[how](judged)
    return joined, np.array([members[0] for members in rows.values()], dtype=np.intp)
