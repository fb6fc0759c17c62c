"""What cues look at: of each frame the scene, small, and the face, aligned and in full detail."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from liveness.config import CropConfig
from liveness.crop import crop
from liveness.matching.align import align
from liveness.types import Box, Face, Image

Grey: TypeAlias = NDArray[np.uint8]

SCENE = 320  # longer side of the small scene, pixels
ALIGNED = 64
DETAIL = 128


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A frame as cues see it. All grey uint8.

    scene: (h, w), the whole frame, longer side 320; box: of the face in the scene; aligned: (64, 64), the
    face upright; detail: (128, 128), the middle of the face in the frame's own pixels, not resized.
    """

    seconds: float
    scene: Grey
    box: Box
    aligned: Grey
    detail: Grey


# A measure of a stretch of views in order of time; None where it has nothing to measure.
Cue: TypeAlias = Callable[[Sequence[View]], "float | None"]


def see(image: Image, face: Face, seconds: float) -> View:
    """A view of a frame, uint8 RGB (height, width, 3). Raises InputError for a face outside the picture."""
    scale = min(1.0, SCENE / max(image.shape[:2]))
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)
    scene = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    x, y = face.box.centre
    half = DETAIL / 2
    patch = Box(round(x) - half, round(y) - half, round(x) + half, round(y) + half)
    detail = crop(image, patch, CropConfig(margin=1.0, size=DETAIL, border="reflect"))
    return View(
        seconds,
        scene,
        face.box.mapped(size[0] / image.shape[1], size[1] / image.shape[0]),
        align(image, face, ALIGNED),
        np.asarray(cv2.cvtColor(detail, cv2.COLOR_RGB2GRAY), np.uint8),
    )
