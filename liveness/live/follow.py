"""Faces found in every k-th frame of a stream and followed in between by optical flow: a faster detector.

Sparse pyramidal Lucas-Kanade (Bouguet, 2000) with a check forwards and backwards. Nothing is followed for
long: movement, doubt or time call for a search of the whole frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.detect.geometry import Fit, shrink
from liveness.types import Box, Detector, Face, Image, Landmarks

_Points = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FollowConfig:
    """When to search a frame in place of following.

    longest: frames between two searches at most; seconds: between two searches at most, so that a new
    face is soon seen; budget: milliseconds a frame that searching may cost on average: the slower the
    detector, the longer faces are followed; still: a face that moves by less than this share of its size
    between two frames may be followed; drift: pixels (of the small frame) by which a point followed
    forwards and back may miss; width: of the small frame, in pixels. every: search every so many frames,
    whatever that costs and however long it takes, so that a file gives the same result each time; 0 for a
    stream, where time and cost decide.
    """

    longest: int = 6
    seconds: float = 0.4
    budget: float = 8.0
    still: float = 0.06
    drift: float = 0.7
    width: int = 320
    every: int = 0


class Follower:
    """A ``Detector`` for one stream: call it with its frames in order, from one thread at a time.

    detect: searches a frame. searched: whether the last call did. Landmarks are followed one by one, so a
    turning head keeps its shape; the box moves with what is inside it.
    """

    def __init__(
        self,
        detect: Detector,
        config: FollowConfig = FollowConfig(),
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.detect = detect
        self.config = config
        self.searched = False
        self._clock = clock
        self._cost = 0.0
        self._since = 0
        self._last_search = 0.0
        self._grey: NDArray[np.uint8] | None = None
        self._faces: list[Face] = []

    def forget(self) -> None:
        """Search the next frame, whatever it shows."""
        self._grey = None

    def __call__(self, image: Image) -> list[Face]:
        """Faces, largest first; their score is that of the search. image: uint8 RGB (height, width, 3)."""
        small, fit = shrink(image, self.config.width)
        grey = np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
        faces = self._follow(grey, fit) if self._may_follow(grey) else None
        self.searched = faces is None
        self._since = 0 if faces is None else self._since + 1
        self._faces = self._search(image) if faces is None else faces
        self._grey = grey
        return self._faces

    @property
    def interval(self) -> int:
        """Frames from one search to the next while nothing moves: as told, or what the cost asks for."""
        if self.config.every:
            return self.config.every
        return int(min(max(1.0, np.ceil(self._cost / self.config.budget)), self.config.longest))

    def _may_follow(self, grey: NDArray[np.uint8]) -> bool:
        if self._grey is None or self._grey.shape != grey.shape or not self._faces:
            return False
        recent = self.config.every or self._clock() - self._last_search < self.config.seconds
        return bool(recent) and self._since + 1 < self.interval

    def _search(self, image: Image) -> list[Face]:
        started = self._clock()
        faces = list(self.detect(image))
        self._last_search = self._clock()
        cost = (self._last_search - started) * 1000
        self._cost = cost if self._cost == 0 else 0.8 * self._cost + 0.2 * cost
        return faces

    def _follow(self, grey: NDArray[np.uint8], fit: Fit) -> list[Face] | None:
        """The faces in this frame; None when one of them cannot be followed surely."""
        assert self._grey is not None
        moved = [_moved(self._grey, grey, face, fit, self.config) for face in self._faces]
        faces = [face for face in moved if face is not None]
        return sorted(faces, key=lambda f: -f.box.area) if len(faces) == len(moved) else None


def _moved(
    before: NDArray[np.uint8], now: NDArray[np.uint8], face: Face, fit: Fit, config: FollowConfig
) -> Face | None:
    """One face in the next frame, None when its points are lost or it moves much."""
    box = fit.onto(face.box)
    points = _points(before, box)
    marks = face.landmarks.points() if face.landmarks else ()
    onto = np.array([(x * fit.scale_x, y * fit.scale_y) for x, y in marks], np.float32).reshape(-1, 2)
    count = len(points)
    start = np.concatenate([points, onto]).astype(np.float32)
    if count < 6:
        return None
    end, sure = _flow(before, now, start, config.drift)
    if sure[:count].mean() < 0.7 or not sure[count:].all():
        return None
    matrix: Any  # None when the points do not agree; OpenCV's own types do not say so
    matrix, _ = cv2.estimateAffinePartial2D(start[:count][sure[:count]], end[:count][sure[:count]])
    if matrix is None:
        return None
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    centre = matrix @ np.array([*box.centre, 1.0])
    step = float(np.hypot(*(centre - box.centre))) + abs(scale - 1) * box.longer_side / 2
    if step > config.still * box.longer_side:
        return None
    half = box.width * scale / 2, box.height * scale / 2
    new = Box(centre[0] - half[0], centre[1] - half[1], centre[0] + half[0], centre[1] + half[1])
    back = fit.back(Face(new, face.score, _landmarks(end[count:]) if marks else None))
    return replace(back, score=face.score)


def _points(grey: NDArray[np.uint8], box: Box) -> _Points:
    """Corners inside a face's box, float32 (n, 2), n <= 24."""
    left, top = max(0, int(box.left)), max(0, int(box.top))
    part = grey[top : max(top, int(box.bottom)), left : max(left, int(box.right))]
    if min(part.shape) < 8:
        return np.zeros((0, 2), np.float32)
    found: Any  # None when there is no corner
    found = cv2.goodFeaturesToTrack(part, 24, 0.01, max(2.0, box.longer_side / 16))
    if found is None:
        return np.zeros((0, 2), np.float32)
    return np.asarray(found.reshape(-1, 2) + np.array([left, top]), dtype=np.float32)


def _flow(
    before: NDArray[np.uint8], now: NDArray[np.uint8], start: _Points, drift: float
) -> tuple[_Points, NDArray[np.bool_]]:
    """Where points go, and of which that is sure."""
    end, there, _ = cv2.calcOpticalFlowPyrLK(before, now, start, start.copy(), winSize=(15, 15), maxLevel=2)
    back, again, _ = cv2.calcOpticalFlowPyrLK(now, before, end, end.copy(), winSize=(15, 15), maxLevel=2)
    close = np.linalg.norm(back - start, axis=1) <= drift
    return np.asarray(end, np.float32), close & (there.ravel() == 1) & (again.ravel() == 1)


def _landmarks(points: _Points) -> Landmarks:
    return Landmarks(*((float(x), float(y)) for x, y in points))
