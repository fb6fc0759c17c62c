"""Does the face do anything? Eyes and mouth change in a living face, by blinks and small movements.

A video that is replayed has all of them, so this speaks against still pictures alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.cues.base import ALIGNED, View

_FEWEST = 6
# Rows and columns of the aligned face, as shares of its side (see ``align.CANONICAL``).
_EYES = ((0.30, 0.46), (0.20, 0.80))
_MOUTH = ((0.66, 0.84), (0.30, 0.70))
_NOSE = ((0.46, 0.62), (0.38, 0.62))


def stillness(views: Sequence[View]) -> float | None:
    """1 when eyes and mouth change no more than the nose between them, towards 0 the more they do. None with
    fewer than six views."""
    if len(views) < _FEWEST:
        return None
    faces = np.stack([cv2.GaussianBlur(v.aligned, (0, 0), 1.0) for v in views]).astype(np.float32)
    faces -= faces.mean(axis=(1, 2), keepdims=True)  # light that changes for all of the face
    spread = np.std(faces, axis=0)
    busy = max(_mean(spread, _EYES), _mean(spread, _MOUTH))
    return float(min(1.0, _mean(spread, _NOSE) / max(busy, 1e-3)))


def _mean(spread: NDArray[np.float32], part: tuple[tuple[float, float], tuple[float, float]]) -> float:
    rows, columns = (slice(int(first * ALIGNED), int(last * ALIGNED)) for first, last in part)
    return float(spread[rows, columns].mean())
