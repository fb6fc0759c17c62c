"""THE crop and THE normalisation: training, export and inference call these two functions alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.config import CropConfig, InputConfig
from liveness.errors import InputError
from liveness.types import Box, Image

_BORDERS = {
    "reflect": cv2.BORDER_REFLECT_101,
    "edge": cv2.BORDER_REPLICATE,
    "black": cv2.BORDER_CONSTANT,
    "grey": cv2.BORDER_CONSTANT,
}
_GREY = 128


def window(box: Box, config: CropConfig, width: int, height: int) -> tuple[int, int, int, int]:
    """The (outer) window of the picture that the crop shows: left, top, right, bottom in whole pixels.

    It may leave the picture (of the given width and height), except with border ``shift``.
    Raises InputError when the box is empty.
    """
    if box.width <= 0 or box.height <= 0:
        raise InputError(f"cannot crop an empty box: {box.as_tuple()}")
    margin = config.margin
    across, down = box.width, box.height
    if config.shape == "square":
        across = down = box.longer_side
    if config.border == "shift":
        margin = min(margin, width / across, height / down)
    x, y = box.centre
    side_x, side_y = max(1, round(across * margin)), max(1, round(down * margin))
    left, top = round(x - side_x / 2), round(y - side_y / 2)
    if config.border == "shift":
        side_x, side_y = min(side_x, width), min(side_y, height)
        left = min(max(left, 0), width - side_x)
        top = min(max(top, 0), height - side_y)
    return left, top, left + side_x, top + side_y


def crop(image: Image, box: Box, config: CropConfig) -> Image:
    """The window around a box, resized to (size, size, 3) uint8, in the channel order of ``image``.

    With an inner window the result is (size, 2 size, 3): the outer one, and right of it the inner one. Where
    that would be enlarged (the longer side of the box counts) it is wider, up to the outer one.
    Only the part inside the picture is resized (where it shrinks by area average, unless the settings
    say bilinear; where it grows bilinear); what lies outside is filled at the size of the result, so a
    face that fills a large picture costs no large border. Raises InputError when the window misses the
    picture altogether.
    """
    if config.inner:
        near = min(config.margin, max(config.inner, config.size / max(1.0, box.longer_side)))
        windows = [replace(config, inner=0.0, margin=margin) for margin in (config.margin, near)]
        return np.hstack([crop(image, box, one) for one in windows])
    height, width = image.shape[:2]
    left, top, right, bottom = window(box, config, width, height)
    if box.intersection(Box(0, 0, width, height)) <= 0:
        raise InputError(f"the box {box.as_tuple()} lies outside the picture ({width} x {height})")
    # A window narrower than its box, or a sliver lost to rounding, may miss the picture: its edge stands in.
    x0, y0 = min(max(left, 0), width - 1), min(max(top, 0), height - 1)
    x1, y1 = max(min(right, width), x0 + 1), max(min(bottom, height), y0 + 1)
    size = config.size
    fx, fy = size / (right - left), size / (bottom - top)
    u0, u1 = _span((x0 - left) * fx, (x1 - left) * fx, size)
    v0, v1 = _span((y0 - top) * fy, (y1 - top) * fy, size)
    average = config.resize == "area" and (fx < 1 or fy < 1)
    inside = cv2.resize(
        image[y0:y1, x0:x1], (u1 - u0, v1 - v0), interpolation=cv2.INTER_AREA if average else cv2.INTER_LINEAR
    )
    if (u0, v0, u1, v1) == (0, 0, size, size):
        return np.asarray(inside, dtype=np.uint8)
    fill = (_GREY,) * 3 if config.border == "grey" else (0, 0, 0)
    mode = _BORDERS.get(config.border, cv2.BORDER_CONSTANT)
    if mode == cv2.BORDER_REFLECT_101 and min(inside.shape[:2]) < 2:
        mode = cv2.BORDER_REPLICATE  # nothing to reflect in a line of one pixel
    filled = cv2.copyMakeBorder(inside, v0, size - v1, u0, size - u1, mode, value=fill)
    return np.asarray(filled, dtype=np.uint8)


def _span(start: float, end: float, size: int) -> tuple[int, int]:
    """Whole pixels of the result that a stretch covers; at least one."""
    first = min(max(round(start), 0), size - 1)
    return first, min(max(round(end), first + 1), size)


def normalise(crops: Sequence[Image] | NDArray[np.uint8], config: InputConfig) -> NDArray[np.float32]:
    """Crops, uint8 RGB (n, height, width, 3), as the network's input.

    float32 (n, 3, height, width), or (n, height, width, 3) where the layout is ``nhwc``.
    """
    batch = np.ascontiguousarray(crops, dtype=np.float32)
    if config.colour == "bgr":
        batch = batch[..., ::-1]
    mean = np.asarray(config.mean, dtype=np.float32)
    std = np.asarray(config.std, dtype=np.float32)
    # One multiply and one add a value: (v / d - m) / s
    batch = batch * (1 / (config.divide_by * std)).astype(np.float32) - mean / std
    if config.layout == "nchw":
        batch = batch.transpose(0, 3, 1, 2)
    return np.ascontiguousarray(batch, dtype=np.float32)
