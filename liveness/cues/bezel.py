"""Is the face framed? Long straight edges beside it: a phone's bezel, a sheet's border, a hand-held card."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from liveness.cues.base import View

_LONG = 0.7  # of the face's longer side
_REACH = 2.2  # how far from the face's middle, in face sides
_SLANT = 15.0  # degrees from upright or level


def bezel(views: Sequence[View]) -> float | None:
    """On how many of its four sides the face has a long straight edge, 0..4: the mean of the views."""
    return float(np.mean([len(sides(view)) for view in views])) if views else None


def sides(view: View) -> set[str]:
    """The sides of one view that have such an edge."""
    edges = cv2.Canny(cv2.GaussianBlur(view.scene, (0, 0), 1.0), 40, 120)
    side = view.box.longer_side
    lines = cv2.HoughLinesP(
        edges, 1, np.pi / 180, 30, minLineLength=max(8.0, _LONG * side), maxLineGap=max(2.0, 0.05 * side)
    )
    found: set[str] = set()
    for x1, y1, x2, y2 in np.asarray(lines).reshape(-1, 4).tolist() if lines is not None else ():
        name = _side(view, (x1 + x2) / 2, (y1 + y2) / 2, np.degrees(np.arctan2(abs(y2 - y1), abs(x2 - x1))))
        found |= {name} - {""}
    return found


def _side(view: View, x: float, y: float, slant: float) -> str:
    """On which side of the face a line lies; empty when it crosses the face, is far off or leans."""
    cx, cy = view.box.centre
    dx, dy = (x - cx) / view.box.longer_side, (y - cy) / view.box.longer_side
    if slant > 90 - _SLANT and 0.5 < abs(dx) < _REACH and abs(dy) < 1:
        return "left" if dx < 0 else "right"
    if slant < _SLANT and 0.55 < abs(dy) < _REACH and abs(dx) < 1:
        return "top" if dy < 0 else "bottom"
    return ""
