"""From a frame to a detector's canvas and back: shrink, pad, letterbox."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from liveness.types import Box, Face, Image

_GREY = 114


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a picture lies on a canvas: canvas = picture * scale + offset, in pixels of the canvas."""

    scale_x: float = 1.0
    scale_y: float = 1.0
    dx: float = 0.0
    dy: float = 0.0

    def onto(self, box: Box) -> Box:
        """A box of the picture in pixels of the canvas."""
        return box.mapped(self.scale_x, self.scale_y, self.dx, self.dy)

    def back(self, face: Face) -> Face:
        """A face found on the canvas in pixels of the picture."""
        move = (1 / self.scale_x, 1 / self.scale_y, -self.dx / self.scale_x, -self.dy / self.scale_y)
        marks = face.landmarks.mapped(*move) if face.landmarks is not None else None
        return Face(face.box.mapped(*move), face.score, marks)


def shrink(image: Image, longest: int) -> tuple[Image, Fit]:
    """The picture with its longer side at most ``longest`` pixels; never enlarged.

    Area average: a face keeps its look whatever the camera's resolution. Large pictures are halved
    first, which OpenCV does several times faster than any other step.
    """
    height, width = image.shape[:2]
    scale = longest / max(height, width)
    if scale >= 1:
        return image, Fit()
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = image
    while min(small.shape[1] // size[0], small.shape[0] // size[1]) >= 2:
        small = _averaged(small, (small.shape[1] // 2, small.shape[0] // 2))
    return _averaged(small, size), Fit(size[0] / width, size[1] / height)


def _averaged(image: Image, size: tuple[int, int]) -> Image:
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def pad(image: Image, share: float) -> tuple[Image, Fit]:
    """The picture with a grey border, ``share`` of its longer side wide, on each side."""
    border = max(1, round(share * max(image.shape[:2])))
    padded = cv2.copyMakeBorder(
        image, border, border, border, border, cv2.BORDER_CONSTANT, value=(_GREY, _GREY, _GREY)
    )
    return np.asarray(padded, dtype=np.uint8), Fit(dx=border, dy=border)


def letterbox(image: Image, size: int) -> tuple[Image, Fit]:
    """The whole picture in the middle of a grey square of the given size, its proportions kept."""
    height, width = image.shape[:2]
    scale = size / max(height, width)
    inner_x, inner_y = max(1, round(width * scale)), max(1, round(height * scale))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    left, top = (size - inner_x) // 2, (size - inner_y) // 2
    canvas = np.full((size, size, 3), _GREY, dtype=np.uint8)
    canvas[top : top + inner_y, left : left + inner_x] = cv2.resize(
        image, (inner_x, inner_y), interpolation=how
    )
    return canvas, Fit(inner_x / width, inner_y / height, left, top)
