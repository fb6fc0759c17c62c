"""Does the light of the picture beat in rows? Screens refresh by line, and rolling shutters see bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from liveness.cues.base import View

_FEWEST = 6
_ROWS = 48


def flicker(views: Sequence[View]) -> float | None:
    """How much rows of the face change in brightness from view to view beyond what all of it does: the
    spread of second differences over time, in per cent of the mean level. None with fewer than six views."""
    if len(views) < _FEWEST:
        return None
    rows = np.stack([_rows(view) for view in views])
    rows = rows / np.maximum(rows.mean(axis=1, keepdims=True), 1.0)  # the camera's own exposure
    return float(100 * np.median(np.abs(np.diff(rows, 2, axis=0)).std(axis=1)))


def _rows(view: View) -> NDArray[np.float64]:
    """The mean of each of 48 rows of the aligned face, float64 (48,)."""
    edge = (view.aligned.shape[0] - _ROWS) // 2
    return np.asarray(view.aligned[edge : edge + _ROWS, edge : edge + _ROWS].mean(axis=1), dtype=np.float64)
