"""YuNet (Wu et al., 2023) by OpenCV's own class: the fastest of the three; weights are fetched once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2

from liveness.detect.base import ShrinkingDetector
from liveness.errors import WeightsError
from liveness.types import Box, Face, Image, Landmarks
from liveness.weights import fetch

_OVERLAP = 0.3
_CANDIDATES = 500


class YuNet(ShrinkingDetector):
    """path: the network's file; None finds or fetches it. Raises WeightsError when it cannot be had."""

    def __init__(
        self,
        longest: int = 480,
        min_face: float = 0.06,
        min_score: float = 0.7,
        path: Path | None = None,
    ) -> None:
        super().__init__(longest, min_face, min_score)
        path = path or fetch("yunet")
        with _quiet():
            self._network = _load(path, min_score)
        self._lock = threading.Lock()

    def _find(self, image: Image, smallest: float) -> list[Face]:
        height, width = image.shape[:2]
        with self._lock:  # the input size is kept in the object, so calls must not mix
            self._network.setInputSize((width, height))
            rows: Any = self._network.detect(cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1]
        if rows is None:
            return []
        # OpenCV names eyes and mouth from the person's side: its right eye is at the left of the picture.
        return [_face(row) for row in rows.tolist() if row[2] > 0 and row[3] > 0]


def _load(path: Path, min_score: float) -> cv2.FaceDetectorYN:
    try:
        return cv2.FaceDetectorYN.create(str(path), "", (320, 320), min_score, _OVERLAP, _CANDIDATES)
    except cv2.error as error:
        raise WeightsError(f"{path} cannot be loaded as YuNet: {error.err}") from error


def _face(row: list[float]) -> Face:
    left, top, width, height = row[:4]
    marks = Landmarks(*zip(row[4:14:2], row[5:14:2]))
    return Face(Box(left, top, left + width, top + height), min(max(row[14], 0.0), 1.0), marks)


@contextmanager
def _quiet() -> Iterator[None]:
    """OpenCV 5 warns on stderr of a target that nobody asked for."""
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_ERROR)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)
