"""How a head is turned, from five landmarks: numbers that a flat picture cannot change by being waved.

The nose is written in the frame of eyes and mouth: nose = eyes + across * (eye to eye) + down * (eyes to
mouth). For points on a plane both numbers stay the same under every affine map (Koenderink and van Doorn,
"Affine structure from motion", 1991), so a photo that is turned, tilted or shifted keeps them, but for a
little perspective; one that is bent does not. A head changes them, because the nose stands out of the face.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from liveness.types import Landmarks


@dataclass(frozen=True, slots=True)
class Pose:
    """across: where the nose lies beside the midline, in eye distances, positive to the right of the picture
    (a person who turns to the own left); down: how far from the eyes (0) to the mouth (1); size: of the face,
    the geometric mean of eye distance and eye to mouth, in pixels."""

    across: float
    down: float
    size: float


def pose(marks: Landmarks) -> Pose | None:
    """None when eyes and mouth lie on one line: nothing can be said then."""
    (ax, ay), (bx, by) = marks.left_eye, marks.right_eye
    ex, ey = bx - ax, by - ay
    ox, oy = (ax + bx) / 2, (ay + by) / 2
    mx = (marks.left_mouth[0] + marks.right_mouth[0]) / 2 - ox
    my = (marks.left_mouth[1] + marks.right_mouth[1]) / 2 - oy
    nx, ny = marks.nose[0] - ox, marks.nose[1] - oy
    area = ex * my - ey * mx
    if abs(area) < 1.0:
        return None
    size = math.sqrt(math.hypot(ex, ey) * math.hypot(mx, my))
    return Pose((nx * my - ny * mx) / area, (ex * ny - ey * nx) / area, size)
