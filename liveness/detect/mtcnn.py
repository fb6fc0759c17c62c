"""MTCNN (Zhang et al., 2016) with facenet-pytorch's networks: weights inside the package, works offline.

The three networks are facenet-pytorch's. The cascade around them is ours: its pyramid and windows are
resized by OpenCV, it keeps no state, so threads may share it, and no face is an empty list, not None.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.config import CropConfig
from liveness.crop import crop
from liveness.detect.base import ShrinkingDetector
from liveness.types import Box, Face, Image, Landmarks

Array = NDArray[np.float32]

# The first network sees windows of 12 pixels, one every 2 pixels.
_WINDOW, _STRIDE = 12, 2


class Mtcnn(ShrinkingDetector):
    """The default detector.

    factor: from one size of the search to the next; nearer to 1 is slower and misses less.
    thresholds: of the three networks in turn.
    """

    def __init__(
        self,
        longest: int = 400,
        min_face: float = 0.08,
        min_score: float = 0.8,
        factor: float = 0.709,
        thresholds: tuple[float, float, float] = (0.7, 0.7, 0.7),
    ) -> None:
        super().__init__(longest, min_face, min_score)
        # torch takes seconds to import: only who builds this detector waits for it.
        import torch
        from facenet_pytorch import MTCNN

        self._torch = torch
        self._threads = torch.get_num_threads()
        self._networks = MTCNN(device="cpu").eval()
        self._factor = factor
        self._thresholds = thresholds

    def _find(self, image: Image, smallest: float) -> list[Face]:
        with self._torch.inference_mode(), self._one_thread():
            return self._choose(image, self._refine(image, self._propose(image, smallest)))

    @contextmanager
    def _one_thread(self) -> Iterator[None]:
        """One thread of torch's while these networks run; then as many as when the detector was built.

        They are too small to share out: on an idle machine a second thread gains a few milliseconds, and
        on a busy one the two wait for each other ten times longer than they work.
        """
        self._torch.set_num_threads(1)
        try:
            yield
        finally:
            self._torch.set_num_threads(self._threads)

    def _propose(self, image: Image, smallest: float) -> Array:
        """The first network: windows that may hold a face, float32 (n, 4), from a pyramid of the picture."""
        height, width = image.shape[:2]
        found, scores = [np.zeros((0, 4), np.float32)], [np.zeros(0, np.float32)]
        scale = _WINDOW / smallest
        while min(height, width) * scale >= _WINDOW:
            small = _resized(image, int(width * scale + 1), int(height * scale + 1))
            shifts, (_, likely) = (out[0] for out in self._run("pnet", [small]))
            row, column = np.nonzero(likely >= self._thresholds[0])
            corner = np.stack([column, row], axis=1) * _STRIDE
            boxes = (np.concatenate([corner, corner + _WINDOW], axis=1) / scale).astype(np.float32)
            keep = _distinct(boxes, likely[row, column], 0.5)
            found.append(_shifted(boxes, shifts[:, row, column].T)[keep])
            scores.append(likely[row, column][keep])
            scale *= self._factor
        boxes = np.concatenate(found)
        return boxes[_distinct(boxes, np.concatenate(scores), 0.7)]

    def _refine(self, image: Image, boxes: Array) -> Array:
        """The second network: fewer and better windows."""
        boxes, windows = _windows(image, boxes, 24)
        if not windows:
            return boxes
        shifts, chances = self._run("rnet", windows)
        sure = chances[:, 1] > self._thresholds[1]
        boxes, shifts, scores = boxes[sure], shifts[sure], chances[sure, 1]
        keep = _distinct(boxes, scores, 0.7)
        return _shifted(boxes[keep], shifts[keep])

    def _choose(self, image: Image, boxes: Array) -> list[Face]:
        """The third network: the faces with their landmarks."""
        boxes, windows = _windows(image, boxes, 48)
        if not windows:
            return []
        shifts, points, chances = self._run("onet", windows)
        sure = chances[:, 1] > max(self._thresholds[2], self.min_score)
        boxes, scores = boxes[sure], chances[sure, 1]
        sides = boxes[:, 2:] - boxes[:, :2]
        marks = points[sure].reshape(-1, 2, 5).transpose(0, 2, 1) * sides[:, None] + boxes[:, None, :2]
        boxes = _shifted(boxes, shifts[sure])
        faces = []
        for i in _not_nested(boxes, scores, 0.7):
            left, top, right, bottom = boxes[i].tolist()
            landmarks = Landmarks(*((x, y) for x, y in marks[i].tolist()))
            faces.append(Face(Box(left, top, right, bottom), min(float(scores[i]), 1.0), landmarks))
        return faces

    def _run(self, name: str, pictures: Sequence[Image]) -> list[Array]:
        """A network on pictures of one size, uint8 RGB."""
        values = (np.stack(pictures).astype(np.float32) - 127.5) / 128
        batch = self._torch.from_numpy(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))
        return [out.numpy() for out in getattr(self._networks, name)(batch)]


def _resized(image: Image, width: int, height: int) -> Image:
    how = cv2.INTER_AREA if width < image.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (width, height), interpolation=how), dtype=np.uint8)


def _windows(image: Image, boxes: Array, side: int) -> tuple[Array, list[Image]]:
    """Boxes made square, without those outside the picture, and what each shows, resized.

    What lies outside the picture is black, as it was when the networks learned. facenet-pytorch cuts
    it off instead and stretches the rest, which throws boxes at the picture's edge far out of it.
    """
    centres, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]).max(1, initial=0)
    half = sides[:, None] / 2
    squares = np.concatenate([centres - half, centres + half], axis=1)
    frame = Box(0, 0, image.shape[1], image.shape[0])
    shown = [i for i, square in enumerate(squares.tolist()) if frame.intersection(Box(*square)) > 0]
    config = CropConfig(margin=1.0, size=side, border="black")
    return squares[shown], [crop(image, Box(*square), config) for square in squares[shown].tolist()]


def _shifted(boxes: Array, shifts: Array) -> Array:
    """Boxes with each edge moved by a share of the box's side."""
    sides = boxes[:, 2:] - boxes[:, :2]
    moved: Array = boxes + shifts * np.concatenate([sides, sides], axis=1)
    return moved


def _distinct(boxes: Array, scores: Array, limit: float) -> NDArray[np.intp]:
    """Which boxes stay when those that overlap a surer one by more than the limit go; surest first."""
    if not len(boxes):
        return np.zeros(0, np.intp)
    rectangles = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], axis=1)
    kept = cv2.dnn.NMSBoxes(rectangles.tolist(), scores.tolist(), 0.0, limit)
    return np.asarray(kept, dtype=np.intp).ravel()


def _not_nested(boxes: Array, scores: Array, limit: float) -> list[int]:
    """Which boxes stay when those go that lie in a surer one, or around it, by more than the limit."""
    kept: list[int] = []
    shapes = [Box(*box) for box in boxes.tolist()]
    for i in np.argsort(-scores).tolist():
        smaller = [min(shapes[i].area, shapes[k].area) for k in kept]
        if shapes[i].area and all(
            shapes[i].intersection(shapes[k]) <= limit * s for k, s in zip(kept, smaller)
        ):
            kept.append(i)
    return kept
