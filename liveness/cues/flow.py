"""Does the face move as one plane together with what surrounds it, as a print or a phone does?

After Bao et al., "A liveness detection method for face recognition based on optical flow field", 2009, with
sparse Lucas-Kanade in place of a dense field: the motion of the face, as one affine map, is asked to foretell
the motion around it. A head moves against its background; a picture brings its background along.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.cues.base import Grey, View
from liveness.types import Box

_Points = NDArray[np.float32]
_MOVES = 0.5  # pixels of the scene; less is the tracker's own noise
_FEWEST = 6
_PAIRS = 3


def plane(views: Sequence[View]) -> float | None:
    """0 (the surroundings do not follow the face) to 1 (they move as one plane with it); median of the pairs
    of views between which the face moved, None with fewer than three of those."""
    found = [share for a, b in pairwise(views) if (share := _together(a, b)) is not None]
    return float(np.median(found)) if len(found) >= _PAIRS else None


def _together(before: View, after: View) -> float | None:
    if before.scene.shape != after.scene.shape:
        return None
    inside, around = _masks(before.scene, before.box)
    face, moved = _flow(before.scene, after.scene, inside)
    rest, followed = _flow(before.scene, after.scene, around)
    if len(face) < _FEWEST or len(rest) < _FEWEST:
        return None
    if float(np.median(np.linalg.norm(moved - face, axis=1))) < _MOVES:
        return None
    matrix: Any  # None when the points do not agree; OpenCV's own types do not say so
    matrix, _ = cv2.estimateAffinePartial2D(face, moved)
    if matrix is None:
        return None
    foretold = rest @ matrix[:, :2].T + matrix[:, 2]
    miss = float(np.median(np.linalg.norm(foretold - followed, axis=1)))
    path = float(np.median(np.linalg.norm(foretold - rest, axis=1)))
    return max(0.0, 1.0 - miss / max(path, _MOVES))


def _masks(scene: Grey, box: Box) -> tuple[Grey, Grey]:
    """Where the face is, and a ring around it, 255 inside."""
    inside, around = np.zeros_like(scene), np.zeros_like(scene)
    x, y = box.centre
    for mask, share in ((inside, 0.45), (around, 1.1)):
        left, right = (int(max(0, x + s * share * box.width)) for s in (-1, 1))
        top, bottom = (int(max(0, y + s * share * box.height)) for s in (-1, 1))
        mask[top:bottom, left:right] = 255
    left, right = (int(max(0, x + s * 0.65 * box.width)) for s in (-1, 1))
    top, bottom = (int(max(0, y + s * 0.7 * box.height)) for s in (-1, 1))
    around[top:, left:right] = 0  # the neck and the body below are the person's own
    return inside, around


def _flow(before: Grey, after: Grey, mask: Grey) -> tuple[_Points, _Points]:
    """Corners that can be followed forwards and back: where they were and where they are, float32 (n, 2)."""
    none = np.zeros((0, 2), np.float32)
    start: Any  # None when there is no corner
    start = cv2.goodFeaturesToTrack(before, 40, 0.01, 4, mask=mask)
    if start is None:
        return none, none
    first = np.asarray(start, np.float32).reshape(-1, 2)
    end, there, _ = cv2.calcOpticalFlowPyrLK(before, after, first, first.copy(), winSize=(15, 15))
    back, again, _ = cv2.calcOpticalFlowPyrLK(after, before, end, end.copy(), winSize=(15, 15))
    close = np.linalg.norm(np.asarray(back, np.float32) - first, axis=1) < 0.5
    sure = close & (there.ravel() == 1) & (again.ravel() == 1)
    return first[sure], np.asarray(end, np.float32)[sure]
