"""Does light glide over the face? Glossy paper and glass mirror lamps.

The mirrored lamp stays where it is while the picture is moved: its spot wanders over the face. On skin, shine
stays on forehead, nose and cheeks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from liveness.cues.base import ALIGNED, Grey, View

_BRIGHT = 225  # grey level of a highlight ...
_ABOVE = 60  # ... and how far above the face's middle one
_SMALLEST, _LARGEST = 0.003, 0.2  # of the face: less is a tooth or an eye's glint, more is overexposure
_FEWEST = 6


def glare(views: Sequence[View]) -> float | None:
    """How far the middle of the highlights wanders over the face: its spread over the views, in face sides.
    None where fewer than six views have a highlight."""
    spots = [spot for view in views if (spot := highlight(view.aligned)) is not None]
    if len(spots) < _FEWEST:
        return None
    return float(np.hypot(*np.std(np.array(spots), axis=0))) / ALIGNED


def highlight(aligned: Grey) -> tuple[float, float] | None:
    """The middle (x, y) of what shines on an aligned face, grey uint8 (64, 64); None when nothing does."""
    level = max(_BRIGHT, float(np.median(aligned)) + _ABOVE)
    rows, columns = np.nonzero(aligned >= level)
    if not _SMALLEST <= len(rows) / aligned.size <= _LARGEST:
        return None
    return float(columns.mean()), float(rows.mean())
